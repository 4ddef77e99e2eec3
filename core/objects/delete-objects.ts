import { createAuthorizer } from "../permissions/authorizer.ts";
import { authorId, type UserId } from "../permissions/principals.ts";
import type { StoredObject } from "../ports/store.ts";
import { ancestors, type ListRef, type ObjectRef, objectRef } from "../resources.ts";
import type { Session } from "../store/session.ts";
import { parentsOf } from "../store/view.ts";
import { findAccessibleEntries } from "./accessible-entries.ts";
import {
  checkListPreconditions,
  checkObjectPreconditions,
  type Preconditions,
  requireObject,
  requireParent,
  requireParentExists,
  requireWrite,
} from "./checks.ts";
import { createSelector, type Selection, type SelectionPage, selectEntries } from "./select.ts";
import type { StoreContext } from "./store-context.ts";
import { acceptTimestamp, runDeletionHooks } from "./store-object.ts";

export interface DeleteObjectsInput {
  readonly list: ListRef;
  readonly user: UserId;
  /** Reads them; throws what is wrong with them. Asked only when the user may. */
  readonly preconditions: () => Preconditions;
  readonly selection: () => Promise<Selection>;
}

/** What a DELETE on a list is to delete, why, and where the list stood. */
export interface ObjectsToDelete extends SelectionPage {
  readonly timestamp: number;
  readonly selection: Selection;
}

/** Finds what DELETE on a list is to delete: what the user may write and the selection names. */
export const selectObjectsToDelete = async (
  world: StoreContext,
  session: Session,
  { list, user, preconditions, selection }: DeleteObjectsInput,
): Promise<ObjectsToDelete> => {
  const view = await session.read({ objects: parentsOf(list), clocks: [list] });
  const reached = await findAccessibleEntries(world, session, user, list, "write");
  requireParent(view, list);
  requireParentExists(view, list);
  const timestamp = view.ensureTimestamp(list).timestamp;
  checkListPreconditions(preconditions(), timestamp);
  const selected = { ...(await selection()), tombstones: false };
  return { timestamp, selection: selected, ...(await selectEntries(world, session, list, reached, selected)) };
};

/** Leaves a tombstone for each of the objects, unless it was changed out of the selection, or out of the user's reach, in between. */
export const deleteSelectedObjects = async (
  world: StoreContext,
  session: Session,
  { list, user, preconditions }: Omit<DeleteObjectsInput, "selection">,
  { entries, selection }: Pick<ObjectsToDelete, "entries" | "selection">,
): Promise<readonly StoredObject[]> => {
  const refs = entries.map(({ id }) => objectRef(list, id));
  const view = await session.read({ objects: [...refs, ...parentsOf(list)], clocks: [list] });
  const conditions = preconditions();
  if (conditions.ifMatch !== undefined) {
    checkListPreconditions(conditions, view.clock(list)?.timestamp ?? 0);
    view.requireUnchanged(list);
  }
  const who = await createAuthorizer(session, world.grants, user);
  const selects = createSelector(selection);
  const still: ObjectRef[] = [];
  for (const ref of refs) if (selects(view.object(ref)) && (await who.can("write", ref))) still.push(ref);
  // All are looked at before any goes: a group among them may be what lets the user write the others.
  if (world.hooks !== undefined) for (const ref of still) await runDeletionHooks(world, session, ref, user);
  return still.filter((ref) => view.object(ref) !== undefined).map((ref) => view.delete(ref, authorId(user)));
};

export interface DeleteObjectInput {
  readonly ref: ObjectRef;
  readonly user: UserId;
  /** Reads them; throws what is wrong with them. Asked only when the user may. */
  readonly preconditions: () => Preconditions;
  /** When the object is to have been deleted, in ms; counts if it lies after its last change. */
  readonly time: () => number | undefined;
}

/** DELETE: leaves a tombstone, and answers it. Whatever was below the object is gone with it, at once. */
export const deleteObject = async (
  world: StoreContext,
  session: Session,
  { ref, user, preconditions, time }: DeleteObjectInput,
): Promise<StoredObject> => {
  const view = await session.read({ objects: [ref, ...ancestors(ref)], clocks: [ref.list] });
  const who = await createAuthorizer(session, world.grants, user);
  await requireWrite(view, who, ref);
  const [conditions, given] = [preconditions(), time()];
  checkObjectPreconditions(conditions, requireObject(view, ref), 0);
  if (world.hooks !== undefined) await runDeletionHooks(world, session, ref, user);
  return view.delete(ref, authorId(user), acceptTimestamp(given, requireObject(view, ref)));
};
