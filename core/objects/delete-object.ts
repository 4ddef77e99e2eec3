import { author, type UserId } from "../permissions/principals.ts";
import { identify } from "../permissions/who.ts";
import type { Stored } from "../ports/store.ts";
import { ancestors, type ObjectRef } from "../resources.ts";
import type { Session } from "../store/session.ts";
import { required, requireWrite } from "./access.ts";
import { beforeDeletion } from "./hooked.ts";
import { checkObject, type Preconditions } from "./preconditions.ts";
import { givenTime } from "./store-object.ts";
import type { World } from "./world.ts";

export interface DeleteObject {
  readonly ref: ObjectRef;
  readonly user: UserId;
  /** Reads them; throws what is wrong with them. Asked only when the user may. */
  readonly preconditions: () => Preconditions;
  /** When the object is to have been deleted, in ms; counts if it lies after its last change. */
  readonly time: () => number | undefined;
}

/** DELETE: leaves a tombstone, and answers it. Whatever was below the object is gone with it, at once. */
export const deleteObject = async (
  world: World,
  session: Session,
  { ref, user, preconditions, time }: DeleteObject,
): Promise<Stored> => {
  const view = await session.read({ objects: [ref, ...ancestors(ref)], clocks: [ref.list] });
  const who = await identify(session, world.grants, user);
  await requireWrite(view, who, ref);
  const [conditions, given] = [preconditions(), time()];
  checkObject(conditions, required(view, ref), 0);
  if (world.hooks !== undefined) await beforeDeletion(world, session, ref, user);
  return view.delete(ref, author(user), givenTime(given, required(view, ref)));
};
