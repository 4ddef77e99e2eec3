import { author, type UserId } from "../permissions/principals.ts";
import { identify } from "../permissions/who.ts";
import { type ListRef, objectRef, RESOURCES } from "../resources.ts";
import { transact } from "../store/transact.ts";
import { around } from "../store/view.ts";
import { denied, requireId, requireParent } from "./access.ts";
import { replacedAcl } from "./acl.ts";
import { answer, type ObjectAnswer } from "./answer.ts";
import { type Draft, prepare, requireFit } from "./draft.ts";
import { checkList, checkObject, type Preconditions } from "./preconditions.ts";
import type { World } from "./world.ts";

export interface CreateObject {
  readonly list: ListRef;
  readonly user: UserId;
  readonly preconditions: Preconditions;
  /** The id that the object brings; without one it gets one. */
  readonly id: string | undefined;
  /** Reads the body; throws what is wrong with it. Asked only when the user may create. */
  readonly draft: () => Draft;
}

/** POST on a list. An object that exists already is not changed but answered: that takes the permission to read it. */
export const createObject = (
  { transactions, grants }: World,
  { list, user, preconditions, id, draft }: CreateObject,
): Promise<ObjectAnswer & { created: boolean }> => {
  const ref = objectRef(list, id ?? RESOURCES[list.resource].newId());
  return transact(transactions, { ...around(ref), member: user ?? undefined, writes: [list] }, async (view) => {
    requireParent(view, list);
    const who = await identify(transactions.store, grants, view, user);
    const existing = view.object(ref);
    if (existing === undefined ? !who.mayCreateIn(list) : !who.may("read", ref)) throw denied(who);
    const { data = {}, permissions } = draft();
    requireId(ref.id);

    const listTimestamp = view.clock(list)?.last ?? 0;
    if (id === undefined) checkList({ ifMatch: preconditions.ifMatch }, listTimestamp);
    else checkObject(preconditions, existing, listTimestamp);
    if (existing !== undefined) return { ...answer(who, existing), created: false };
    if (id === undefined && preconditions.ifMatch !== undefined) view.unchanged(list);

    const object = view.put(ref, { data: prepare(list.resource, data), acl: replacedAcl({}, permissions, author(user)), by: author(user) });
    requireFit(object.json, object.acl);
    return { ...answer(who, object), created: true };
  });
};
