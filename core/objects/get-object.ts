import { createAuthorizer } from "../permissions/authorizer.ts";
import type { UserId } from "../permissions/principals.ts";
import { ancestors, type ObjectRef } from "../resources.ts";
import type { Session } from "../store/session.ts";
import {
  accessDenied,
  checkObjectPreconditions,
  isNotModified,
  type NotModified,
  type ObjectResult,
  type Preconditions,
  requireObject,
  requireParent,
  toObjectResult,
} from "./checks.ts";
import type { StoreContext } from "./store-context.ts";

export interface GetObjectInput {
  readonly ref: ObjectRef;
  readonly user: UserId;
  /** Reads them; throws what is wrong with them. Asked only when the user may. */
  readonly preconditions: () => Preconditions;
}

export const getObject = async (
  { grants }: StoreContext,
  session: Session,
  { ref, user, preconditions }: GetObjectInput,
): Promise<ObjectResult | NotModified> => {
  const view = await session.read({ objects: [ref, ...ancestors(ref)], clocks: [] });
  const who = await createAuthorizer(session, grants, user);
  if (!(await who.can("read:attributes", ref))) throw accessDenied(who);
  requireParent(view, ref.list);
  const conditions = preconditions();
  const object = requireObject(view, ref);
  if (isNotModified(conditions, object.last_modified)) return { notModified: true, timestamp: object.last_modified };
  checkObjectPreconditions(conditions, object, 0);
  return toObjectResult(who, object);
};
