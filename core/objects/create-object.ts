import { createAuthorizer } from "../permissions/authorizer.ts";
import { authorId, type UserId } from "../permissions/principals.ts";
import { type ListRef, type ObjectRef, objectRef } from "../resources.ts";
import type { Session } from "../store/session.ts";
import type { TransactionPlan } from "../store/transact.ts";
import { parentsOf, readsForWrite } from "../store/view.ts";
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
  /** Parses the preconditions; called after the permission check. */
  readonly preconditions: () => Preconditions;
  /** The id in the body; default: a generated id. */
  readonly id: string | undefined;
  /** Parses the body; called after the permission check. */
  readonly draft: () => Draft;
}

/** @param id the id in the body. Nothing is stored under a generated id, so it need not be read. */
export const createObjectPlan = (list: ListRef, id: string | undefined): TransactionPlan => ({
  ...(id === undefined ? { objects: parentsOf(list), clocks: [list] } : readsForWrite(objectRef(list, id))),
  writes: [list],
});

/** POST on a list. Returns an existing object unchanged, if the user may read it. */
export const createObject = async (
  context: StoreContext,
  session: Session,
  { list, user, preconditions, id, draft }: CreateObjectInput,
): Promise<ObjectResult & { created: boolean }> => {
  const ref = objectRef(list, id ?? context.generateId(list.resource.name));
  const view = await session.read(createObjectPlan(list, id));
  requireParent(view, list);
  requireValidId(ref);
  const authorizer = await createAuthorizer(session, context.grants, user);
  const existing = view.object(ref);
  const isAllowed = existing === undefined ? authorizer.canCreateIn(list) : authorizer.can("read:attributes", ref);
  if (!(await isAllowed)) throw accessDenied(authorizer);
  requireParentExists(view, list);
  const { data = {}, permissions } = await validateDraft(list.resource.name, draft());
  const conditions = preconditions();

  const listTimestamp = view.clock(list)?.timestamp ?? 0;
  if (id === undefined) checkListPreconditions({ ifMatch: conditions.ifMatch }, listTimestamp);
  else checkObjectPreconditions(conditions, existing, listTimestamp);
  if (existing !== undefined) return { ...(await toObjectResult(authorizer, existing)), created: false };
  if (id === undefined && conditions.ifMatch !== undefined) view.requireUnchanged(list);

  const acl = replaceAcl({}, permissions);
  const object = await storeObject(context, session, ref, { data, acl, user, origin: "draft" });
  return { ...(await toObjectResult(authorizer, object)), created: true };
};

/** Creates an empty object for a user unless it exists. Does not check permissions. */
export const ensureObject = async (
  context: StoreContext,
  session: Session,
  ref: ObjectRef,
  user: UserId,
): Promise<void> => {
  const view = await session.read(readsForWrite(ref));
  if (view.object(ref) !== undefined) return;
  requireValidId(ref);
  requireParentExists(view, ref.list);
  await storeObject(context, session, ref, { data: {}, acl: { write: [authorId(user)] }, user, origin: "store" });
};
