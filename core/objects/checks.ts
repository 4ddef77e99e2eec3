import { Failure, invalid } from "../errors.ts";
import { type Authorizer, createAuthorizer, type Permission } from "../permissions/authorizer.ts";
import type { UserId } from "../permissions/principals.ts";
import type { Acl, StoredObject } from "../ports/store.ts";
import { ancestors, isId, type ListRef, listRef, MAX_URI_CHARS, type ObjectRef } from "../resources.ts";
import type { Session } from "../store/session.ts";
import { parseData, type View } from "../store/view.ts";
import type { StoreContext } from "./store-context.ts";

/** 401 for those whom logging in may help, 403 for the others. */
export const accessDenied = ({ user }: { user: string | null }): Failure =>
  new Failure(user === null ? "MISSING_AUTH_TOKEN" : "FORBIDDEN");

export const objectNotFound = ({ id, resourceName: resource }: ObjectRef): Failure =>
  new Failure("INVALID_RESOURCE_ID", { details: { id, resource_name: resource } });

/** A record's collection must be there, and a bucket be one that there can be; told even to those who may not see it, as Kinto does for writes. */
export const requireParent = (view: View, list: ListRef): void => {
  if (list.parent?.resourceName !== "bucket") requireParentExists(view, list);
  else if (!isId(list.parent.id)) throw parentNotFound(list.parent);
};

/** What the list belongs to must be there. */
export const requireParentExists = (view: View, { parent }: ListRef): void => {
  if (parent !== null && view.object(parent) === undefined) throw parentNotFound(parent);
};

const parentNotFound = ({ id, resourceName: resource }: ObjectRef): Failure =>
  new Failure("MISSING_RESOURCE", { details: { id, resource_name: resource } });

export const requireValidId = ({ id, uri }: ObjectRef): void => {
  if (!isId(id)) throw invalid({ location: "path", name: null, description: "Invalid object id" });
  if (uri.length > MAX_URI_CHARS)
    throw invalid({
      location: "path",
      name: null,
      description: `The path is too long: ${MAX_URI_CHARS} characters at most`,
    });
};

/** May change or delete the object; who may read its list may learn that it is missing. */
export const requireWrite = async (view: View, who: Authorizer, ref: ObjectRef): Promise<void> => {
  requireParent(view, ref.list);
  // The list of buckets is nobody's to read, but by settings: there, who may write buckets may learn it (Kinto's `get_bound_permissions`).
  const learning = ref.list.parent === null ? "write" : "read";
  const may = view.object(ref) === undefined ? who.canAccessList(learning, ref.list) : who.can("write", ref);
  if (!(await may)) throw accessDenied(who);
};

/** The object, which must be there. */
export const requireObject = (view: View, ref: ObjectRef): StoredObject => {
  requireValidId(ref);
  const object = view.object(ref);
  if (object === undefined) throw objectNotFound(ref);
  return object;
};

/** One object as its asker may see it. */
export interface ObjectResult {
  readonly object: StoredObject;
  /** Shown in full to those whom the object itself lets write, to others as empty. */
  readonly permissions: Acl;
}

export const toObjectResult = async (who: Authorizer, object: StoredObject): Promise<ObjectResult> => ({
  object,
  permissions: (await who.hasAny(object.acl.write ?? [])) ? object.acl : {},
});

/** Nothing to tell: the reader has this state. */
export interface NotModified {
  readonly notModified: true;
  readonly timestamp: number;
}

/** `If-Match` and `If-None-Match`: a timestamp in ms, or `*` for "whatever is there". */
export interface Preconditions {
  readonly ifMatch?: number | "*" | undefined;
  readonly ifNoneMatch?: number | "*" | undefined;
}

/** Whether a reader has the present state already (304). */
export const isNotModified = ({ ifNoneMatch }: Preconditions, timestamp: number): boolean => ifNoneMatch === timestamp;

/** Refuses (412) what was meant for another state of the object, or of the list where there is no object. */
export const checkObjectPreconditions = (
  { ifMatch, ifNoneMatch }: Preconditions,
  object: StoredObject | undefined,
  listTimestamp: number,
): void => {
  const refused =
    object === undefined
      ? ifMatch !== undefined
      : ifNoneMatch === "*" || (typeof ifMatch === "number" && ifMatch !== object.last_modified);
  if (refused) {
    throw new Failure("MODIFIED_MEANWHILE", {
      timestamp: object?.last_modified ?? listTimestamp,
      ...(object && { details: { existing: parseData(object) } }),
    });
  }
};

/** Refuses (412) what was meant for another state of the list. A list always exists. */
export const checkListPreconditions = ({ ifMatch, ifNoneMatch }: Preconditions, timestamp: number): void => {
  if (ifNoneMatch === "*" || (typeof ifMatch === "number" && ifMatch !== timestamp))
    throw new Failure("MODIFIED_MEANWHILE", { timestamp });
};

export interface RequirePermissionInput {
  readonly ref: ObjectRef;
  readonly user: UserId;
  readonly permission: Permission;
}

/** The user must have a permission on an object, which must be there; what is missing is told as to those who would read it. */
export const requirePermission = async (
  { grants }: StoreContext,
  session: Session,
  { ref, user, permission }: RequirePermissionInput,
): Promise<void> => {
  const view = await session.read({ objects: [ref, ...ancestors(ref)], clocks: [] });
  const who = await createAuthorizer(session, grants, user);
  const isThere = view.object(ref) !== undefined;
  if (!(await (isThere ? may(who, permission, ref) : who.can("read:attributes", ref)))) throw accessDenied(who);
  requireParent(view, ref.list);
  requireObject(view, ref);
};

/** To create something in an object, settings may grant as well. */
const may = (who: Authorizer, permission: Permission, ref: ObjectRef): Promise<boolean> => {
  const child = ref.list.resource.children.find(({ name }) => permission === `${name}:create`);
  return child === undefined ? who.can(permission, ref) : who.canCreateIn(listRef(child, ref));
};
