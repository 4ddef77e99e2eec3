import type { UserId } from "../permissions/principals.ts";
import { identify } from "../permissions/who.ts";
import { type ListRef, objectRef } from "../resources.ts";
import type { Session } from "../store/session.ts";
import { around, parents } from "../store/view.ts";
import { denied, requireId, requireLife, requireParent } from "./access.ts";
import { replacedAcl } from "./acl.ts";
import { answer, type ObjectAnswer } from "./answer.ts";
import { checkedDraft, type Draft } from "./draft.ts";
import { checkList, checkObject, type Preconditions } from "./preconditions.ts";
import { storeObject } from "./store-object.ts";
import type { World } from "./world.ts";

export interface CreateObject {
  readonly list: ListRef;
  readonly user: UserId;
  /** Reads them; throws what is wrong with them. Asked only when the user may. */
  readonly preconditions: () => Preconditions;
  /** The id that the object brings; without one it gets one. */
  readonly id: string | undefined;
  /** Reads the body; throws what is wrong with it. Asked only when the user may create. */
  readonly draft: () => Draft;
}

/** POST on a list. An object that exists already is not changed but answered: that takes the permission to read it. */
export const createObject = async (
  world: World,
  session: Session,
  { list, user, preconditions, id, draft }: CreateObject,
): Promise<ObjectAnswer & { created: boolean }> => {
  const ref = objectRef(list, id ?? world.newId(list.resource));
  // Nothing stands where a new id leads to.
  const view = await session.read(id === undefined ? { objects: parents(list), clocks: [list] } : around(ref));
  requireParent(view, list);
  requireId(ref);
  const who = await identify(session, world.grants, user);
  const existing = view.object(ref);
  const may = existing === undefined ? who.mayCreateIn(list) : who.may("read:attributes", ref);
  if (!(await may)) throw denied(who);
  requireLife(view, list);
  const { data = {}, permissions } = await checkedDraft(list.resource, draft());
  const conditions = preconditions();

  const listTimestamp = view.clock(list)?.last ?? 0;
  if (id === undefined) checkList({ ifMatch: conditions.ifMatch }, listTimestamp);
  else checkObject(conditions, existing, listTimestamp);
  if (existing !== undefined) return { ...(await answer(who, existing)), created: false };
  if (id === undefined && conditions.ifMatch !== undefined) view.unchanged(list);

  const object = await storeObject(world, session, ref, {
    data,
    acl: replacedAcl({}, permissions),
    user,
    from: "draft",
  });
  return { ...(await answer(who, object)), created: true };
};
