import type { JsonObject } from "../../lib/json.ts";
import { mapValues } from "../../lib/util/map-values.ts";
import { matchesAny } from "../../lib/util/matches-any.ts";
import type { PluginContext } from "../context.ts";
import {
  type CollectionFilter,
  collectionFilterIssues,
  type ResolvedCollectionFilter,
  resolveCollectionFilter,
} from "../event-filter.ts";
import type { Interface } from "./interfaces.ts";
import { COLLECTION_FILTER_SHAPE, type Named, type Part, partNameIssues, type ShapeOf } from "./part.ts";

/**
 * Changes what full-text search indexes of some records.
 * @example
 * const titles: IndexDefinition<void, void> = {
 *   about: "Indexes titles only.",
 *   document: ({ title = null }) => ({ title }),
 * };
 */
export interface IndexDefinition<Config, Services> extends CollectionFilter<Config> {
  /** One sentence. */
  readonly about: string;
  /**
   * Returns the document to index for a record, or for the result of the previous index; `null` excludes the record.
   */
  readonly document: (
    document: JsonObject,
    context: PluginContext<Config, Services>,
  ) => JsonObject | null | Promise<JsonObject | null>;
}

/**
 * A record that is about to be indexed.
 * @example
 * const record: IndexedRecord = { bucket_id: "blog", collection_id: "posts", document: { title: "Hello" } };
 */
export interface IndexedRecord {
  readonly bucket_id: string;
  readonly collection_id: string;
  /** `null` if the record is not indexed. */
  readonly document: JsonObject | null;
}

/**
 * The `indexes` of all plugins, for a plugin that keeps an index.
 * @example
 * const lowerCase: Indexing = { document: async (record) => record };
 */
export interface Indexing {
  readonly document: (record: IndexedRecord) => Promise<IndexedRecord>;
}

/**
 * The interface of the `indexes` of all plugins.
 * @example
 * definePlugin({
 *   name: "my-index",
 *   about: "Keeps an index.",
 *   interfaces: [indexing],
 *   setup: ({ use }) => ({ indexes: use(indexing) }),
 * });
 */
export const indexing: Interface<Indexing> = { name: "indexing", singleton: false };

/** The name of a plugin's indexes among its implementations. No author can use it. */
export const INDEXING_PART = "(indexes)";

export interface IndexesPart<Config, Services> {
  readonly indexes?: Readonly<Record<string, IndexDefinition<Config, NoInfer<Services>>>>;
}

export const indexes: Part<Named<{ readonly about: string } & ResolvedCollectionFilter>> = {
  kind: "object",
  shape: { about: "text!", ...COLLECTION_FILTER_SHAPE, document: "function!" } satisfies ShapeOf<
    IndexDefinition<never, never>
  >,
  resolve: (definition, config) =>
    mapValues(definition.indexes, ({ about, ...places }) => ({ about, ...resolveCollectionFilter(places, config) })),
  check: ({ indexes }) => [
    ...Object.entries(indexes).flatMap(([name, index]) => collectionFilterIssues(`indexes.${name}`, index)),
    ...partNameIssues("indexes", indexes),
  ],
};

/** Applies a plugin's indexes one after another, until one excludes the record. */
export const createIndexing = (
  indexes: Named<IndexDefinition<unknown, unknown>>,
  context: PluginContext<unknown, unknown>,
): Indexing => ({
  document: async (record) => {
    let { document } = record;
    for (const index of Object.values(indexes)) {
      const { buckets, collections } = resolveCollectionFilter(index, context.config);
      const applies = matchesAny(buckets, record.bucket_id) && matchesAny(collections, record.collection_id);
      if (applies && document !== null) document = await index.document(document, context);
    }
    return { ...record, document };
  },
});
