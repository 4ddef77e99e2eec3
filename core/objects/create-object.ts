import { createAuthorizer } from "../permissions/authorizer.ts";
import { authorId, type UserId } from "../permissions/principals.ts";
import { type ListRef, type ObjectRef, objectRef } from "../resources.ts";
import type { Session } from "../store/session.ts";
import { around, parentsOf } from "../store/view.ts";
import {
  accessDenied,
  checkListPreconditions,
  checkObjectPreconditions,
  type ObjectResult,
  type Preconditions,
  requireParent,
  requireParentExists,
  requireValidId,
  toObjectResult,
} from "./checks.ts";
import { type Draft, replaceAcl, validateDraft } from "./draft.ts";
import type { StoreContext } from "./store-context.ts";
import { storeObject } from "./store-object.ts";

export interface CreateObjectInput {
  readonly list: ListRef;
  readonly user: UserId;
  /** Reads them; throws what is wrong with them. Asked only when the user may. */
  readonly preconditions: () => Preconditions;
  /** The id that the object brings; without one it gets one. */
  readonly id: string | undefined;
  /** Reads the body; throws what is wrong with it. Asked only when the user may create. */
  readonly draft: () => Draft;
}

/** POST on a list. An object that exists already is not changed but answered: that takes the permission to read it. */
export const createObject = async (
  world: StoreContext,
  session: Session,
  { list, user, preconditions, id, draft }: CreateObjectInput,
): Promise<ObjectResult & { created: boolean }> => {
  const ref = objectRef(list, id ?? world.generateId(list.resource.name));
  // Nothing stands where a new id leads to.
  const view = await session.read(id === undefined ? { objects: parentsOf(list), clocks: [list] } : around(ref));
  requireParent(view, list);
  requireValidId(ref);
  const who = await createAuthorizer(session, world.grants, user);
  const existing = view.object(ref);
  const may = existing === undefined ? who.canCreateIn(list) : who.can("read:attributes", ref);
  if (!(await may)) throw accessDenied(who);
  requireParentExists(view, list);
  const { data = {}, permissions } = await validateDraft(list.resource.name, draft());
  const conditions = preconditions();

  const listTimestamp = view.clock(list)?.timestamp ?? 0;
  if (id === undefined) checkListPreconditions({ ifMatch: conditions.ifMatch }, listTimestamp);
  else checkObjectPreconditions(conditions, existing, listTimestamp);
  if (existing !== undefined) return { ...(await toObjectResult(who, existing)), created: false };
  if (id === undefined && conditions.ifMatch !== undefined) view.requireUnchanged(list);

  const object = await storeObject(world, session, ref, {
    data,
    acl: replaceAcl({}, permissions),
    user,
    from: "draft",
  });
  return { ...(await toObjectResult(who, object)), created: true };
};

/** Makes an object for a user, unless there is one; without asking for a permission. */
export const ensureObject = async (
  world: StoreContext,
  session: Session,
  ref: ObjectRef,
  user: UserId,
): Promise<void> => {
  const view = await session.read(around(ref));
  if (view.object(ref) !== undefined) return;
  requireValidId(ref);
  requireParentExists(view, ref.list);
  await storeObject(world, session, ref, { data: {}, acl: { write: [authorId(user)] }, user, from: "store" });
};
