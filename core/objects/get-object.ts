import { createAuthorizer } from "../permissions/authorizer.ts";
import type { UserId } from "../permissions/principals.ts";
import type { ObjectRef } from "../resources.ts";
import type { Session } from "../store/session.ts";
import type { TransactionPlan } from "../store/transact.ts";
import { readsOf } from "../store/view.ts";
import { accessDenied, type ObjectResult, requireObject, requireParent, toObjectResult } from "./checks.ts";
import { checkObjectPreconditions, isNotModified, type NotModified, type Preconditions } from "./preconditions.ts";
import { readObject } from "./read-as-user.ts";
import type { StoreContext } from "./store-context.ts";

export interface GetObjectInput {
  readonly ref: ObjectRef;
  readonly user: UserId;
  /** Parses the preconditions; called after the permission check. */
  readonly preconditions: () => Preconditions;
}

export const getObjectPlan = (ref: ObjectRef): TransactionPlan => ({
  ...readsOf(ref),
  writes: [],
});

/** GET of an object. */
export const getObject = async (
  context: StoreContext,
  session: Session,
  { ref, user, preconditions }: GetObjectInput,
): Promise<ObjectResult | NotModified> => {
  const view = await session.read(getObjectPlan(ref));
  const authorizer = await createAuthorizer(session, context.grants, user);
  if (!(await authorizer.can("read:attributes", ref))) throw accessDenied(authorizer);
  requireParent(view, ref.list);
  const conditions = preconditions();
  const object = await readObject(context, session, user, ref, requireObject(view, ref));
  if (isNotModified(conditions, object.last_modified)) return { notModified: true, timestamp: object.last_modified };
  await checkObjectPreconditions(authorizer, conditions, { ref, object, listTimestamp: 0 });
  return toObjectResult(authorizer, ref, object);
};
