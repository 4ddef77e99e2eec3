import { walkObjects } from "../../../core/events/replay.ts";
import type { CollectionProgress, MaintenanceOptions } from "../../../core/ports/search-engine.ts";
import type { Generation, ListRef, ObjectRef } from "../../../core/resources.ts";
import { listRef } from "../../../core/resources.ts";
import type { Cluster } from "./client.ts";
import { type FollowOptions, followList } from "./follow-list.ts";
import { toAlias, toIndexName } from "./index-template.ts";
import type { IndexMaker } from "./indexes.ts";
import { type EngineContext, typeOf } from "./list-state.ts";
import { createBuild, deleteGenerationIndexes, deleteIndex, endBuild, findIndexes, swapIndex } from "./type-indexes.ts";

export interface Maintained {
  readonly cluster: Cluster;
  readonly indexes: IndexMaker;
  readonly context: EngineContext;
}

/** Maximum number of passes through all lists to catch up with their writers. */
const MAX_PASSES = 5;

/**
 * Builds the index of a type beside the present one, catches up with the lists, and then swaps both. The present index
 * stays for a rollback, older ones are deleted. Continues what was interrupted.
 * @returns whether the new index is complete; `false` when the signal ended the work
 */
export const reindexType = async (
  maintained: Maintained,
  type: string,
  options: MaintenanceOptions,
): Promise<boolean> => {
  const { cluster, indexes } = maintained;
  await indexes.ensure(type);
  const { current, building, all } = await findIndexes(cluster, type);
  const next = building ?? Math.max(0, ...all) + 1;
  if (building === undefined) await createBuild(cluster, type, next);
  if (next !== current) {
    options.onStep(`Building ${toIndexName(type, next)}.`);
    if (!(await followAll(maintained, type, toIndexName(type, next), options))) return false;
    await swapIndex(cluster, type, current, next);
    options.onStep(`Swapped: ${toIndexName(type, next)} is searched now.`);
  }
  // What was written to the present index between the last pass and the swap.
  if (!(await followAll(maintained, type, toIndexName(type, next), options))) return false;
  await endBuild(cluster, type, next);
  const previous = Math.max(...all.filter((number) => number < next && number <= (current ?? 0)), 0);
  for (const number of all) if (number !== next && number !== previous) await deleteIndex(cluster, type, number);
  await deleteGenerationIndexes(cluster);
  return true;
};

/**
 * Returns to the index that was searched before the last rebuild, after it has caught up with the lists, and deletes the
 * present one. Deletes a rebuild that is not complete instead, if there is one.
 * @returns what was done; `undefined` if there is nothing to return to
 */
export const rollBackType = async (
  maintained: Maintained,
  type: string,
  options: MaintenanceOptions,
): Promise<"returned" | "canceled" | "interrupted" | undefined> => {
  const { cluster } = maintained;
  const { current, building, all } = await findIndexes(cluster, type);
  if (building !== undefined && building !== current) {
    await deleteIndex(cluster, type, building);
    return "canceled";
  }
  const previous = all.filter((number) => number < (current ?? 0)).at(-1);
  if (current === undefined || previous === undefined) return undefined;
  const target = toIndexName(type, previous);
  options.onStep(`Bringing ${target} up to date.`);
  if (!(await followAll(maintained, type, target, options))) return "interrupted";
  await swapIndex(cluster, type, current, previous);
  options.onStep(`Swapped: ${target} is searched now.`);
  if (!(await followAll(maintained, type, target, options))) return "interrupted";
  await deleteIndex(cluster, type, current);
  return "returned";
};

/** Writes all records of a collection to the present index again. @returns whether it has ended */
export const reindexCollection = async (
  { cluster, indexes, context }: Maintained,
  collection: string,
  options: MaintenanceOptions & CollectionProgress,
): Promise<boolean> => {
  const ref = context.resources.parseUri(collection);
  if (ref === undefined) throw new TypeError(`${collection} is not the URI of a collection.`);
  const list = listRef(context.resources.core.record, ref);
  const { parents } = await context.store.read({ objects: [], parents: [ref], clocks: [] });
  const generation = parents.get(ref.uri)?.ownGeneration;
  if (generation === undefined) return true;
  const type = typeOf(context, list);
  await indexes.ensure(type);
  const follow = { ...toFollow(context, options), target: toAlias(type), anew: options };
  return (await followList(cluster, list, generation, follow)).isComplete;
};

/** Follows all lists of a type until nothing new is found. */
const followAll = async (
  { cluster, context }: Maintained,
  type: string,
  target: string,
  options: MaintenanceOptions,
): Promise<boolean> => {
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    let found = 0;
    for await (const { list, generation } of indexedLists(context, options)) {
      if (typeOf(context, list) !== type) continue;
      const { writes, isComplete } = await followList(cluster, list, generation, {
        ...toFollow(context, options),
        target,
      });
      if (!isComplete) return false;
      found += writes;
    }
    if (found === 0) break;
  }
  return !options.signal.aborted;
};

const toFollow = (
  context: EngineContext,
  { documents, signal, onWrites }: MaintenanceOptions,
): Omit<FollowOptions, "target"> => ({ context, documents, signal, onPage: onWrites });

/** The lists of records that are indexed. */
export async function* indexedLists(
  { store, resources }: EngineContext,
  { isIndexed, signal }: Pick<MaintenanceOptions, "isIndexed" | "signal">,
): AsyncGenerator<{ readonly list: ListRef; readonly generation: Generation; readonly collection: ObjectRef }> {
  for await (const { ref, stored } of walkObjects({
    store,
    resources,
    resourceNames: new Set(["collection"]),
    includes: () => true,
    includesChildren: ({ resourceName }) => resourceName === "bucket",
    startAt: [],
  })) {
    if (signal.aborted) return;
    if (stored.ownGeneration === undefined || !isIndexed(ref)) continue;
    yield { list: listRef(resources.core.record, ref), generation: stored.ownGeneration, collection: ref };
  }
}
