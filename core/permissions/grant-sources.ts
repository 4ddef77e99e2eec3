import type { Acl } from "../ports/store.ts";
import type { ObjectRef, ResourceName } from "../resources.ts";
import type { Grants } from "./authorizer.ts";
import { granters, type Permission } from "./inheritance.ts";

/** Where a permission on an object comes from, and which principals have it. */
export interface GrantSource {
  /** The object, or the ancestor, whose permission counts. */
  readonly on: ObjectRef;
  /** The permission on it, which grants the one in question. */
  readonly permission: string;
  /** `object`: its own permissions; `plugin`: a plugin's declaration; `setting`: a setting, or the resource's plugin. */
  readonly by: "object" | "plugin" | "setting";
  readonly principals: readonly string[];
}

/**
 * Lists everything that can grant a permission on an object: its own permissions, its ancestors', static grants and
 * settings. Sources without principals are included.
 * @param target the resource that the permission is about: the object's, or that of the children to create in it
 * @param findAcl returns the permissions of the object or of an ancestor
 */
export const listGrantSources = (
  grants: Grants,
  permission: Permission,
  { ref, target }: { readonly ref: ObjectRef; readonly target: ResourceName },
  findAcl: (granter: ObjectRef) => Acl | undefined,
): readonly GrantSource[] =>
  granters(ref, permission).flatMap(({ ref: on, permissions }) => {
    const acl = findAcl(on);
    return permissions.flatMap((name): readonly GrantSource[] => [
      { on, permission: name, by: "object", principals: acl?.[name] ?? [] },
      { on, permission: name, by: "plugin", principals: grants.staticGrants(name, on) },
      { on, permission: name, by: "setting", principals: findSettingPrincipals(grants, name, target, ref) },
    ]);
  });

const findSettingPrincipals = (
  grants: Grants,
  permission: string,
  target: ResourceName,
  location: ObjectRef,
): readonly string[] => {
  const kind = toSettingKind(permission, target);
  return kind === undefined ? [] : grants.principals(kind, target, location);
};

/** The kind of the setting that counts like a permission on objects of a resource. */
export const toSettingKind = (permission: string, target: ResourceName): "create" | "read" | "write" | undefined => {
  const name = permission === `${target}:create` ? "create" : permission;
  return name === "create" || name === "read" || name === "write" ? name : undefined;
};
