import { type Authorizer, createAuthorizer, sharingPermissions } from "../permissions/authorizer.ts";
import type { UserId } from "../permissions/principals.ts";
import type { ListEntry } from "../ports/store.ts";
import { type ListRef, objectRef } from "../resources.ts";
import type { Session } from "../store/session.ts";
import { accessDenied } from "./checks.ts";
import type { StoreContext } from "./store-context.ts";

/** The entries of a list that a user may access: all, or those shared with the user. */
export type AccessibleEntries = "all" | readonly ListEntry[];

/**
 * Finds the entries of a list that a user may access. The session must have read the list's parents.
 * @throws Failure 401 or 403 when the user can neither access an entry nor create one
 */
export const findAccessibleEntries = async (
  { grants }: StoreContext,
  session: Session,
  user: UserId,
  list: ListRef,
  permission: "read" | "write",
): Promise<AccessibleEntries> => {
  const authorizer = await createAuthorizer(session, grants, user);
  if (await authorizer.canAccessList(permission, list)) return "all";
  const withAllGroups = await createAuthorizer(session, grants, user, "all");
  const parentExists = list.parent === null || session.view.object(list.parent) !== undefined;
  const shared = parentExists ? await readShared(session, list, withAllGroups, permission) : [];
  if (shared.length === 0 && !(await withAllGroups.canCreateIn(list))) throw accessDenied(authorizer);
  return shared;
};

/** Reads the objects of a list whose own permissions grant the user access. */
const readShared = async (
  session: Session,
  list: ListRef,
  authorizer: Authorizer,
  permission: "read" | "write",
): Promise<ListEntry[]> => {
  const refs = (await session.findShared(list, authorizer.principals)).map((id) => objectRef(list, id));
  const view = await session.read({ objects: refs, clocks: [] });
  const permissions = sharingPermissions(list.resource, permission);
  const shared: ListEntry[] = [];
  for (const ref of refs) {
    const object = view.object(ref);
    if (object === undefined || !(await authorizer.hasAny(permissions.flatMap((name) => object.acl[name] ?? []))))
      continue;
    shared.push({ id: ref.id, json: object.json, last_modified: object.last_modified });
  }
  return shared;
};
