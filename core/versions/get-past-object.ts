import {
  accessDenied,
  type ObjectResult,
  objectNotFound,
  requireParent,
  requireParentExists,
  requireValidId,
  toObjectResult,
} from "../objects/checks.ts";
import { type GetObjectInput, getObjectPlan } from "../objects/get-object.ts";
import { checkObjectPreconditions, isNotModified, type NotModified } from "../objects/preconditions.ts";
import { readObject } from "../objects/read-as-user.ts";
import type { StoreContext } from "../objects/store-context.ts";
import { createAuthorizer } from "../permissions/authorizer.ts";
import type { ReadBudget } from "../store/read-budget.ts";
import type { Session } from "../store/session.ts";
import { openVersions, requirePast, type VersionAccess } from "./access.ts";
import { versionedBucket } from "./create-versions.ts";
import { findPastObject } from "./find-past-object.ts";
import { createPastAuthorizer } from "./past-access.ts";

export interface GetPastObjectInput extends GetObjectInput {
  /** Parses the time in ms; called after the permission check. */
  readonly at: () => number;
  readonly budget: ReadBudget;
}

/** GET of an object as it was, for users who may read it now and could read it then. */
export const getPastObject = async (
  context: StoreContext,
  session: Session,
  access: VersionAccess,
  { ref, user, preconditions, at: readAt, budget }: GetPastObjectInput,
): Promise<ObjectResult | NotModified> => {
  const view = await session.read({ ...getObjectPlan(ref), clocks: [ref.list] });
  const authorizer = await createAuthorizer(session, context.grants, user);
  if (!(await authorizer.can("read:attributes", ref))) throw accessDenied(authorizer);
  requireParent(view, ref.list);
  requireParentExists(view, ref.list);
  const conditions = preconditions();
  requireValidId(ref);
  const at = readAt();
  const versions = await openVersions(access, ref);
  requirePast(at, Math.max(session.now, view.clock(ref.list)?.timestamp ?? 0));
  const bucket = versionedBucket(view, ref);
  const was = bucket && (await findPastObject({ versions, bucket, at, budget }, view, ref));
  if (was === undefined) throw objectNotFound(ref);
  const past = await createPastAuthorizer(context, session, user, [was]);
  if (!(await past.canReadPast("read:attributes", ref, was))) throw accessDenied(authorizer);
  const object = await readObject(context, session, user, ref, was);
  if (isNotModified(conditions, object.last_modified)) return { notModified: true, timestamp: object.last_modified };
  await checkObjectPreconditions(authorizer, conditions, { ref, object, listTimestamp: 0 });
  const current = view.object(ref);
  const shown = current && (await toObjectResult(authorizer, ref, current)).permissions;
  return { object, permissions: shown !== undefined && Object.keys(shown).length > 0 ? object.acl : {} };
};
