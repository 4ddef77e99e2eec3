import { invalid } from "../errors.ts";
import type { UserId } from "../permissions/principals.ts";
import { identify } from "../permissions/who.ts";
import type { ObjectRef } from "../resources.ts";
import type { Session } from "../store/session.ts";
import { around, dataOf } from "../store/view.ts";
import { denied, requireId, requireLife, requireParent } from "./access.ts";
import { replacedAcl } from "./acl.ts";
import { answer, type ObjectAnswer } from "./answer.ts";
import { checkedDraft, type Draft } from "./draft.ts";
import { checkObject, type Preconditions } from "./preconditions.ts";
import { storeObject } from "./store-object.ts";
import type { World } from "./world.ts";

export interface ReplaceObject {
  readonly ref: ObjectRef;
  readonly user: UserId;
  /** Reads them; throws what is wrong with them. Asked only when the user may. */
  readonly preconditions: () => Preconditions;
  /** Asks for a creation and nothing else (`If-None-Match: *`). */
  readonly creates: boolean;
  readonly draft: () => Draft;
}

/** PUT: creates the object, or replaces its data, its permissions, or both. */
export const replaceObject = async (
  world: World,
  session: Session,
  { ref, user, preconditions, creates, draft }: ReplaceObject,
): Promise<ObjectAnswer & { created: boolean }> => {
  const view = await session.read(around(ref));
  requireParent(view, ref.list);
  const who = await identify(session, world.grants, user);
  const existing = view.object(ref);
  // Whoever asks for a creation only needs no more than the permission to create (Kinto/kinto#792).
  const may = existing === undefined || creates ? who.mayCreateIn(ref.list) : who.may("write", ref);
  if (!(await may)) throw denied(who);
  requireLife(view, ref.list);
  const { data, permissions } = await checkedDraft(ref.resource, draft());
  const conditions = preconditions();
  requireId(ref);
  checkObject(conditions, existing, view.clock(ref.list)?.last ?? 0);
  requireSameId(ref, data?.id);

  const object = await storeObject(world, session, ref, {
    data: data ?? (existing === undefined ? {} : dataOf(existing)),
    acl: replacedAcl(existing?.acl ?? {}, permissions),
    user,
    from: data === undefined ? "store" : "draft",
  });
  return { ...(await answer(who, object)), created: existing === undefined };
};

/** An object's id is that of its place. */
export const requireSameId = ({ id }: ObjectRef, given: unknown): void => {
  if (given !== undefined && given !== id)
    throw invalid({ location: "body", name: "id", description: "Object id does not match existing object" });
};
