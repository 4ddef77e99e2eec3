import { ancestors, type ListRef, type ObjectRef, type Resource, type Resources } from "../resources.ts";

/** Permission -> URIs of the objects that it is given on, `*` standing for any id; `/` for the root. */
export type StatedPermissions = Readonly<Record<string, readonly string[]>>;

/** A part of the store that somebody who states where it works gets at, whatever objects elsewhere let it. */
export interface Area {
  /** What its objects' URIs are like: `["buckets", "*", "collections", "mail"]`. */
  readonly path: readonly string[];
  /** Whether what stands in them belongs to it. */
  readonly below: boolean;
  readonly writes: boolean;
}

/** The permission that gives nothing: a place where objects themselves say what may be done. */
export const SHARED = "shared";

/** The areas that permissions lead to. What can't be stated was refused when the plugin was read. */
export const areasOf = (resources: Resources, permissions: StatedPermissions): readonly Area[] =>
  Object.entries(permissions).flatMap(([permission, places]) =>
    places.flatMap((place): readonly Area[] => {
      const path = pathOf(place);
      if (permission === "read") return [{ path, below: true, writes: false }];
      const created = resources.named(createdBy(permission) ?? "");
      if (created === undefined) return [{ path, below: true, writes: true }];
      const made = { path: [...path, created.plural, "*"], below: true, writes: true };
      return path.length === 0 ? [made] : [{ path, below: false, writes: false }, made];
    }),
  );

/** Whether the object lies in one of the areas. */
export const holds = (areas: readonly Area[], ref: ObjectRef, writing: boolean): boolean =>
  areas.some(
    ({ path, below, writes }) =>
      (writes || !writing) && [ref, ...(below ? ancestors(ref) : [])].some((at) => isLike(path, at.uri)),
  );

/** Whether objects of the list may lie in one of the areas. */
export const touches = (areas: readonly Area[], list: ListRef, writing: boolean): boolean =>
  areas.some(
    (area) =>
      (area.writes || !writing) &&
      (isLike(area.path.slice(0, -1), list.uri) ||
        (area.below && list.parent !== null && holds([area], list.parent, writing))),
  );

/** Whether a URI is like a path whose ids may be `*`. */
export const isLike = (path: readonly string[], uri: string): boolean => {
  const parts = pathOf(uri);
  return (
    parts.length === path.length &&
    path.every((part, place) => part === parts[place] || (part === "*" && place % 2 === 1))
  );
};

/** The type of the objects that a place stands for: `null` for the root, `undefined` where there can be no such objects. */
export const kindAt = (resources: Resources, place: string): Resource | null | undefined =>
  place === "/" ? null : resources.parseUri(place.replace(/\/\*(?=\/|$)/g, "/any"))?.list.kind;

/** What a permission such as `record:create` lets one create. */
export const createdBy = (permission: string): string | undefined => /^(\w+):create$/.exec(permission)?.[1];

const pathOf = (uri: string): readonly string[] =>
  uri
    .split("/")
    .slice(1)
    .filter((part) => part !== "");
