import { author, type UserId } from "../permissions/principals.ts";
import { identify } from "../permissions/who.ts";
import { type Incarnation, type ListRef, objectRef } from "../resources.ts";
import type { Place, Stored } from "../store/store.ts";
import { transact } from "../store/transact.ts";
import { View } from "../store/view.ts";
import { requireParent } from "./access.ts";
import { cut, firstClock, parents, placeOf, reach, type Selection, within } from "./list-objects.ts";
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
  const { transactions, grants, limits } = world;
  const { store, now } = transactions;
  const view = new View(await store.read({ objects: parents(list), clocks: [list], member: user ?? undefined }), now());
  const reached = await reach(world, view, user, list, "write");
  requireParent(view, list);
  const { last } = view.clock(list) ?? (await firstClock(world, list));
  checkList(preconditions, last);

  const limit = Math.min(select.limit ?? limits.page, limits.page);
  const { since, before, after } = select;
  const doomed =
    reached === "all"
      ? await store.page(list, { of: view.life(list) as Incarnation, since, before, after, limit, tombstones: false })
      : cut(within(reached, select), limit);

  const tombstones: Stored[] = [];
  // A list found empty may have been emptied since the precondition was checked: it is checked again.
  const end = preconditions.ifMatch === undefined ? doomed.entries.length : Math.max(doomed.entries.length, 1);
  for (let i = 0; i < end; i += AT_ONCE) {
    const refs = doomed.entries.slice(i, i + AT_ONCE).map((entry) => objectRef(list, placeOf(entry).id));
    const wanted = { objects: [...refs, ...parents(list)], clocks: [list], member: user ?? undefined, writes: [list] };
    const gone = await transact(transactions, wanted, async (seen) => {
      if (i === 0 && preconditions.ifMatch !== undefined) {
        checkList(preconditions, seen.clock(list)?.last ?? 0);
        seen.unchanged(list);
      }
      const who = await identify(store, grants, seen, user);
      // What was changed since it was selected may lie beyond the bounds by now, or out of the user's reach.
      const selected = refs.filter((ref) => within([seen.object(ref) ?? []].flat(), { since, before }).length > 0 && who.may("write", ref));
      return selected.map((ref) => seen.delete(ref, author(user)));
    });
    tombstones.push(...gone);
  }
  return { timestamp: tombstones.at(-1)?.last_modified ?? last, tombstones, ...(doomed.next && { next: doomed.next }) };
};
