import { author, type UserId } from "../permissions/principals.ts";
import { identify } from "../permissions/who.ts";
import type { Stored } from "../ports/store.ts";
import { type ListRef, type ObjectRef, objectRef } from "../resources.ts";
import type { Session } from "../store/session.ts";
import { parents } from "../store/view.ts";
import { requireLife, requireParent } from "./access.ts";
import { beforeDeletion } from "./hooked.ts";
import { checkList, type Preconditions } from "./preconditions.ts";
import { reach } from "./reach.ts";
import { type Selected, type Selection, select, selector } from "./select.ts";
import type { World } from "./world.ts";

export interface DeleteObjects {
  readonly list: ListRef;
  readonly user: UserId;
  /** Reads them; throws what is wrong with them. Asked only when the user may. */
  readonly preconditions: () => Preconditions;
  readonly selection: () => Promise<Selection>;
}

/** What a DELETE on a list is to delete, why, and where the list stood. */
export interface Doomed extends Selected {
  readonly timestamp: number;
  readonly selection: Selection;
}

/** Finds what DELETE on a list is to delete: what the user may write and the selection names. */
export const selectDoomed = async (
  world: World,
  session: Session,
  { list, user, preconditions, selection }: DeleteObjects,
): Promise<Doomed> => {
  const view = await session.read({ objects: parents(list), clocks: [list] });
  const reached = await reach(world, session, user, list, "write");
  requireParent(view, list);
  requireLife(view, list);
  const timestamp = view.touch(list).last;
  checkList(preconditions(), timestamp);
  const selected = { ...(await selection()), tombstones: false };
  return { timestamp, selection: selected, ...(await select(world, session, list, reached, selected)) };
};

/** Leaves a tombstone for each of the objects, unless it was changed out of the selection, or out of the user's reach, in between. */
export const buryObjects = async (
  world: World,
  session: Session,
  { list, user, preconditions }: Omit<DeleteObjects, "selection">,
  { entries, selection }: Pick<Doomed, "entries" | "selection">,
): Promise<readonly Stored[]> => {
  const refs = entries.map(({ id }) => objectRef(list, id));
  const view = await session.read({ objects: [...refs, ...parents(list)], clocks: [list] });
  const conditions = preconditions();
  if (conditions.ifMatch !== undefined) {
    checkList(conditions, view.clock(list)?.last ?? 0);
    view.unchanged(list);
  }
  const who = await identify(session, world.grants, user);
  const selects = selector(selection);
  const still: ObjectRef[] = [];
  for (const ref of refs) if (selects(view.object(ref)) && (await who.may("write", ref))) still.push(ref);
  // All are looked at before any goes: a group among them may be what lets the user write the others.
  if (world.hooks !== undefined) for (const ref of still) await beforeDeletion(world, session, ref, user);
  return still.filter((ref) => view.object(ref) !== undefined).map((ref) => view.delete(ref, author(user)));
};
