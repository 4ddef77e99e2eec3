import { isObject, type Json, type JsonObject } from "../../lib/json.ts";

/**
 * Returns the value at a path such as `address.street`, or `undefined`. Keys may contain dots: at each level, only the
 * longest key that is a prefix of the path is considered. Takes time linear in the number of keys on the path.
 */
export const findValue = (object: JsonObject, path: string): Json | undefined => {
  if (Object.hasOwn(object, path)) return object[path];
  if (!path.includes(".")) return undefined;
  let longest: string | undefined;
  for (const key of Object.keys(object)) {
    if (path[key.length] === "." && path.startsWith(key) && key.length >= (longest?.length ?? 0)) longest = key;
  }
  const inner = longest === undefined ? undefined : object[longest];
  return longest !== undefined && isObject(inner) ? findValue(inner, path.slice(longest.length + 1)) : undefined;
};

/** The fields to return by key: the whole value, or only some fields of an object. */
type Projection = Map<string, Projection | "all">;

/**
 * Creates a function that reduces objects to some fields, in this order, plus `id` and `last_modified`. The field `a.b`
 * selects only `b` of the object at `a`.
 */
export const createProjection = (fields: readonly string[]): ((object: JsonObject) => JsonObject) => {
  const projection: Projection = new Map();
  for (const field of [...fields, "id", "last_modified"]) addField(projection, field.split("."));
  return (object) => pickFields(object, projection);
};

const addField = (projection: Projection, path: readonly string[]): void => {
  let current = projection;
  for (const [index, key] of path.entries()) {
    const existing = current.get(key);
    if (existing === "all") return;
    if (index === path.length - 1) {
      current.set(key, "all");
      return;
    }
    const inner: Projection = existing ?? new Map();
    current.set(key, inner);
    current = inner;
  }
};

/** Uses `Object.fromEntries`, so that `__proto__` is an ordinary key. */
const pickFields = (object: JsonObject, projection: Projection): JsonObject =>
  Object.fromEntries(
    [...projection]
      .filter(([key]) => Object.hasOwn(object, key))
      .map(([key, inner]) => {
        const value = object[key] as Json;
        return [key, inner !== "all" && isObject(value) ? pickFields(value, inner) : value];
      }),
  );
