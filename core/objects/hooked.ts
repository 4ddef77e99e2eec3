import type { JsonObject } from "../../lib/json.ts";
import { placeOf } from "../events/change.ts";
import { author, type UserId } from "../permissions/principals.ts";
import type { ObjectRef } from "../resources.ts";
import type { Session } from "../store/session.ts";
import { dataOf } from "../store/view.ts";
import { requireLife } from "./access.ts";
import { prepare } from "./draft.ts";
import { checkMetadata } from "./metadata.ts";
import { validated } from "./validated.ts";
import type { World } from "./world.ts";

/** What is to be stored after all: what hooks make of it is checked like what is asked for. Id, time and permissions are not theirs to change. */
export const hooked = async (
  world: World,
  session: Session,
  ref: ObjectRef,
  asked: JsonObject,
  user: UserId,
): Promise<JsonObject> => {
  const existing = session.view.object(ref);
  const data = { ...asked, id: ref.id };
  const place = { ...placeOf(ref), user_id: author(user) };
  const change =
    existing === undefined
      ? ({ ...place, action: "create", new: data } as const)
      : ({ ...place, action: "update", new: data, old: dataOf(existing) } as const);
  const made = await world.hooks?.before(session, change);
  // They may have deleted what it stands in.
  requireLife(session.view, ref.list);
  if (made === undefined) return asked;
  const { last_modified: _, ...given } = prepare(ref.resource, made);
  return validated(world, session.view, ref, await checkMetadata(ref.resource, given), "draft");
};

/** Lets hooks look at a deletion before it is made. */
export const beforeDeletion = async (
  { hooks }: World,
  session: Session,
  ref: ObjectRef,
  user: UserId,
): Promise<void> => {
  const existing = session.view.object(ref);
  if (existing === undefined) return;
  await hooks?.before(session, { ...placeOf(ref), user_id: author(user), action: "delete", old: dataOf(existing) });
};
