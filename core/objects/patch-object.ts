import { isDeepStrictEqual } from "node:util";
import type { Json, JsonObject } from "../../lib/json.ts";
import type { UserId } from "../permissions/principals.ts";
import { identify } from "../permissions/who.ts";
import type { ObjectRef } from "../resources.ts";
import type { Session } from "../store/session.ts";
import { around, dataOf } from "../store/view.ts";
import { required, requireWrite } from "./access.ts";
import { answer, type ObjectAnswer } from "./answer.ts";
import { applyTo, type Patch, requireChange } from "./patch.ts";
import { checkObject, type Preconditions } from "./preconditions.ts";
import { requireSameId } from "./replace-object.ts";
import { storeObject } from "./store-object.ts";
import type { World } from "./world.ts";

export interface PatchObject {
  readonly ref: ObjectRef;
  readonly user: UserId;
  /** Reads them; throws what is wrong with them. Asked only when the user may. */
  readonly preconditions: () => Preconditions;
  /** `light`: answer the fields that changed; `diff`: those that became other than the patch wanted. */
  readonly behavior: () => "full" | "light" | "diff";
  readonly patch: () => Patch;
}

/** PATCH: changes parts of an object. */
export const patchObject = async (
  world: World,
  session: Session,
  { ref, user, preconditions, behavior, patch }: PatchObject,
): Promise<ObjectAnswer & { readonly data: JsonObject | undefined }> => {
  const view = await session.read(around(ref));
  const who = await identify(session, world.grants, user);
  await requireWrite(view, who, ref);
  const [answered, conditions, change] = [behavior(), preconditions(), patch()];
  const existing = required(view, ref);
  checkObject(conditions, existing, 0);
  requireChange(change);
  const before = dataOf(existing);
  const { data, acl, wanted } = applyTo(ref.list.kind, change, { data: before, acl: existing.acl });
  requireSameId(ref, data.id);

  const object = await storeObject(world, session, ref, { data, acl, user, from: "patch" });
  const told = { ...(await answer(who, object)), data: undefined };
  if (answered === "full") return told;
  const after = dataOf(object);
  const changed = Object.keys(wanted).filter((field) => Object.hasOwn(after, field) && !same(before, after, field));
  const shown = answered === "light" ? changed : changed.filter((field) => !same(wanted, after, field));
  return { ...told, data: Object.fromEntries(shown.map((field) => [field, after[field] as Json])) };
};

/** `null` and nothing are the same. */
const same = (a: JsonObject, b: JsonObject, field: string): boolean => isDeepStrictEqual(own(a, field), own(b, field));
const own = (object: JsonObject, field: string): Json =>
  Object.hasOwn(object, field) ? (object[field] as Json) : null;
