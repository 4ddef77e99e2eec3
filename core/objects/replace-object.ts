import { invalid } from "../errors.ts";
import { createAuthorizer } from "../permissions/authorizer.ts";
import type { UserId } from "../permissions/principals.ts";
import type { ObjectRef } from "../resources.ts";
import type { Session } from "../store/session.ts";
import type { TransactionPlan } from "../store/transact.ts";
import { parseData, readsForWrite } from "../store/view.ts";
import {
  accessDenied,
  type ObjectResult,
  requireParent,
  requireParentExists,
  requireValidId,
  toObjectResult,
} from "./checks.ts";
import { type Draft, replaceAcl, validateDraft } from "./draft.ts";
import { checkObjectPreconditions, type Preconditions } from "./preconditions.ts";
import { hideReasons, showExisting, showWritten } from "./read-as-user.ts";
import type { StoreContext } from "./store-context.ts";
import { storeObject } from "./store-object.ts";

export interface ReplaceObjectInput {
  readonly ref: ObjectRef;
  readonly user: UserId;
  /** Parses the preconditions; called after the permission check. */
  readonly preconditions: () => Preconditions;
  /** Only create the object (`If-None-Match: *`). */
  readonly createOnly: boolean;
  /** Parses the body; called after the permission check. */
  readonly draft: () => Draft;
}

/** The plan of PUT and PATCH. */
export const replaceObjectPlan = (ref: ObjectRef): TransactionPlan => ({ ...readsForWrite(ref), writes: [ref.list] });

/** PUT: creates the object, or replaces its data, its permissions, or both. */
export const replaceObject = async (
  context: StoreContext,
  session: Session,
  { ref, user, preconditions, createOnly, draft }: ReplaceObjectInput,
): Promise<ObjectResult & { created: boolean }> => {
  const view = await session.read(replaceObjectPlan(ref));
  requireParent(view, ref.list);
  const authorizer = await createAuthorizer(session, context.grants, user);
  const existing = view.object(ref);
  // The permission to create is enough when the request can only create (Kinto/kinto#792).
  const isAllowed =
    existing === undefined || createOnly ? authorizer.canCreateIn(ref.list) : authorizer.can("write", ref);
  if (!(await isAllowed)) throw accessDenied(authorizer);
  requireParentExists(view, ref.list);
  const { data, permissions } = await validateDraft(ref.resourceName, draft());
  const conditions = preconditions();
  requireValidId(ref);
  const show = showExisting(context, session, user, ref);
  const listTimestamp = view.clock(ref.list)?.timestamp ?? 0;
  await checkObjectPreconditions(authorizer, conditions, { ref, object: existing, listTimestamp, show });
  requireSameId(ref, data?.id);

  const store = () =>
    storeObject(context, session, ref, {
      data: data ?? (existing === undefined ? {} : parseData(existing)),
      acl: replaceAcl(existing?.acl ?? {}, permissions),
      user,
    });
  const includesStoredData = data === undefined && existing !== undefined;
  const object = includesStoredData ? await hideReasons(existing, show, {}, store) : await store();
  const result = await toObjectResult(authorizer, ref, object);
  return { ...(await showWritten(context, session, user, ref, result)), created: existing === undefined };
};

/** Throws 400 when the id in the body differs from the id in the path. */
export const requireSameId = ({ id }: ObjectRef, bodyId: unknown): void => {
  if (bodyId !== undefined && bodyId !== id)
    throw invalid({ location: "body", name: "id", description: "Object id does not match existing object" });
};
