import { Failure, invalid } from "../errors.ts";
import { accessDenied, requireParentExists, requireValidId } from "../objects/checks.ts";
import { createAuthorizer } from "../permissions/authorizer.ts";
import type { UserId } from "../permissions/principals.ts";
import { currentScope } from "../permissions/scope.ts";
import { findSharedObjects, type SharePlace } from "../permissions/shared-objects.ts";
import { grantPosition } from "../ports/store.ts";
import { ancestors, type ListRef, listRef, type ObjectRef, objectRef } from "../resources.ts";
import type { ReadBudget } from "../store/read-budget.ts";
import type { Session } from "../store/session.ts";
import {
  createUserReader,
  isAdministrator,
  type TypeView,
  type ViewOptions,
  viewType,
  withoutHidden,
} from "./plugin-type.ts";
import { findOwnType, type SearchContext, type SearchTarget, toTarget } from "./search-target.ts";
import { findSharedRecords } from "./shared-records.ts";
import { targetPlan } from "./target-plan.ts";

/** Maximum number of collections of one search. */
const MAX_TARGETS = 100;
/** Maximum number of buckets whose collections are listed for one search. */
const MAX_BUCKETS = 100;

/** The collections of a search. */
export interface SearchScope {
  /** `undefined` for all buckets. */
  readonly bucket: ObjectRef | undefined;
  /** `undefined` for all types. */
  readonly types: readonly string[] | undefined;
  /** Whether to search everything that settings let the user read, and not only what is shared with the user. */
  readonly allProjects: boolean;
}

interface ScopeQuery {
  readonly scope: SearchScope;
  readonly user: UserId;
  readonly budget: ReadBudget;
}

/** The name of the type of all records. */
const RECORD_TYPE = "record";

/** The type of a collection: the first one of a plugin that covers it, otherwise `record`. */
export const typeOfTarget = ({ types }: Pick<SearchContext, "types">, { collection }: SearchTarget): string =>
  findOwnType({ types }, collection)?.name ?? RECORD_TYPE;

/**
 * Finds the collections of a scope in which a user may read records, in the order of their URIs.
 * @throws Failure INVALID_PARAMETERS if there are more than {@link MAX_TARGETS}; FORBIDDEN for `allProjects` unless settings
 * let the user read all buckets
 */
export const findTargets = async (
  context: SearchContext,
  session: Session,
  query: ScopeQuery,
): Promise<readonly SearchTarget[]> => {
  const { user, scope } = query;
  const readUser = createUserReader(session, user);
  const types = await withoutHidden(context.types, readUser);
  const covers = coverageOf({ types }, scope.types);
  const views = await viewTypes({ ...context, types }, session, { ...query, readUser }, covers);
  const open = [...views.values()].flatMap(({ type }) =>
    type.hasAccess && currentScope()?.allows("read", type.collection) !== false ? [type.collection] : [],
  );
  const found =
    scope.bucket === undefined
      ? await findEverywhere(context, session, query)
      : await findInBucket(context, session, scope.bucket, query, open);
  const isVisible = (ref: ObjectRef) =>
    context.isSearched(ref) && covers(ref) && (findOwnType(context, ref) === undefined || views.has(ref.uri));
  const readable = new Map([...found.readable, ...open].filter(isVisible).map((ref) => [ref.uri, ref]));
  const shared = new Map(
    found.shared.filter((ref) => isVisible(ref) && !readable.has(ref.uri)).map((ref) => [ref.uri, ref]),
  );
  if (readable.size + shared.size > MAX_TARGETS)
    throw invalid({
      location: "body",
      name: scope.types === undefined ? "type" : null,
      description: `The search is of ${readable.size + shared.size} collections; at most ${MAX_TARGETS} are searched at once. Name fewer types, or search one bucket or collection`,
    });
  const collections = [...readable.values(), ...shared.values()];
  const plans = collections.map((ref) => targetPlan(context, ref));
  const view = await session.read({
    objects: [],
    parents: plans.flatMap(({ parents }) => parents),
    clocks: plans.flatMap(({ clocks }) => clocks),
  });
  const targets: SearchTarget[] = [];
  for (const collection of collections) {
    const stored = view.object(collection);
    if (stored?.ownGeneration === undefined) continue;
    const list = listRef(context.resources.core.record, collection);
    if (!readable.has(collection.uri) && query.budget.isSpent) throw tooMuchShared();
    const records = readable.has(collection.uri)
      ? undefined
      : await findSharedRecords(context, session, { list, user, budget: query.budget });
    if (records?.ids.length === 0) continue;
    const type = views.get(collection.uri);
    targets.push(toTarget(context, session, { collection, user, shared: records, stored, type }));
  }
  return targets.sort((a, b) => (a.collection.uri < b.collection.uri ? -1 : 1));
};

