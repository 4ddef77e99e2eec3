import { sharing } from "../permissions/inheritance.ts";
import type { UserId } from "../permissions/principals.ts";
import { identify, type Who } from "../permissions/who.ts";
import type { Entry } from "../ports/store.ts";
import { type ListRef, objectRef } from "../resources.ts";
import type { Session } from "../store/session.ts";
import { denied } from "./access.ts";
import type { World } from "./world.ts";

/** Which of a list's objects somebody reaches: all, or those shared with it. */
export type Reach = "all" | readonly Entry[];

/** What the user reaches of a list. Nobody who reaches nothing, nor may create an object, gets in. The list's parents must have been read. */
export const reach = async (
  { grants }: World,
  session: Session,
  user: UserId,
  list: ListRef,
  permission: "read" | "write",
): Promise<Reach> => {
  const who = await identify(session, grants, user);
  if (await who.mayAll(permission, list)) return "all";
  const grouped = await identify(session, grants, user, "all");
  const parentLives = list.parent === null || session.view.object(list.parent) !== undefined;
  const shared = parentLives ? await readShared(session, list, grouped, permission) : [];
  if (shared.length === 0 && !(await grouped.mayCreateIn(list))) throw denied(who);
  return shared;
};

/** The objects of the list that themselves give the user the permission. */
const readShared = async (
  session: Session,
  list: ListRef,
  who: Who,
  permission: "read" | "write",
): Promise<Entry[]> => {
  const refs = (await session.shared(list, who.principals)).map((id) => objectRef(list, id));
  const view = await session.read({ objects: refs, clocks: [] });
  const granting = sharing(list.kind, permission);
  const shared: Entry[] = [];
  for (const ref of refs) {
    const object = view.object(ref);
    if (object === undefined || !(await who.isAny(granting.flatMap((name) => object.acl[name] ?? [])))) continue;
    shared.push({ id: ref.id, json: object.json, last_modified: object.last_modified });
  }
  return shared;
};
