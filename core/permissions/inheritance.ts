import { ancestors, type ListRef, type ObjectRef, type Resource, type ResourceName } from "../resources.ts";

/** A required permission. `read:attributes` allows reading the object itself, but not its children. */
export type Permission = "read" | "write" | "read:attributes" | "execute" | `${ResourceName}:create`;

const WRITE = ["write"];
const READ = ["write", "read"];
const EXECUTE = ["write", "execute"];
const NONE: readonly string[] = [];

/**
 * Returns the permissions that grant another on an object: `own`, on the object itself, and `inherited`, on its
 * ancestors. This is Kinto's `PERMISSIONS_INHERITANCE_TREE` for any resource: `write` grants everything below, and any
 * permission on an object grants reading its attributes.
 */
export const grantingPermissions = (
  { permissions }: Resource,
  permission: Permission,
): { readonly own: readonly string[]; readonly inherited: readonly string[] } => {
  switch (permission) {
    case "write":
      return { own: WRITE, inherited: WRITE };
    case "read":
      return { own: READ, inherited: READ };
    case "read:attributes":
      return { own: permissions, inherited: READ };
    case "execute":
      return { own: EXECUTE, inherited: EXECUTE };
    default:
      return permissions.includes(permission)
        ? { own: ["write", permission], inherited: WRITE }
        : { own: NONE, inherited: NONE };
  }
};

/** Returns an object and its ancestors with the permissions on each that grant the permission on the object. */
export const granters = (
  ref: ObjectRef,
  permission: Permission,
): readonly { ref: ObjectRef; permissions: readonly string[] }[] => {
  const { own, inherited } = grantingPermissions(ref.list.resource, permission);
  return [{ ref, permissions: own }, ...ancestors(ref).map((ancestor) => ({ ref: ancestor, permissions: inherited }))];
};

/**
 * Returns the permissions on an object that let a user read or delete it in a list without a permission on the parent.
 */
export const sharingPermissions = (resource: Resource, permission: "read" | "write"): readonly string[] =>
  grantingPermissions(resource, permission === "read" ? "read:attributes" : "write").own;

/** Returns a permission on an object and all that it implies on the same object. */
export const impliedPermissions = (resource: Resource, permission: string): readonly string[] => {
  const creating = resource.children.map(({ name }): Permission => `${name}:create`);
  // Kinto distinguishes reading an object from reading its children only when it has children.
  const all: readonly Permission[] = [
    "write",
    "read",
    ...(creating.length > 0 ? (["read:attributes"] as const) : []),
    ...creating.toReversed(),
    ...(resource.permissions.includes("execute") ? (["execute"] as const) : []),
  ];
  return [permission, ...all.filter((implied) => grantingPermissions(resource, implied).own.includes(permission))];
};

/** Returns the permission on a list's parent that allows creating an object in the list. */
export const createPermission = ({ resource }: ListRef): Permission => `${resource.name}:create`;