/** The types of plugins in a scope as the user searches them, by collection. */
const viewTypes = async (
  { types, grants }: SearchContext,
  session: Session,
  { user, scope: { bucket, allProjects }, readUser }: ScopeQuery & Pick<ViewOptions, "readUser">,
  covers: (collection: ObjectRef) => boolean,
): Promise<ReadonlyMap<string, TypeView>> => {
  const own = types
    .map(({ definition }) => definition)
    .filter(({ collection }) => covers(collection) && (bucket === undefined || isWithin(collection, bucket)));
  if (own.length === 0) return new Map();
  await session.read({ objects: [], clocks: [], members: user === null ? [] : [user] });
  const options: ViewOptions = {
    readUser,
    allProjects,
    isAdministrator: await isAdministrator(await createAuthorizer(session, grants, user), grants),
  };
  return new Map(
    await Promise.all(own.map(async (type) => [type.collection.uri, await viewType(type, options)] as const)),
  );
};

/** Collections whose records the user may all read, and those of which some records are shared with the user. */
interface FoundCollections {
  readonly readable: readonly ObjectRef[];
  readonly shared: readonly ObjectRef[];
}

const coverageOf = (
  { types }: Pick<SearchContext, "types">,
  names: readonly string[] | undefined,
): ((collection: ObjectRef) => boolean) => {
  if (names === undefined) return () => true;
  const known = [RECORD_TYPE, ...types.map(({ name }) => name)];
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw invalid({
      location: "body",
      name: "type",
      description: `There is no type ${JSON.stringify(unknown.slice(0, 100))}. Use one of: ${known.join(", ")}`,
    });
  if (names.includes(RECORD_TYPE)) return () => true;
  const chosen = types.filter(({ name }) => names.includes(name));
  return ({ uri }) => chosen.some(({ definition }) => definition.collection.uri === uri);
};

const findInBucket = async (
  context: SearchContext,
  session: Session,
  bucket: ObjectRef,
  query: ScopeQuery,
  open: readonly ObjectRef[],
): Promise<FoundCollections> => {
  const { user } = query;
  const collections = listRef(context.resources.core.collection, bucket);
  const view = await session.read({ objects: [], parents: [bucket], clocks: [], members: user === null ? [] : [user] });
  const authorizer = await createAuthorizer(session, context.grants, user);
  requireValidId(bucket);
  if (await authorizer.canAccessList("read", collections)) {
    requireParentExists(view, collections);
    return { readable: await listCollections(session, collections, query), shared: [] };
  }
  const readable = (await authorizer.isGrantedList("read", collections))
    ? await findNamedCollections(context, session, bucket, query)
    : [];
  const found = await findShared(context, session, query, (ref) => isWithin(ref, bucket));
  // As for a list, a bucket of which the user may read nothing looks like one that does not exist.
  if (readable.length + found.readable.length + found.shared.length + open.length === 0) throw accessDenied(authorizer);
  return { ...found, readable: [...readable, ...found.readable] };
};

const findEverywhere = async (
  context: SearchContext,
  session: Session,
  query: ScopeQuery,
): Promise<FoundCollections> => {
  const { user, scope } = query;
  if (!scope.allProjects) return findShared(context, session, query, () => true);
  const { resources, grants } = context;
  const buckets = listRef(resources.core.bucket, null);
  await session.read({ objects: [], clocks: [], members: user === null ? [] : [user] });
  const authorizer = await createAuthorizer(session, grants, user);
  if (!(await isAdministrator(authorizer, grants)))
    throw new Failure("FORBIDDEN", {
      message:
        "all_projects is for administrators: users whom the setting bucket_read_principals or bucket_write_principals names. Remove it to search what is shared with you.",
    });
  const all = await listIds(session, buckets, MAX_BUCKETS + 1, query.budget);
  if (all.length > MAX_BUCKETS) throw tooManyBuckets();
  return {
    readable: await listInBuckets(
      context,
      session,
      all.map((id) => objectRef(buckets, id)),
      query,
    ),
    shared: [],
  };
};

