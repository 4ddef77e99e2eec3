import { ancestors, type ListRef, type ObjectRef, type ResourceName } from "../resources.ts";

/** The permission asked for; `read:attributes` is to read the object itself rather than its children. */
export type Permission = "read" | "write" | "read:attributes" | `${ResourceName}:create`;

type Grants = Readonly<Partial<Record<ResourceName, readonly string[]>>>;

/** Permission on a resource <- the permissions, on it or its parents, that give it (Kinto's `PERMISSIONS_INHERITANCE_TREE`). */
const TREE: Readonly<Record<ResourceName, Readonly<Partial<Record<Permission, Grants>>>>> = {
  bucket: {
    write: { bucket: ["write"] },
    read: { bucket: ["write", "read"] },
    "read:attributes": { bucket: ["write", "read", "collection:create", "group:create"] },
    "group:create": { bucket: ["write", "group:create"] },
    "collection:create": { bucket: ["write", "collection:create"] },
  },
  group: {
    write: { bucket: ["write"], group: ["write"] },
    read: { bucket: ["write", "read"], group: ["write", "read"] },
  },
  collection: {
    write: { bucket: ["write"], collection: ["write"] },
    read: { bucket: ["write", "read"], collection: ["write", "read"] },
    "read:attributes": { bucket: ["write", "read"], collection: ["write", "read", "record:create"] },
    "record:create": { bucket: ["write"], collection: ["write", "record:create"] },
  },
  record: {
    write: { bucket: ["write"], collection: ["write"], record: ["write"] },
    read: { bucket: ["write", "read"], collection: ["write", "read"], record: ["write", "read"] },
  },
};

/** The objects, and the permissions on each, any of which grants the permission on the object. */
export const granters = (ref: ObjectRef, permission: Permission): readonly { ref: ObjectRef; permissions: readonly string[] }[] => {
  const grants = grantsOf(ref.resource, permission);
  return [ref, ...ancestors(ref)].flatMap((at) => {
    const permissions = grants[at.resource];
    return permissions === undefined ? [] : [{ ref: at, permissions }];
  });
};

/** The permissions on an object, any of which shows it (or has it deleted) in its list to those who have none on the list's parent. */
export const sharing = (resource: ResourceName, permission: "read" | "write"): readonly string[] =>
  grantsOf(resource, permission === "read" ? "read:attributes" : "write")[resource] ?? [];

/** A permission on an object, and those on the same object that it gives. */
export const impliedPermissions = (resource: ResourceName, permission: string): readonly string[] => [
  permission,
  ...Object.entries(TREE[resource]).flatMap(([implied, grants]) => (grants[resource]?.includes(permission) ? [implied] : [])),
];

const grantsOf = (resource: ResourceName, permission: Permission): Grants => {
  const rows = TREE[resource];
  return rows[permission] ?? (permission === "read:attributes" ? rows.read : undefined) ?? {};
};

/** The permission that lets one add an object to a list; on its parent. */
export const createPermission = ({ resource }: ListRef): Permission => `${resource}:create`;
