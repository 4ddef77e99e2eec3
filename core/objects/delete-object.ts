import { author, type UserId } from "../permissions/principals.ts";
import { identify } from "../permissions/who.ts";
import { ancestors, type ObjectRef } from "../resources.ts";
import type { Stored } from "../store/store.ts";
import { transact } from "../store/transact.ts";
import { requireWrite } from "./access.ts";
import { checkObject, type Preconditions } from "./preconditions.ts";
import type { World } from "./world.ts";

export interface DeleteObject {
  readonly ref: ObjectRef;
  readonly user: UserId;
  readonly preconditions: Preconditions;
}

/** DELETE: leaves a tombstone, and answers it. Whatever was below the object is gone with it, at once. */
export const deleteObject = ({ transactions, grants }: World, { ref, user, preconditions }: DeleteObject): Promise<Stored> =>
  transact(transactions, { objects: [ref, ...ancestors(ref)], clocks: [ref.list], member: user ?? undefined, writes: [ref.list] }, async (view) => {
    const who = await identify(transactions.store, grants, view, user);
    requireWrite(view, who, ref);
    checkObject(preconditions, view.object(ref), 0);
    return view.delete(ref, author(user));
  });
