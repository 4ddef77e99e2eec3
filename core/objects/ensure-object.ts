import { author, type UserId } from "../permissions/principals.ts";
import type { ObjectRef } from "../resources.ts";
import type { Session } from "../store/session.ts";
import { around } from "../store/view.ts";
import { requireId, requireLife } from "./access.ts";
import { storeObject } from "./store-object.ts";
import type { World } from "./world.ts";

/** Makes an object for a user, unless there is one; without asking for a permission. */
export const ensureObject = async (world: World, session: Session, ref: ObjectRef, user: UserId): Promise<void> => {
  const view = await session.read(around(ref));
  if (view.object(ref) !== undefined) return;
  requireId(ref);
  requireLife(view, ref.list);
  await storeObject(world, session, ref, { data: {}, acl: { write: [author(user)] }, user, from: "store" });
};
