import { Failure, invalid } from "../errors.ts";
import { queryIssue } from "../lists/query-parameters.ts";
import type { StoredObject } from "../ports/store.ts";
import type { FoundVersion, Version, VersionedBucket, VersionKey, Versions } from "../ports/versions.ts";
import { type Generation, type ListRef, type ObjectRef, objectRef } from "../resources.ts";
import type { ReadBudget } from "../store/read-budget.ts";
import { generationOf, type View } from "../store/view.ts";

/** A bucket at a time. */
export interface Past {
  readonly versions: Versions;
  readonly bucket: VersionedBucket;
  /** In ms. Changes at this time are included. */
  readonly at: number;
  readonly budget: ReadBudget;
}

/** A generation of a list's parent, and whether the parent still has it. */
export interface PastGeneration {
  readonly generation: Generation;
  readonly isCurrent: boolean;
}

/** Objects whose versions are read at a time. */
const OBJECTS_PER_READ = 25;
/** Objects of a list that was deleted since, whose ids are kept in memory. */
const MAX_IDS = 200_000;
/** Versions of one object that are looked through. */
const MAX_VERSIONS_PER_OBJECT = 1000;

/**
 * Finds an object as it was; `undefined` if it did not exist. The view must have read it, and its parents must exist.
 * @throws Failure 400 when the version is not kept
 */
export const findPastObject = async (past: Past, view: View, ref: ObjectRef): Promise<StoredObject | undefined> => {
  if (ref.resourceName === "bucket") return findPastState(past, view, ref, await findRootGeneration(view, ref));
  const of = await findPastGeneration(past, view, ref.list);
  return of && findPastState(past, view, ref, of);
};

const findRootGeneration = async (view: View, { list }: ObjectRef): Promise<PastGeneration> => ({
  generation: view.parentGeneration(list) ?? "",
  isCurrent: true,
});

/** Finds the generation that a list's parent had; `undefined` if the parent did not exist. */
export const findPastGeneration = async (
  past: Past,
  view: View,
  { parent }: ListRef,
): Promise<PastGeneration | undefined> => {
  if (parent === null || parent.resourceName === "bucket")
    return { generation: past.bucket.generation, isCurrent: true };
  const current = view.object(parent);
  if (current !== undefined && current.revision <= past.at)
    return { generation: generationOf(current), isCurrent: true };
  const of = await findPastGeneration(past, view, parent.list);
  const was = of && (await findPastState(past, view, parent, of, current));
  const generation = was && generationOf(was);
  const isCurrent = current !== undefined && generationOf(current) === generation;
  // The parent's timestamp may be ahead of the clock, and so of those of its content.
  if (current !== undefined && !isCurrent && (await wasCreated(past, parent, current)))
    return { generation: generationOf(current), isCurrent: true };
  return generation === undefined ? undefined : { generation, isCurrent };
};

/** Whether an object had been created by the clock, although the timestamp of its creation is later. */
const wasCreated = async (
  { versions, bucket, at, budget }: Past,
  ref: ObjectRef,
  object: StoredObject,
): Promise<boolean> => {
  const of = { list: ref.list.uri, id: ref.id, parentGeneration: object.parentGeneration };
  const later = await versions.find(bucket, of, { since: at, limit: OBJECTS_PER_READ });
  const read = await versions.get(bucket, later.found);
  budget.spend(later.bytes + read.bytes);
  return read.versions.some(({ ownGeneration, date }) => ownGeneration === object.ownGeneration && date <= at);
};

const findPastState = async (
  past: Past,
  view: View,
  ref: ObjectRef,
  { generation, isCurrent }: PastGeneration,
  present: StoredObject | undefined = findCommitted(view, ref),
): Promise<StoredObject | undefined> => {
  const stored = present?.parentGeneration === generation ? present : undefined;
  let was: StoredObject | undefined;
  if (isCurrent && stored === undefined) return undefined;
  if (stored !== undefined && stored.revision <= past.at) was = stored;
  else if (isCurrent) was = (await readPastObjects(past, ref.list, generation, [ref.id])).get(ref.id);
  else was = await findInEndedGeneration(past, ref, generation);
  return was?.deleted ? undefined : was;
};

/** Returns an object or tombstone without the changes of the running batch. */
const findCommitted = (view: View, ref: ObjectRef): StoredObject | undefined => {
  const change = view.changes.find((one) => one.ref.uri === ref.uri);
  return change === undefined ? view.stored(ref) : change.before;
};

