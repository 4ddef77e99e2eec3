import type { UserId } from "../permissions/principals.ts";
import { identify } from "../permissions/who.ts";
import { ancestors, type ObjectRef } from "../resources.ts";
import type { Session } from "../store/session.ts";
import { denied, required, requireParent } from "./access.ts";
import { answer, type NotModified, type ObjectAnswer } from "./answer.ts";
import { checkObject, isFresh, type Preconditions } from "./preconditions.ts";
import type { World } from "./world.ts";

export interface GetObject {
  readonly ref: ObjectRef;
  readonly user: UserId;
  /** Reads them; throws what is wrong with them. Asked only when the user may. */
  readonly preconditions: () => Preconditions;
}

export const getObject = async (
  { grants }: World,
  session: Session,
  { ref, user, preconditions }: GetObject,
): Promise<ObjectAnswer | NotModified> => {
  const view = await session.read({ objects: [ref, ...ancestors(ref)], clocks: [] });
  const who = await identify(session, grants, user);
  if (!(await who.may("read:attributes", ref))) throw denied(who);
  requireParent(view, ref.list);
  const conditions = preconditions();
  const object = required(view, ref);
  if (isFresh(conditions, object.last_modified)) return { notModified: true, timestamp: object.last_modified };
  checkObject(conditions, object, 0);
  return answer(who, object);
};
