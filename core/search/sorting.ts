import { isObject, type Json } from "../../lib/json.ts";
import { pathsOf } from "./fields.ts";
import { at, flaw, own, readChoice, readObject, readString } from "./reading.ts";

/** What to sort by; ties are broken by id, upwards. */
export type SortKey =
  | { readonly by: "score"; readonly order: "asc" | "desc" }
  /** By the smallest value of these leaves going up, by the greatest going down. */
  | {
      readonly by: "values";
      readonly paths: readonly string[];
      readonly order: "asc" | "desc";
      readonly missing: "first" | "last";
    };

const MOST_KEYS = 16;

/** `"year"`, `{"year": "desc"}`, `{"year": {"order": "desc", "missing": "_first"}}`, or an array of them. */
export const readSort = (value: Json | undefined, path: string): SortKey[] => {
  if (value === undefined) return [];
  const keys = Array.isArray(value)
    ? value.flatMap((item, index) => readKeys(item, at(path, index)))
    : readKeys(value, path);
  if (keys.length > MOST_KEYS) throw flaw(path, `must have at most ${MOST_KEYS} keys`);
  return keys;
};

const readKeys = (value: Json, path: string): SortKey[] => {
  if (typeof value === "string") return [readKey(readString(value, path), {}, path)];
  if (!isObject(value)) throw flaw(path, "must be a field's name or an object");
  return Object.entries(value).map(([field, spec]) => readKey(field, spec, at(path, field)));
};

const readKey = (field: string, spec: Json, path: string): SortKey => {
  if (field === "") throw flaw(path, "must name a field");
  const byScore = field === "_score";
  const options =
    typeof spec === "string" ? { order: spec } : readObject(spec, path, byScore ? ["order"] : ["order", "missing"]);
  const orderPath = typeof spec === "string" ? path : at(path, "order");
  const order = byScore
    ? readChoice(own(options, "order"), orderPath, ["desc", "asc"])
    : readChoice(own(options, "order"), orderPath, ["asc", "desc"]);
  if (byScore) return { by: "score", order };
  const missing = readChoice(own(options, "missing"), at(path, "missing"), ["_last", "_first"]);
  return { by: "values", paths: pathsOf(field), order, missing: missing === "_last" ? "last" : "first" };
};
