import { isObject, type Json, type JsonObject } from "../../lib/json.ts";

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
