import { author, type UserId } from "../permissions/principals.ts";
import { type Incarnation, type ListRef, objectRef } from "../resources.ts";
import type { Place, Stored } from "../store/store.ts";
import { transact } from "../store/transact.ts";
import { View } from "../store/view.ts";
import { requireParent } from "./access.ts";
import { parents, placeOf, reach, type Selection, within } from "./list-objects.ts";
import { checkList, type Preconditions } from "./preconditions.ts";
import type { World } from "./world.ts";

export interface DeleteObjects {
  readonly list: ListRef;
  readonly user: UserId;
  readonly preconditions: Preconditions;
  readonly select: Selection;
}

export interface Deleted {
  readonly timestamp: number;
  readonly tombstones: readonly Stored[];
  readonly next?: Place;
}

/** Objects in one transaction: each takes its item and the rows of those it was shared with. */
const AT_ONCE = 20;

/** DELETE on a list: leaves a tombstone for each object that the user may write and the selection names, a transaction per twenty. */
export const deleteObjects = async (world: World, { list, user, preconditions, select }: DeleteObjects): Promise<Deleted> => {
  const { transactions, limits } = world;
  const { store, now } = transactions;
  const view = new View(await store.read({ objects: parents(list), clocks: [list], member: user ?? undefined }), now());
  const reached = await reach(world, view, user, list, "write");
  requireParent(view, list);
  checkList(preconditions, view.clock(list)?.last ?? 0);

  const limit = Math.min(select.limit ?? limits.page, limits.page);
  const { since, before, after } = select;
  const doomed =
    reached === "all"
      ? await store.page(list, { of: view.life(list) as Incarnation, since, before, after, limit, tombstones: false })
      : { entries: within(reached, select).slice(0, limit) };

  const tombstones: Stored[] = [];
  for (let i = 0; i < doomed.entries.length; i += AT_ONCE) {
    const refs = doomed.entries.slice(i, i + AT_ONCE).map((entry) => objectRef(list, placeOf(entry).id));
    const gone = await transact(transactions, { objects: [...refs, ...parents(list)], clocks: [list], writes: [list] }, (seen) =>
      refs.filter((ref) => seen.object(ref) !== undefined).map((ref) => seen.delete(ref, author(user))),
    );
    tombstones.push(...gone);
  }
  const timestamp = tombstones.at(-1)?.last_modified ?? view.clock(list)?.last ?? 0;
  return { timestamp, tombstones, ..."next" in doomed && { next: doomed.next } };
};