/** Finds an object of a parent that was deleted since. */
const findInEndedGeneration = async (
  past: Past,
  ref: ObjectRef,
  parentGeneration: Generation,
): Promise<StoredObject | undefined> => {
  const { versions, bucket, at, budget } = past;
  const of = { list: ref.list.uri, id: ref.id, parentGeneration };
  const newest = await versions.find(bucket, of, { descending: true, limit: 1 });
  budget.spend(newest.bytes);
  const [last] = newest.found;
  if (last === undefined) return requireComplete(past, ref.list, parentGeneration).then(() => undefined);
  if (last.revision > at) return (await readPastObjects(past, ref.list, parentGeneration, [ref.id])).get(ref.id);
  const read = await versions.get(bucket, [last]);
  budget.spend(read.bytes);
  const [version] = read.versions;
  return version && toStored(version);
};

/**
 * Reads objects as they were, by id; those that have changed since. Leaves out those that did not exist. Some are
 * tombstones.
 */
export const readPastObjects = async (
  past: Past,
  list: ListRef,
  parentGeneration: Generation,
  ids: readonly string[],
): Promise<ReadonlyMap<string, StoredObject>> => {
  const { versions, bucket, at, budget } = past;
  const found = new Map<string, StoredObject>();
  for (let i = 0; i < ids.length; i += OBJECTS_PER_READ) {
    requireBudget(budget);
    const part = ids.slice(i, i + OBJECTS_PER_READ);
    const replacements = await Promise.all(
      part.map(async (id) => {
        const next = await versions.find(bucket, { list: list.uri, id, parentGeneration }, { since: at, limit: 1 });
        budget.spend(next.bytes);
        return { id, next: next.found[0] };
      }),
    );
    const wanted: { id: string; next: FoundVersion }[] = [];
    for (const { id, next } of replacements) {
      if (next === undefined || next.replaced.revision > at) throw await notKept(past, objectRef(list, id));
      if (next.replaced.revision > 0) wanted.push({ id, next });
    }
    const read = await versions.get(
      bucket,
      wanted.flatMap(({ next }) => [replacedKey(next), next]),
    );
    budget.spend(read.bytes);
    const byKey = new Map(read.versions.map((version) => [nameOf(version), version]));
    for (const { id, next } of wanted) {
      const was = byKey.get(nameOf(replacedKey(next)));
      const after = byKey.get(nameOf(next));
      if (was !== undefined) found.set(id, toStored(was));
      else if (next.replaced.existed && after?.action === "delete")
        found.set(id, { ...toStored({ ...after, action: "update" }), revision: next.replaced.revision });
      else if (next.replaced.existed) throw await notKept(past, objectRef(list, id));
    }
  }
  return found;
};

const replacedKey = ({ uri, replaced }: FoundVersion): VersionKey => ({ uri, revision: replaced.revision });
const nameOf = ({ uri, revision }: VersionKey): string => `${revision} ${uri}`;

/** Reads all objects of an ended generation of a list as they were, by id. */
export const readEndedGeneration = async (
  past: Past,
  list: ListRef,
  parentGeneration: Generation,
): Promise<ReadonlyMap<string, StoredObject>> => {
  const found = new Map<string, StoredObject>();
  for await (const part of walkEndedGeneration(past, list, parentGeneration))
    for (const [id, object] of part) found.set(id, object);
  return found;
};

/** Like {@link readEndedGeneration}, in parts. Only the ids are kept in memory. */
export async function* walkEndedGeneration(
  past: Past,
  list: ListRef,
  parentGeneration: Generation,
): AsyncGenerator<ReadonlyMap<string, StoredObject>, void, undefined> {
  const { versions, bucket, budget } = past;
  await requireComplete(past, list, parentGeneration);
  const { last, changed } = await findLastVersions(past, list, parentGeneration);
  const ids = [...changed];
  for (let i = 0; i < ids.length; i += OBJECTS_PER_READ)
    yield await readPastObjects(past, list, parentGeneration, ids.slice(i, i + OBJECTS_PER_READ));
  const unchanged = [...last].filter(([id]) => !changed.has(id)).map(([, key]) => key);
  for (let i = 0; i < unchanged.length; i += OBJECTS_PER_READ) {
    requireBudget(budget);
    const read = await versions.get(bucket, unchanged.slice(i, i + OBJECTS_PER_READ));
    budget.spend(read.bytes);
    yield new Map(read.versions.map((version) => [idOf(version), toStored(version)]));
  }
}

