import { isObject, type Json, type JsonObject } from "../../lib/json.ts";

/** What is shown of an object: by key, all of it or only some of the object that stands there. */
type Shown = Map<string, Shown | "all">;

/** Shows of an object only these fields, in their order, and id and last_modified always; `a.b` shows of the object at `a` only `b`. */
export const createProjection = (fields: readonly string[]): ((object: JsonObject) => JsonObject) => {
  const shown: Shown = new Map();
  for (const field of [...fields, "id", "last_modified"]) add(shown, field.split("."));
  return (object) => pick(object, shown);
};

const add = (shown: Shown, path: readonly string[]): void => {
  const [key = "", ...deeper] = path;
  const inner = shown.get(key);
  if (inner === "all") return;
  if (deeper.length === 0) {
    shown.set(key, "all");
    return;
  }
  const within: Shown = inner ?? new Map();
  shown.set(key, within);
  add(within, deeper);
};

/** Made of entries: a key such as `__proto__` is one like others. */
const pick = (object: JsonObject, shown: Shown): JsonObject =>
  Object.fromEntries(
    [...shown]
      .filter(([key]) => Object.hasOwn(object, key))
      .map(([key, inner]) => {
        const value = object[key] as Json;
        return [key, inner !== "all" && isObject(value) ? pick(value, inner) : value];
      }),
  );

/**
 * What stands in an object at a path such as `address.street`; `undefined` when nothing does. Keys may hold dots themselves: at each
 * level the longest key that the path begins with is taken, and no other. Costs as many steps as there are keys on the way.
 */
export const findValue = (object: JsonObject, path: string): Json | undefined => {
  if (Object.hasOwn(object, path)) return object[path];
  if (!path.includes(".")) return undefined;
  let root: string | undefined;
  for (const key of Object.keys(object)) {
    if (path[key.length] === "." && path.startsWith(key) && key.length >= (root?.length ?? 0)) root = key;
  }
  const inner = root === undefined ? undefined : object[root];
  return root !== undefined && isObject(inner) ? findValue(inner, path.slice(root.length + 1)) : undefined;
};