/** Finds what the permissions of objects grant the user, in all parts until the budget is spent. */
const findShared = async (
  context: SearchContext,
  session: Session,
  { user, budget }: ScopeQuery,
  isIncluded: (ref: ObjectRef) => boolean,
): Promise<FoundCollections> => {
  const buckets = new Map<string, ObjectRef>();
  const readable = new Map<string, ObjectRef>();
  const shared = new Map<string, ObjectRef>();
  let place: SharePlace | undefined;
  do {
    const part = await findSharedObjects(session, context, user, { place, budget });
    for (const { ref } of part.objects) {
      if (!isIncluded(ref)) continue;
      const { resourceName, list } = ref;
      if (resourceName === "record" && list.parent !== null) shared.set(list.parent.uri, list.parent);
      else if (resourceName === "collection" && (await part.authorizer.can("read", ref))) readable.set(ref.uri, ref);
      else if (resourceName === "bucket" && (await part.authorizer.can("read", ref))) buckets.set(ref.uri, ref);
      else if (resourceName === "bucket")
        for (const named of await findNamedCollections(context, session, ref, { user })) readable.set(named.uri, named);
    }
    // One record of a list is enough here, and a user may have any number of them.
    place = skipList(part.next, part.objects.at(-1)?.ref.list);
  } while (place !== undefined && !budget.isSpent);
  if (place !== undefined) throw tooMuchShared();
  if (buckets.size > MAX_BUCKETS) throw tooManyBuckets();
  const inBuckets = await listInBuckets(context, session, [...buckets.values()], { budget });
  return { readable: [...readable.values(), ...inBuckets], shared: [...shared.values()] };
};

/** The collections of a bucket that the scope of the request names, and that the user may read. */
const findNamedCollections = async (
  { resources, grants }: SearchContext,
  session: Session,
  bucket: ObjectRef,
  { user }: Pick<ScopeQuery, "user">,
): Promise<readonly ObjectRef[]> => {
  const list = listRef(resources.core.collection, bucket);
  const named =
    currentScope()
      ?.idsIn(list)
      .map((id) => objectRef(list, id)) ?? [];
  if (named.length === 0) return [];
  await session.readHeads({ objects: named, parents: [bucket] });
  const authorizer = await createAuthorizer(session, grants, user);
  const readable: ObjectRef[] = [];
  for (const ref of named) if (await authorizer.can("read", ref)) readable.push(ref);
  return readable;
};

const skipList = (next: SharePlace | undefined, list: ListRef | undefined): SharePlace | undefined => {
  if (next?.position === undefined || list?.resource.name !== "record") return next;
  const end = grantPosition({ list: list.uri, id: "" });
  return next.position.startsWith(end) ? { group: next.group, position: end } : next;
};

const listInBuckets = async (
  { resources }: SearchContext,
  session: Session,
  buckets: readonly ObjectRef[],
  { budget }: Pick<ScopeQuery, "budget">,
): Promise<readonly ObjectRef[]> => {
  await session.read({ objects: [], parents: buckets, clocks: [] });
  const found: ObjectRef[] = [];
  for (const bucket of buckets)
    found.push(...(await listCollections(session, listRef(resources.core.collection, bucket), { budget })));
  return found;
};

/** The collections of a bucket; one more than {@link MAX_TARGETS} if there are too many. */
const listCollections = async (
  session: Session,
  list: ListRef,
  { budget }: Pick<ScopeQuery, "budget">,
): Promise<readonly ObjectRef[]> =>
  (await listIds(session, list, MAX_TARGETS + 1, budget)).map((id) => objectRef(list, id));

const listIds = async (
  session: Session,
  list: ListRef,
  limit: number,
  budget: ReadBudget,
): Promise<readonly string[]> => {
  const parentGeneration = session.view.parentGeneration(list);
  if (parentGeneration === undefined) return [];
  const ids: string[] = [];
  let after: { readonly last_modified: number; readonly id: string } | undefined;
  do {
    const page = await session.readPage(list, {
      parentGeneration,
      limit: limit - ids.length,
      tombstones: false,
      after,
    });
    budget.spend(page.bytes);
    ids.push(...page.entries.map(({ id }) => id));
    after = page.next;
  } while (after !== undefined && ids.length < limit && !budget.isSpent);
  return ids;
};

const isWithin = (ref: ObjectRef, bucket: ObjectRef): boolean => ancestors(ref).some(({ uri }) => uri === bucket.uri);

/** An answer would leave something out without saying so. */
const tooMuchShared = (): Failure =>
  new Failure("REQUEST_TOO_LARGE", {
    message: "More is shared with this user than a search may read. Search one collection at a time.",
  });

const tooManyBuckets = (): Failure =>
  invalid({
    location: "body",
    name: null,
    description: `The search is of more than ${MAX_BUCKETS} buckets. Search one bucket at a time`,
  });
