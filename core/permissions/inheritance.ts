import { ancestors, type ListRef, type ObjectRef, type Resource, type ResourceName } from "../resources.ts";

/** The permission asked for; `read:attributes` is to read the object itself rather than its children. */
export type Permission = "read" | "write" | "read:attributes" | `${ResourceName}:create`;

const WRITE = ["write"];
const READ = ["write", "read"];
const NOTHING: readonly string[] = [];

/**
 * The permissions that give one on an object (Kinto's `PERMISSIONS_INHERITANCE_TREE`, for any resource): `here`, on the object itself,
 * and `above`, on each of its parents. Whoever may write may do everything below; whoever has any permission on an object may see it.
 */
const giving = (
  { permissions }: Resource,
  permission: Permission,
): { readonly here: readonly string[]; readonly above: readonly string[] } => {
  switch (permission) {
    case "write":
      return { here: WRITE, above: WRITE };
    case "read":
      return { here: READ, above: READ };
    case "read:attributes":
      return { here: permissions, above: READ };
    default:
      return permissions.includes(permission)
        ? { here: ["write", permission], above: WRITE }
        : { here: NOTHING, above: NOTHING };
  }
};

/** The objects, and the permissions on each, any of which grants the permission on the object. */
export const granters = (
  ref: ObjectRef,
  permission: Permission,
): readonly { ref: ObjectRef; permissions: readonly string[] }[] => {
  const { here, above } = giving(ref.list.kind, permission);
  return [{ ref, permissions: here }, ...ancestors(ref).map((at) => ({ ref: at, permissions: above }))];
};

/** The permissions on an object, any of which shows it (or has it deleted) in its list to those who have none on the list's parent. */
export const sharing = (kind: Resource, permission: "read" | "write"): readonly string[] =>
  giving(kind, permission === "read" ? "read:attributes" : "write").here;

/** A permission on an object, and those on the same object that it gives. */
export const impliedPermissions = (kind: Resource, permission: string): readonly string[] => {
  const creating = kind.children.map(({ name }): Permission => `${name}:create`);
  // Only of what others stand in does Kinto tell apart to read it and to read what is in it.
  const all: readonly Permission[] = [
    "write",
    "read",
    ...(creating.length > 0 ? (["read:attributes"] as const) : []),
    ...creating.toReversed(),
  ];
  return [permission, ...all.filter((implied) => giving(kind, implied).here.includes(permission))];
};

/** The permission that lets one add an object to a list; on its parent. */
export const createPermission = ({ resource }: ListRef): Permission => `${resource}:create`;
