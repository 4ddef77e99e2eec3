import type { UserId } from "../permissions/principals.ts";
import { identify } from "../permissions/who.ts";
import { ancestors, type ObjectRef } from "../resources.ts";
import { View } from "../store/view.ts";
import { denied, notFound, requireId, requireParent } from "./access.ts";
import { answer, type NotModified, type ObjectAnswer } from "./answer.ts";
import { checkObject, isFresh, type Preconditions } from "./preconditions.ts";
import type { World } from "./world.ts";

export interface GetObject {
  readonly ref: ObjectRef;
  readonly user: UserId;
  readonly preconditions: Preconditions;
}

export const getObject = async (
  { transactions: { store, now }, grants }: World,
  { ref, user, preconditions }: GetObject,
): Promise<ObjectAnswer | NotModified> => {
  const view = new View(await store.read({ objects: [ref, ...ancestors(ref)], clocks: [], member: user ?? undefined }), now());
  const who = await identify(store, grants, view, user);
  if (!who.may("read:attributes", ref)) throw denied(who);
  requireParent(view, ref.list);
  requireId(ref.id);
  const object = view.object(ref);
  if (object === undefined) throw notFound(ref);
  if (isFresh(preconditions, object.last_modified)) return { notModified: true, timestamp: object.last_modified };
  checkObject(preconditions, object, 0);
  return answer(who, object);
};
