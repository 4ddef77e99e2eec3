import { isObject, type Json, type JsonObject } from "../../lib/json.ts";

/** What is shown of an object: by key, all of it or only some of the object that stands there. */
type Shown = Map<string, Shown | "all">;

/** Shows of an object only these fields, in their order, and id and last_modified always; `a.b` shows of the object at `a` only `b`. */
export const project = (fields: readonly string[]): ((object: JsonObject) => JsonObject) => {
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
