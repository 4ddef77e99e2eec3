import { Failure, invalid } from "../errors.ts";
import { type Authorizer, createAuthorizer } from "../permissions/authorizer.ts";
import type { Permission } from "../permissions/inheritance.ts";
import type { UserId } from "../permissions/principals.ts";
import type { Acl, StoredObject } from "../ports/store.ts";
import { isId, isIdOf, type ListRef, listRef, MAX_URI_CHARS, type ObjectRef } from "../resources.ts";
import type { Session } from "../store/session.ts";
import { readsOf, type View } from "../store/view.ts";
import type { StoreContext } from "./store-context.ts";

/** An object as a user may see it. */
export interface ObjectResult {
  readonly object: StoredObject;
  /** The object's permissions; empty unless the object itself grants the user `write`. */
  readonly permissions: Acl;
}

export interface RequirePermissionInput {
  readonly ref: ObjectRef;
  readonly user: UserId;
  readonly permission: Permission;
}

/** Hides an object's permissions from users whom the object itself does not grant `write`. */
export const toObjectResult = async (
  authorizer: Authorizer,
  ref: ObjectRef,
  object: StoredObject,
): Promise<ObjectResult> => ({
  object,
  permissions: (await authorizer.hasAnyOn("write", ref, object.acl.write ?? [])) ? object.acl : {},
});

/** Creates a 401 failure for anonymous users and a 403 failure for others. */
export const accessDenied = ({ user }: { user: string | null }): Failure =>
  new Failure(user === null ? "MISSING_AUTH_TOKEN" : "FORBIDDEN");

export const objectNotFound = ({ id, resourceName }: ObjectRef): Failure =>
  new Failure("INVALID_RESOURCE_ID", { details: { id, resource_name: resourceName } });

const parentNotFound = ({ id, resourceName }: ObjectRef): Failure =>
  new Failure("MISSING_RESOURCE", { details: { id, resource_name: resourceName } });

/**
 * Throws 404 when a list's parent does not exist; of a bucket only the id is checked. As in Kinto, this check comes
 * before the permission check of writes.
 */
export const requireParent = (view: View, list: ListRef): void => {
  if (list.parent?.resourceName !== "bucket") requireParentExists(view, list);
  else if (!isId(list.parent.id)) throw parentNotFound(list.parent);
};

/** Throws 404 when a list's parent does not exist. */
export const requireParentExists = (view: View, { parent }: ListRef): void => {
  if (parent !== null && view.object(parent) === undefined) throw parentNotFound(parent);
};

/** Throws 400 for an invalid id or a URI that is too long. */
export const requireValidId = ({ id, uri, list }: ObjectRef): void => {
  if (!isIdOf(list.resource, id)) throw invalid({ location: "path", name: null, description: "Invalid object id" });
  if (uri.length > MAX_URI_CHARS)
    throw invalid({
      location: "path",
      name: null,
      description: `The path is too long: at most ${MAX_URI_CHARS} characters are allowed`,
    });
};

/** Returns an object. Throws 400 for an invalid id and 404 when the object does not exist. */
export const requireObject = (view: View, ref: ObjectRef): StoredObject => {
  requireValidId(ref);
  const object = view.object(ref);
  if (object === undefined) throw objectNotFound(ref);
  return object;
};

/** Throws unless the user may change or delete an object. Users who may read its list may learn that it is missing. */
export const requireWrite = async (view: View, authorizer: Authorizer, ref: ObjectRef): Promise<void> => {
  requireParent(view, ref.list);
  // The list of buckets is readable only by settings. There, `write` is enough (Kinto's `get_bound_permissions`).
  const listPermission = ref.list.parent === null ? "write" : "read";
  const isAllowed =
    view.object(ref) === undefined ? authorizer.canAccessList(listPermission, ref.list) : authorizer.can("write", ref);
  if (!(await isAllowed)) throw accessDenied(authorizer);
};

/**
 * Throws unless the object exists and the user has a permission on it. A missing object is 404 only for users who may
 * read it.
 */
export const requirePermission = async (
  { grants }: StoreContext,
  session: Session,
  { ref, user, permission }: RequirePermissionInput,
): Promise<void> => {
  const view = await session.read(readsOf(ref));
  const authorizer = await createAuthorizer(session, grants, user);
  const isAllowed =
    view.object(ref) === undefined
      ? authorizer.can("read:attributes", ref)
      : hasPermission(authorizer, permission, ref);
  if (!(await isAllowed)) throw accessDenied(authorizer);
  requireParent(view, ref.list);
  requireObject(view, ref);
};

/** Throws unless the user may create or change an object, as PUT checks it. The object need not exist, its parent must. */
export const requireSavePermission = async (
  { grants }: StoreContext,
  session: Session,
  { ref, user }: Pick<RequirePermissionInput, "ref" | "user">,
): Promise<void> => {
  const view = await session.read(readsOf(ref));
  requireParent(view, ref.list);
  const authorizer = await createAuthorizer(session, grants, user);
  const isAllowed = view.object(ref) === undefined ? authorizer.canCreateIn(ref.list) : authorizer.can("write", ref);
  if (!(await isAllowed)) throw accessDenied(authorizer);
  requireParentExists(view, ref.list);
  requireValidId(ref);
};

/** Permissions to create child objects can be granted by settings too. */
const hasPermission = (authorizer: Authorizer, permission: Permission, ref: ObjectRef): Promise<boolean> => {
  const child = ref.list.resource.children.find(({ name }) => permission === `${name}:create`);
  return child === undefined ? authorizer.can(permission, ref) : authorizer.canCreateIn(listRef(child, ref));
};
