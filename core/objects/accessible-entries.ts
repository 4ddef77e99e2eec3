import { type Authorizer, createAuthorizer, sharingPermissions } from "../permissions/authorizer.ts";
import type { UserId } from "../permissions/principals.ts";
import type { ListEntry } from "../ports/store.ts";
import { type ListRef, objectRef } from "../resources.ts";
import type { Session } from "../store/session.ts";
import { accessDenied } from "./checks.ts";
import type { StoreContext } from "./store-context.ts";

/** Which of a list's objects somebody reaches: all, or those shared with it. */
export type AccessibleEntries = "all" | readonly ListEntry[];

/** What the user reaches of a list. Nobody who reaches nothing, nor may create an object, gets in. The list's parents must have been read. */
export const findAccessibleEntries = async (
  { grants }: StoreContext,
  session: Session,
  user: UserId,
  list: ListRef,
  permission: "read" | "write",
): Promise<AccessibleEntries> => {
  const who = await createAuthorizer(session, grants, user);
  if (await who.canAccessList(permission, list)) return "all";
  const grouped = await createAuthorizer(session, grants, user, "all");
  const parentLives = list.parent === null || session.view.object(list.parent) !== undefined;
  const shared = parentLives ? await readShared(session, list, grouped, permission) : [];
  if (shared.length === 0 && !(await grouped.canCreateIn(list))) throw accessDenied(who);
  return shared;
};

/** The objects of the list that themselves give the user the permission. */
const readShared = async (
  session: Session,
  list: ListRef,
  who: Authorizer,
  permission: "read" | "write",
): Promise<ListEntry[]> => {
  const refs = (await session.findShared(list, who.principals)).map((id) => objectRef(list, id));
  const view = await session.read({ objects: refs, clocks: [] });
  const granting = sharingPermissions(list.resource, permission);
  const shared: ListEntry[] = [];
  for (const ref of refs) {
    const object = view.object(ref);
    if (object === undefined || !(await who.hasAny(granting.flatMap((name) => object.acl[name] ?? [])))) continue;
    shared.push({ id: ref.id, json: object.json, last_modified: object.last_modified });
  }
  return shared;
};
