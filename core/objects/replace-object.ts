import { invalid } from "../errors.ts";
import { createAuthorizer } from "../permissions/authorizer.ts";
import type { UserId } from "../permissions/principals.ts";
import type { ObjectRef } from "../resources.ts";
import type { Session } from "../store/session.ts";
import { around, parseData } from "../store/view.ts";
import {
  accessDenied,
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

export interface ReplaceObjectInput {
  readonly ref: ObjectRef;
  readonly user: UserId;
  /** Reads them; throws what is wrong with them. Asked only when the user may. */
  readonly preconditions: () => Preconditions;
  /** Asks for a creation and nothing else (`If-None-Match: *`). */
  readonly createOnly: boolean;
  readonly draft: () => Draft;
}

/** PUT: creates the object, or replaces its data, its permissions, or both. */
export const replaceObject = async (
  world: StoreContext,
  session: Session,
  { ref, user, preconditions, createOnly: creates, draft }: ReplaceObjectInput,
): Promise<ObjectResult & { created: boolean }> => {
  const view = await session.read(around(ref));
  requireParent(view, ref.list);
  const who = await createAuthorizer(session, world.grants, user);
  const existing = view.object(ref);
  // Whoever asks for a creation only needs no more than the permission to create (Kinto/kinto#792).
  const may = existing === undefined || creates ? who.canCreateIn(ref.list) : who.can("write", ref);
  if (!(await may)) throw accessDenied(who);
  requireParentExists(view, ref.list);
  const { data, permissions } = await validateDraft(ref.resourceName, draft());
  const conditions = preconditions();
  requireValidId(ref);
  checkObjectPreconditions(conditions, existing, view.clock(ref.list)?.timestamp ?? 0);
  requireSameId(ref, data?.id);

  const object = await storeObject(world, session, ref, {
    data: data ?? (existing === undefined ? {} : parseData(existing)),
    acl: replaceAcl(existing?.acl ?? {}, permissions),
    user,
    from: data === undefined ? "store" : "draft",
  });
  return { ...(await toObjectResult(who, object)), created: existing === undefined };
};

/** An object's id is that of its place. */
export const requireSameId = ({ id }: ObjectRef, given: unknown): void => {
  if (given !== undefined && given !== id)
    throw invalid({ location: "body", name: "id", description: "Object id does not match existing object" });
};
