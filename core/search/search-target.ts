import type { JsonObject } from "../../lib/json.ts";
import { Failure } from "../errors.ts";
import { accessDenied, objectNotFound, requireValidId } from "../objects/checks.ts";
import { createReadAsUser, type ReadAsUser } from "../objects/read-as-user.ts";
import type { StoreContext } from "../objects/store-context.ts";
import { type Authorizer, createAuthorizer } from "../permissions/authorizer.ts";
import type { UserId } from "../permissions/principals.ts";
import type { IndexVariant, SearchEngine, SearchedIndex } from "../ports/search-engine.ts";
import type { StoredObject } from "../ports/store.ts";
import { type ListRef, listRef, type ObjectRef } from "../resources.ts";
import type { ReadBudget } from "../store/read-budget.ts";
import type { Session } from "../store/session.ts";
import { parseData } from "../store/view.ts";
import {
  createUserReader,
  isAdministrator,
  type PluginType,
  type TypeView,
  type ViewOptions,
  viewType,
  withoutHidden,
} from "./plugin-type.ts";
import { readSearchSettings, type SearchSettings, toIndexDefinition } from "./search-settings.ts";
import { findSharedRecords, type SharedRecords } from "./shared-records.ts";
import { targetPlan } from "./target-plan.ts";

/** What searches need besides a request's session. */
export interface SearchContext extends StoreContext {
  /** `undefined` when no plugin needs search. */
  readonly engine: SearchEngine | undefined;
  /** The documents that plugins make of records. */
  readonly documents: IndexDocuments;
  /** Names of collections that plugins index, besides `record`. */
  readonly types: readonly SearchType[];
  /** Whether the configuration lets a collection be searched. */
  readonly isSearched: (collection: ObjectRef) => boolean;
}

/** What the `indexes` of all plugins make of records. */
export interface IndexDocuments {
  /** Changes with the code of the plugins. */
  readonly hash: string;
  /** Returns the document that is indexed for a record; `null` for none. @param variant the one of administrators */
  readonly create: (collection: ObjectRef, record: JsonObject, variant?: IndexVariant) => Promise<JsonObject | null>;
}

/** A type of documents that a plugin defines. */
export interface SearchType {
  readonly name: string;
  readonly plugin: string;
  readonly about: string;
  readonly definition: PluginType;
}

/** A collection that a user searches. */
export interface SearchTarget {
  readonly collection: ObjectRef;
  readonly records: ListRef;
  readonly settings: SearchSettings;
  readonly index: SearchedIndex;
  /** Those that are shared with the user; `undefined` if the user may read all. */
  readonly shared: SharedRecords | undefined;
  /** Runs the read hooks; `undefined` if none concerns the records. */
  readonly read: ReadAsUser | undefined;
  /** The plugin's type of the records, if they have one. */
  readonly type: TypeView | undefined;
}

interface TargetUser {
  readonly user: UserId;
  readonly budget: ReadBudget;
}

/**
 * Opens a collection for a user: all records for those who may read it, those shared with the user for others.
 * @throws Failure 401 or 403 as a list of the records does, 404 for a missing collection
 */
export const openTarget = async (
  context: SearchContext,
  session: Session,
  { collection, user, budget }: TargetUser & { readonly collection: ObjectRef },
): Promise<SearchTarget> => {
  const view = await session.read({ ...targetPlan(context, collection), members: user === null ? [] : [user] });
  const records = listRef(context.resources.core.record, collection);
  const authorizer = await createAuthorizer(session, context.grants, user);
  const type = findOwnType(context, collection);
  const options = await viewOptions(context, session, authorizer);
  // A type that is hidden from the user looks like a collection that the user may not read.
  if (type !== undefined && (await withoutHidden([{ definition: type }], options.readUser)).length === 0)
    throw accessDenied(authorizer);
  const typeView = type && (await viewType(type, options));
  const isReader =
    (type?.hasAccess === true && authorizer.scope?.allowsList("read", records) !== false) ||
    (await authorizer.canAccessList("read", records));
  requireValidId(collection);
  const shared = isReader ? undefined : await findSharedRecords(context, session, { list: records, user, budget });
  if (shared !== undefined && shared.ids.length === 0 && !(await authorizer.canCreateIn(records)))
    throw accessDenied(authorizer);
  const stored = view.object(collection);
  if (stored?.ownGeneration === undefined) throw objectNotFound(collection);
  if (!context.isSearched(collection))
    throw new Failure("MISSING_RESOURCE", {
      message: "This collection is not searched: the options buckets and collections of the plugin search exclude it.",
    });
  return toTarget(context, session, { collection, user, shared, stored, type: typeView });
};

/** The type of a plugin whose objects are the records of a collection. */
export const findOwnType = ({ types }: Pick<SearchContext, "types">, { uri }: ObjectRef): PluginType | undefined =>
  types.find(({ definition }) => definition.collection.uri === uri)?.definition;

const viewOptions = async (
  { grants }: SearchContext,
  session: Session,
  authorizer: Authorizer,
): Promise<ViewOptions> => ({
  readUser: createUserReader(session, authorizer.user),
  isAdministrator: await isAdministrator(authorizer, grants),
  allProjects: false,
});

/** Creates the target of a collection that the session has read. */
export const toTarget = (
  context: SearchContext,
  session: Session,
  {
    collection,
    user,
    shared,
    stored,
    type,
  }: {
    readonly collection: ObjectRef;
    readonly user: UserId;
    readonly shared: SharedRecords | undefined;
    readonly stored: StoredObject;
    readonly type: TypeView | undefined;
  },
): SearchTarget => {
  const { documents, resources, readHooks } = context;
  const records = listRef(resources.core.record, collection);
  const settings = type?.type.settings ?? readSearchSettings(parseData(stored));
  const variant = type?.isAdministrator === true && type.type.adminOnlyFields.length > 0 ? "admin" : undefined;
  return {
    collection,
    records,
    settings,
    shared,
    type,
    read: readHooks && createReadAsUser(context, session, user, records),
    index: {
      list: records,
      generation: stored.ownGeneration ?? "",
      // A batch may change the list before it searches. The index must not claim to have what is not yet committed.
      timestamp: session.view.committedClock(records)?.timestamp ?? 0,
      definition: toIndexDefinition(settings, `${documents.hash}${variant ?? ""}`),
      document: (record) => documents.create(collection, record, variant),
      readable: shared?.ids,
      filter: type?.filter,
      variant,
    },
  };
};
