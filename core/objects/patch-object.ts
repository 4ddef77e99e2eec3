import { author, type UserId } from "../permissions/principals.ts";
import { identify } from "../permissions/who.ts";
import type { ObjectRef } from "../resources.ts";
import { transact } from "../store/transact.ts";
import { around, dataOf } from "../store/view.ts";
import { requireWrite } from "./access.ts";
import { patchedAcl } from "./acl.ts";
import { answer, type ObjectAnswer } from "./answer.ts";
import { type Draft, prepare, requireFit } from "./draft.ts";
import { checkObject, type Preconditions } from "./preconditions.ts";
import { requireSameId } from "./replace-object.ts";
import type { World } from "./world.ts";

export interface PatchObject {
  readonly ref: ObjectRef;
  readonly user: UserId;
  readonly preconditions: Preconditions;
  readonly draft: () => Draft;
}

/** PATCH with plain JSON: the fields given replace their namesakes, whole. */
export const patchObject = ({ transactions, grants }: World, { ref, user, preconditions, draft }: PatchObject): Promise<ObjectAnswer> =>
  transact(transactions, { ...around(ref), member: user ?? undefined, writes: [ref.list] }, async (view) => {
    const who = await identify(transactions.store, grants, view, user);
    requireWrite(view, who, ref);
    const { data, permissions } = draft();
    const existing = view.object(ref);
    checkObject(preconditions, existing, 0);
    requireSameId(ref, data?.id);

    const object = view.put(ref, {
      data: prepare(ref.resource, { ...(existing && dataOf(existing)), ...data }),
      acl: patchedAcl(existing?.acl ?? {}, permissions, author(user)),
      by: author(user),
    });
    requireFit(object.json, object.acl);
    return answer(who, object);
  });
