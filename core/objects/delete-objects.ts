import { createAuthorizer } from "../permissions/authorizer.ts";
import { authorId, type UserId } from "../permissions/principals.ts";
import type { SharePlace } from "../permissions/shared-objects.ts";
import type { ListEntry, StoredObject } from "../ports/store.ts";
import { type ListRef, type ObjectRef, objectRef } from "../resources.ts";
import type { ReadBudget } from "../store/read-budget.ts";
import type { Session } from "../store/session.ts";
import type { TransactionPlan } from "../store/transact.ts";
import { parentsOf, readsOf } from "../store/view.ts";
import { findAccessibleEntries } from "./accessible-entries.ts";
import { requireObject, requireParentExists, requireWrite } from "./checks.ts";
import { checkListPreconditions, checkObjectPreconditions, type Preconditions } from "./preconditions.ts";
import { createReadAsUser, readUnlessRefused, showExisting } from "./read-as-user.ts";
import {
  createSelector,
  cursorBehind,
  type Selection,
  type SelectionCursor,
  type SelectionPage,
  selectEntries,
} from "./select.ts";
import type { StoreContext } from "./store-context.ts";
import { acceptTimestamp, runDeletionHooks } from "./store-object.ts";

export interface DeleteObjectInput {
  readonly ref: ObjectRef;
  readonly user: UserId;
  /** Parses the preconditions; called after the permission check. */
  readonly preconditions: () => Preconditions;
  /** The time of the deletion in ms; ignored unless it is later than the object's last change. */
  readonly time: () => number | undefined;
}

export const deleteObjectPlan = (ref: ObjectRef): TransactionPlan => ({
  ...readsOf(ref),
  clocks: [ref.list],
  writes: [ref.list],
});

/** Deletes an object. Its descendants cease to exist at once. Returns the tombstone. */
export const deleteObject = async (
  context: StoreContext,
  session: Session,
  { ref, user, preconditions, time }: DeleteObjectInput,
): Promise<StoredObject> => {
  const view = await session.read(deleteObjectPlan(ref));
  const authorizer = await createAuthorizer(session, context.grants, user);
  await requireWrite(view, authorizer, ref);
  const [conditions, lastModified] = [preconditions(), time()];
  await checkObjectPreconditions(authorizer, conditions, {
    ref,
    object: requireObject(view, ref),
    listTimestamp: 0,
    show: context.readHooks && showExisting(context, session, user, ref),
  });
  if (context.hooks !== undefined) await runDeletionHooks(context, session, ref, user);
  const acceptedTime = acceptTimestamp(lastModified, {
    existing: requireObject(view, ref),
    now: session.now,
    field: { location: "querystring", name: "last_modified" },
  });
  return view.delete(ref, authorId(user), acceptedTime);
};

export interface DeleteObjectsInput {
  readonly list: ListRef;
  readonly user: UserId;
  /** Parses the preconditions; called after the permission check. */
  readonly preconditions: () => Preconditions;
  /** Parses the query; called with the list's timestamp in ms. */
  readonly selection: (timestamp: number) => Promise<Selection>;
  /** Returns where the part of the shared entries starts that the query asks for. */
  readonly place: () => Promise<SharePlace | undefined>;
  readonly budget: ReadBudget;
}

/** The objects that a DELETE on a list will delete, and the list's timestamp. */
export interface ObjectsToDelete extends SelectionPage {
  readonly timestamp: number;
  readonly selection: Selection;
  /** Where the next page starts if only the entries up to one are deleted. */
  readonly cursorBehind: (entry: ListEntry) => SelectionCursor;
}

export const deleteObjectsPlan = (list: ListRef): TransactionPlan => ({
  objects: [],
  parents: parentsOf(list),
  clocks: [list],
  writes: [list],
});

/** Selects the objects of a DELETE on a list: those that match the selection and that the user may write. */
export const selectObjectsToDelete = async (
  context: StoreContext,
  session: Session,
  { list, user, preconditions, selection, place, budget }: DeleteObjectsInput,
): Promise<ObjectsToDelete> => {
  const view = await session.read(deleteObjectsPlan(list));
  const access = { list, user, permission: "write", place, budget } as const;
  const accessible = await findAccessibleEntries(context, session, access);
  requireParentExists(view, list);
  const { timestamp } = view.ensureTimestamp(list);
  checkListPreconditions(preconditions(), timestamp);
  const read = context.readHooks && createReadAsUser(context, session, user, list);
  const selected = { ...(await selection(timestamp)), tombstones: false, read };
  const page = await selectEntries(context, session, { list, accessible, budget }, selected);
  const behind = (entry: ListEntry) => cursorBehind(context, accessible, selected, entry);
  return { timestamp, selection: selected, cursorBehind: behind, ...page };
};

/** Deletes the selected objects. Skips those that meanwhile no longer match, or that the user may no longer write. */
export const deleteSelectedObjects = async (
  context: StoreContext,
  session: Session,
  { list, user, preconditions }: Omit<DeleteObjectsInput, "selection" | "place" | "budget">,
  { entries, selection }: Pick<ObjectsToDelete, "entries" | "selection">,
): Promise<readonly StoredObject[]> => {
  const refs = entries.map(({ id }) => objectRef(list, id));
  const view = await session.read({ objects: refs, parents: parentsOf(list), clocks: [list] });
  const conditions = preconditions();
  if (conditions.ifMatch !== undefined) {
    checkListPreconditions(conditions, view.clock(list)?.timestamp ?? 0);
    view.requireUnchanged(list);
  }
  const authorizer = await createAuthorizer(session, context.grants, user);
  const read = context.readHooks && createReadAsUser(context, session, user, list);
  const isSelected = createSelector(selection);
  const deletable: ObjectRef[] = [];
  for (const ref of refs) {
    const object = view.object(ref);
    const seen = object && read ? await readUnlessRefused(read, ref.id, object) : object;
    if (isSelected(seen) && (await authorizer.can("write", ref))) deletable.push(ref);
  }
  // All permissions are checked before the first deletion: a deleted group may grant the permission on the others.
  if (context.hooks !== undefined) for (const ref of deletable) await runDeletionHooks(context, session, ref, user);
  return deletable.filter((ref) => view.object(ref) !== undefined).map((ref) => view.delete(ref, authorId(user)));
};
