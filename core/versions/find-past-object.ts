import type { StoredObject } from "../ports/store.ts";
import type { Generation, ListRef, ObjectRef } from "../resources.ts";
import { generationOf, type View } from "../store/view.ts";
import { OBJECTS_PER_READ, type Past, type PastGeneration, toStored } from "./past.ts";
import { requireComplete } from "./read-ended-generation.ts";
import { readPastObjects } from "./read-past-objects.ts";

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