/** Finds the last version of each object before the time, and the objects that have changed after it. */
const findLastVersions = async (
  past: Past,
  list: ListRef,
  parentGeneration: Generation,
): Promise<{ readonly last: ReadonlyMap<string, VersionKey>; readonly changed: ReadonlySet<string> }> => {
  const { versions, bucket, at, budget } = past;
  const last = new Map<string, VersionKey>();
  const changed = new Set<string>();
  let after: FoundVersion | undefined;
  do {
    requireBudget(budget);
    const page = await versions.find(bucket, { list: list.uri }, { after, limit: MAX_VERSIONS_PER_OBJECT });
    budget.spend(page.bytes);
    for (const version of page.found) {
      if (version.parentGeneration !== parentGeneration) continue;
      if (version.revision <= at) last.set(version.id, version);
      else if (last.has(version.id) || version.replaced.revision > 0) changed.add(version.id);
    }
    if (last.size + changed.size > MAX_IDS) throw tooMuch(`the list has more than ${MAX_IDS} objects`);
    after = page.hasMore ? page.found.at(-1) : undefined;
  } while (after !== undefined);
  return { last, changed };
};

/**
 * Throws a 400 unless all versions of a list in an ended generation are kept: those since its parent was created. Users
 * whose changes are not kept are not considered. A parent that was deleted and created by one transaction has an update.
 */
const requireComplete = async (past: Past, { parent }: ListRef, generation: Generation): Promise<void> => {
  if (parent === null) return;
  const { versions, bucket, budget } = past;
  const { found, bytes } = await versions.find(
    bucket,
    { list: parent.list.uri, id: parent.id },
    { limit: MAX_VERSIONS_PER_OBJECT },
  );
  budget.spend(bytes);
  const created = await versions.get(
    bucket,
    found.filter(({ replaced }) => !replaced.existed),
  );
  budget.spend(created.bytes);
  if (created.versions.some(({ ownGeneration }) => ownGeneration === generation)) return;
  const all = await versions.get(bucket, found);
  budget.spend(all.bytes);
  const first = all.versions
    .filter(({ ownGeneration }) => ownGeneration === generation)
    .toSorted((a, b) => a.revision - b.revision)[0];
  const before = all.versions.find(({ revision }) => revision === first?.replaced.revision);
  if (before === undefined || before.ownGeneration === generation) throw await notKept(past, parent);
};

/** Returns a version as the table would store it. */
const toStored = (version: Version): StoredObject => {
  const { action, last_modified, revision, json, acl, user, parentGeneration, ownGeneration } = version;
  const deleted = action === "delete";
  return {
    json: deleted ? JSON.stringify({ id: idOf(version), last_modified, deleted: true }) : json,
    last_modified: deleted ? last_modified : Number(JSON.parse(json).last_modified),
    revision,
    deleted,
    acl: deleted ? {} : acl,
    changedBy: user,
    parentGeneration,
    ...(ownGeneration !== undefined && { ownGeneration }),
  };
};

const idOf = ({ uri }: VersionKey): string => uri.slice(uri.lastIndexOf("/") + 1);

const notKept = async ({ versions, bucket, at }: Past, ref: ObjectRef): Promise<Failure> => {
  const { found } = await versions.find(bucket, { list: ref.list.uri, id: ref.id }, { limit: MAX_VERSIONS_PER_OBJECT });
  const first = found.toSorted((a, b) => a.revision - b.revision).at(0);
  return invalid(
    queryIssue(
      "_at",
      first === undefined
        ? `${ref.uri} has changed since ${at}, and no version of it is kept.`
        : `The version of ${ref.uri} at ${at} is not kept. Its first version in the history is that of ${first.revision}.`,
    ),
  );
};

const requireBudget = (budget: ReadBudget): void => {
  if (budget.isSpent) throw tooMuch(`a request may read ${budget.description}`);
};

const tooMuch = (limit: string): Failure =>
  new Failure("REQUEST_TOO_LARGE", {
    message: `Too much has changed since the time in _at: ${limit}. Ask for single objects, or for a later time.`,
  });
