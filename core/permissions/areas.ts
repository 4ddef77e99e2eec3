import { ancestors, type ListRef, type ObjectRef, type Resource, type Resources } from "../resources.ts";
import type { Grants } from "./authorizer.ts";

/** Permission -> URIs of the objects that it is given on, `*` standing for any id; `/` for the root. */
export type DeclaredPermissions = Readonly<Record<string, readonly string[]>>;

/** A part of the store that somebody who states where it works gets at, whatever objects elsewhere let it. */
export interface Area {
  /** What its objects' URIs are like: `["buckets", "*", "collections", "mail"]`. */
  readonly path: readonly string[];
  /** Whether what stands in them belongs to it. */
  readonly includesChildren: boolean;
  readonly writable: boolean;
}

/** The permission that gives nothing: a place where objects themselves say what may be done. */
export const SHARED_PERMISSION = "shared";

/** The areas that permissions lead to. What can't be stated was refused when the plugin was read. */
export const toAreas = (resources: Resources, permissions: DeclaredPermissions): readonly Area[] =>
  Object.entries(permissions).flatMap(([permission, places]) =>
    places.flatMap((place): readonly Area[] => {
      const path = pathOf(place);
      if (permission === "read") return [{ path, includesChildren: true, writable: false }];
      const created = resources.find(createdResourceName(permission) ?? "");
      if (created === undefined) return [{ path, includesChildren: true, writable: true }];
      const made = { path: [...path, created.plural, "*"], below: true, writes: true };
      return path.length === 0 ? [made] : [{ path, includesChildren: false, writable: false }, made];
    }),
  );

/** Whether the object lies in one of the areas. */
export const coversObject = (areas: readonly Area[], ref: ObjectRef, writing: boolean): boolean =>
  areas.some(
    ({ path, includesChildren: below, writable: writes }) =>
      (writes || !writing) && [ref, ...(below ? ancestors(ref) : [])].some((at) => matchesPath(path, at.uri)),
  );

/** Whether objects of the list may lie in one of the areas. */
export const coversList = (areas: readonly Area[], list: ListRef, writing: boolean): boolean =>
  areas.some(
    (area) =>
      (area.writable || !writing) &&
      (matchesPath(area.path.slice(0, -1), list.uri) ||
        (area.includesChildren && list.parent !== null && coversObject([area], list.parent, writing))),
  );

/** Whether a URI is like a path whose ids may be `*`. */
export const matchesPath = (path: readonly string[], uri: string): boolean => {
  const parts = pathOf(uri);
  return (
    parts.length === path.length &&
    path.every((part, place) => part === parts[place] || (part === "*" && place % 2 === 1))
  );
};

/** The type of the objects that a place stands for: `null` for the root, `undefined` where there can be no such objects. */
export const resourceAt = (resources: Resources, place: string): Resource | null | undefined =>
  place === "/" ? null : resources.parseUri(place.replace(/\/\*(?=\/|$)/g, "/any"))?.list.resource;

/** What a permission such as `record:create` lets one create. */
export const createdResourceName = (permission: string): string | undefined => /^(\w+):create$/.exec(permission)?.[1];

const pathOf = (uri: string): readonly string[] =>
  uri
    .split("/")
    .slice(1)
    .filter((part) => part !== "");

/** Settings' grants, and what is stated for one user beside them. */
export const withDeclared = (grants: Grants, user: string, stated: DeclaredPermissions): Grants => {
  const paths = new Map(
    Object.entries(stated).map(([permission, places]) => [
      permission,
      places.map((place) => place.split("/").slice(1)),
    ]),
  );
  return {
    ...grants,
    principals: (permission, resource, place) => {
      const set = grants.principals(permission, resource, place);
      return permission === "create" && place === null && stated[`${resource}:create`]?.includes("/")
        ? [...set, user]
        : set;
    },
    staticGrants: (permission, { uri }) =>
      paths.get(permission)?.some((path) => matchesPath(path, uri)) ? [user] : [],
  };
};
