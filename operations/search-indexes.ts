import { type AppOptions, closeApp, createAppContext } from "../app/create-app-context.ts";
import { createRecordDocuments } from "../app/plugins/index-documents.ts";
import { createSearchEngine } from "../app/plugins/resources.ts";
import { createSearchedFilter } from "../app/plugins/searched-collections.ts";
import { findSearchOwner } from "../config/plugin-placement.ts";
import { UserError } from "../config/user-error.ts";
import type { CheckOptions, IndexCheck, IndexMaintenance, MaintenanceOptions } from "../core/ports/search-engine.ts";

export interface SearchIndexesOptions {
  readonly appOptions: AppOptions;
  readonly signal: AbortSignal;
  /** Called with the number of documents that were written. */
  readonly onWrites: MaintenanceOptions["onWrites"];
  readonly onStep: MaintenanceOptions["onStep"];
}

/** The search indexes of a store, for operators. Call `close` at the end. */
export interface SearchIndexes {
  /** Names of the types, each of which has an index. */
  readonly types: readonly string[];
  /** @param target the name of a type, or the URI of a collection. @returns whether it has ended */
  reindex(target: string): Promise<boolean>;
  rollBack(type: string): ReturnType<IndexMaintenance["rollBack"]>;
  /** @param collection the URI of a collection; all when absent */
  check(options: Pick<CheckOptions, "repair">, collection?: string): Promise<IndexCheck>;
  close(): Promise<void>;
}

/**
 * Opens the search indexes of a store. Throws a {@link UserError} when no plugin needs search, or when the store searches
 * with the embedded engine, whose indexes follow the store by themselves.
 */
export const openSearchIndexes = async ({ appOptions, ...events }: SearchIndexesOptions): Promise<SearchIndexes> => {
  const owner = findSearchOwner(appOptions.config.plugins);
  if (owner === undefined)
    throw new UserError(["The plugin search is not active. Add search() to plugins in kintoun.config.ts."]);
  const app = createAppContext(appOptions);
  const { maintenance } = await createSearchEngine(app, owner.need);
  if (maintenance === undefined) {
    await closeApp(app);
    throw new UserError([
      "This store searches with the embedded engine. Its indexes follow the store by themselves: there is nothing to rebuild or repair.",
    ]);
  }
  const isIndexed = createSearchedFilter(app.config, owner.plugin);
  const options: MaintenanceOptions = { ...events, documents: createRecordDocuments(app), isIndexed };
  const requireCollection = (uri: string): string => {
    const ref = app.config.resources.parseUri(uri);
    if (ref?.resourceName !== "collection")
      throw new UserError([`${uri} is not the URI of a collection. Give one such as /buckets/blog/collections/posts.`]);
    if (!isIndexed(ref))
      throw new UserError([
        `The plugin '${owner.plugin.name}' does not index ${uri}. See its buckets and collections.`,
      ]);
    return uri;
  };
  const requireType = (type: string): string => {
    if (maintenance.types.includes(type)) return type;
    throw new UserError([`There is no type '${type}'. There are: ${maintenance.types.join(", ")}.`]);
  };
  return {
    types: maintenance.types,
    reindex: (target) =>
      target.startsWith("/")
        ? maintenance.reindexCollection(requireCollection(target), options)
        : maintenance.reindexType(requireType(target), options),
    rollBack: async (type) => maintenance.rollBack(requireType(type), options),
    check: ({ repair }, collection) =>
      maintenance.check({ ...options, repair }, collection === undefined ? undefined : requireCollection(collection)),
    close: () => closeApp(app),
  };
};
