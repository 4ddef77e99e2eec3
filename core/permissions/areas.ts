import {
  ancestors,
  EXECUTE_PERMISSION,
  type ListRef,
  type ObjectRef,
  type Resource,
  type Resources,
} from "../resources.ts";
import type { Grants } from "./authorizer.ts";

/** URIs of objects by the permission that a plugin declares on them. `*` stands for any id, `/` for the root. */
export type DeclaredPermissions = Readonly<Record<string, readonly string[]>>;

/** A part of the store that a plugin may access. It may access nothing else, even if an object's permissions allow it. */
export interface Area {
  /** The path of its objects, e.g. `["buckets", "*", "collections", "mail"]`. */
  readonly path: readonly string[];
  /** Whether the objects' descendants belong to the area. */
  readonly includesChildren: boolean;
  readonly writable: boolean;
}

/** Declares an area without granting a permission: the objects' own permissions decide. */
export const SHARED_PERMISSION = "shared";

/** Converts valid declared permissions to areas. */
export const toAreas = (resources: Resources, permissions: DeclaredPermissions): readonly Area[] =>
  Object.entries(permissions).flatMap(([permission, uris]) =>
    uris.flatMap((uri): readonly Area[] => {
      const path = splitPath(uri);
      if (permission === "read" || permission === EXECUTE_PERMISSION)
        return [{ path, includesChildren: true, writable: false }];
      const created = resources.find(createdResourceName(permission) ?? "");
      if (created === undefined) return [{ path, includesChildren: true, writable: true }];
      const children = { path: [...path, created.plural, "*"], includesChildren: true, writable: true };
      return path.length === 0 ? [children] : [{ path, includesChildren: false, writable: false }, children];
    }),
  );

/** Whether an object is in one of the areas. */
export const coversObject = (areas: readonly Area[], ref: ObjectRef, writing: boolean): boolean =>
  areas.some(
    ({ path, includesChildren, writable }) =>
      (writable || !writing) &&
      [ref, ...(includesChildren ? ancestors(ref) : [])].some(({ uri }) => matchesPath(path, uri)),
  );

/** Whether objects of a list may be in one of the areas. */
export const coversList = (areas: readonly Area[], list: ListRef, writing: boolean): boolean =>
  areas.some(
    (area) =>
      (area.writable || !writing) &&
      (matchesPath(area.path.slice(0, -1), list.uri) ||
        (area.includesChildren && list.parent !== null && coversObject([area], list.parent, writing))),
  );

/** Whether a URI matches a path whose ids may be `*`. */
export const matchesPath = (path: readonly string[], uri: string): boolean => {
  const parts = splitPath(uri);
  return (
    parts.length === path.length &&
    path.every((part, index) => part === parts[index] || (part === "*" && index % 2 === 1))
  );
};

/** Returns the resource of a URI whose ids may be `*`: `null` for the root, `undefined` for an invalid URI. */
export const resourceAt = (resources: Resources, uri: string): Resource | null | undefined =>
  uri === "/" ? null : resources.parseUri(uri.replace(/\/\*(?=\/|$)/g, "/any"))?.list.resource;

/** Returns the resource name in a permission such as `record:create`. */
const createdResourceName = (permission: string): string | undefined => /^(\w+):create$/.exec(permission)?.[1];

export const splitPath = (uri: string): readonly string[] => uri.split("/").filter((part) => part !== "");

/** Adds a user's declared permissions to the grants of settings. */
export const withDeclaredPermissions = (grants: Grants, user: string, declared: DeclaredPermissions): Grants => {
  const paths = new Map(
    Object.entries(declared).map(([permission, uris]) => [permission, uris.map((uri) => uri.split("/").slice(1))]),
  );
  return {
    ...grants,
    principals: (permission, resource, location) => {
      const principals = grants.principals(permission, resource, location);
      return permission === "create" && location === null && declared[`${resource}:create`]?.includes("/")
        ? [...principals, user]
        : principals;
    },
    staticGrants: (permission, { uri }) =>
      paths.get(permission)?.some((path) => matchesPath(path, uri)) ? [user] : [],
  };
};
