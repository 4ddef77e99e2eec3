import type { StoredObject } from "../ports/store.ts";
import type { FoundVersion, VersionKey } from "../ports/versions.ts";
import type { Generation, ListRef } from "../resources.ts";
import {
  idOf,
  MAX_VERSIONS_PER_OBJECT,
  notKept,
  OBJECTS_PER_READ,
  type Past,
  requireBudget,
  tooMuch,
  toStored,
} from "./past.ts";
import { readPastObjects } from "./read-past-objects.ts";

/** Objects of a list that was deleted since, whose ids are kept in memory. */
const MAX_IDS = 200_000;

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
export const requireComplete = async (past: Past, { parent }: ListRef, generation: Generation): Promise<void> => {
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
