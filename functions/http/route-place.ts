import { isId, listFromIds, type ObjectRef, objectRef, type Resource, type Resources } from "../../core/resources.ts";

/** Where a route's permission is looked for. */
export interface RoutePlace {
  readonly kind: Resource;
  /** The names in it that stand for what the route's path holds. */
  readonly names: readonly string[];
  readonly at: (params: Readonly<Record<string, string>>) => ObjectRef;
}

/** Reads a pattern such as `/buckets/:bucket`; `undefined` where it is no object's path. */
export const routePlace = (resources: Resources, pattern: string): RoutePlace | undefined => {
  const parts = pattern.split("/").slice(1);
  const ids: string[] = [];
  let kinds: readonly Resource[] = resources.top.map(({ resource: kind }) => kind);
  let last: Resource | undefined;
  for (let i = 0; i < parts.length; i += 2) {
    const [plural, id = ""] = parts.slice(i);
    last = kinds.find((kind) => kind.plural === plural);
    if (last === undefined || !(isId(id) || /^:\w+$/.test(id))) return undefined;
    kinds = last.children;
    ids.push(id);
  }
  const kind = last;
  if (kind === undefined) return undefined;
  return {
    kind,
    names: ids.filter((id) => id.startsWith(":")).map((id) => id.slice(1)),
    at: (params) => {
      const named = ids.map((id) => (id.startsWith(":") ? (params[id.slice(1)] ?? "") : id));
      return objectRef(listFromIds(kind, named.slice(0, -1)), named.at(-1) ?? "");
    },
  };
};
