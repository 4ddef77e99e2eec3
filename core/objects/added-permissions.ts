import { coversObject } from "../permissions/areas.ts";
import { createAuthorizer } from "../permissions/authorizer.ts";
import type { Acl } from "../ports/store.ts";
import type { ObjectRef } from "../resources.ts";
import type { Session } from "../store/session.ts";
import type { DataAccess } from "./data-service.ts";
import { dropNullPermissions, parseJsonBody, readPermissions } from "./draft.ts";

/**
 * Checks permissions that a plugin adds to an object, as those in a request are checked. As only users with `write` on
 * an object can change its permissions, the plugin's needs must give it `write`.
 * @throws Error when they do not
 * @throws Failure INVALID_PARAMETERS for an unknown permission or an invalid principal
 */
export const checkAddedPermissions = async (
  session: Session,
  { user, grants, areas }: DataAccess,
  ref: ObjectRef,
  permissions: unknown,
): Promise<Acl> => {
  const authorizer = await createAuthorizer(session, grants, user);
  if (!coversObject(areas, ref, true) || !(await authorizer.can("write", ref)))
    throw new Error(
      `it grants permissions on ${ref.uri} without the permission to write it. Add need.data({ write: […] }) with the object or one above it`,
    );
  return dropNullPermissions(readPermissions(ref.list.resource, parseJsonBody(JSON.stringify(permissions) ?? "null")));
};

/** Adds principals to permissions. */
export const addPermissions = (acl: Acl, added: Acl): Acl => {
  const result: Record<string, readonly string[]> = { ...acl };
  for (const [permission, principals] of Object.entries(added))
    result[permission] = [...new Set([...(acl[permission] ?? []), ...principals])];
  return result;
};
