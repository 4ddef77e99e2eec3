import { invalid } from "../errors.ts";
import { author, type UserId } from "../permissions/principals.ts";
import { identify } from "../permissions/who.ts";
import type { ObjectRef } from "../resources.ts";
import { transact } from "../store/transact.ts";
import { around, dataOf } from "../store/view.ts";
import { denied, requireId, requireParent } from "./access.ts";
import { replacedAcl } from "./acl.ts";
import { answer, type ObjectAnswer } from "./answer.ts";
import { type Draft, prepare, requireFit } from "./draft.ts";
import { checkObject, type Preconditions } from "./preconditions.ts";
import type { World } from "./world.ts";

export interface ReplaceObject {
  readonly ref: ObjectRef;
  readonly user: UserId;
  readonly preconditions: Preconditions;
  readonly draft: () => Draft;
}

/** PUT: creates the object, or replaces its data, its permissions, or both. */
export const replaceObject = (
  { transactions, grants }: World,
  { ref, user, preconditions, draft }: ReplaceObject,
): Promise<ObjectAnswer & { created: boolean }> =>
  transact(transactions, { ...around(ref), member: user ?? undefined, writes: [ref.list] }, async (view) => {
    requireParent(view, ref.list);
    const who = await identify(transactions.store, grants, view, user);
    const existing = view.object(ref);
    // Whoever asks for a creation only needs no more than the permission to create (Kinto/kinto#792).
    const creates = existing === undefined || preconditions.ifNoneMatch === "*";
    if (creates ? !who.mayCreateIn(ref.list) : !who.may("write", ref)) throw denied(who);
    const { data, permissions } = draft();
    requireId(ref.id);
    checkObject(preconditions, existing, view.clock(ref.list)?.last ?? 0);
    requireSameId(ref, data?.id);

    const object = view.put(ref, {
      data: prepare(ref.resource, data ?? (existing === undefined ? {} : dataOf(existing))),
      acl: replacedAcl(existing?.acl ?? {}, permissions, author(user)),
      by: author(user),
    });
    requireFit(object.json, object.acl);
    return { ...answer(who, object), created: existing === undefined };
  });

/** An object's id is that of its place. */
export const requireSameId = ({ id }: ObjectRef, given: unknown): void => {
  if (given !== undefined && given !== id) throw invalid({ location: "body", name: "id", description: "Object id does not match existing object" });
};
