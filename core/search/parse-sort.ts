import { isObject, type Json } from "../../lib/json.ts";
import { fieldPaths } from "./fields.ts";
import {
  checkField,
  getOwn,
  joinPath,
  readChoice,
  readList,
  readObject,
  readString,
  searchIssue,
} from "./read-body.ts";
import { encodedDate, encodeValue } from "./values.ts";

type Order = "asc" | "desc";

/** What to sort by. Ties are sorted by ascending id. */
export type SortKey =
  | { readonly by: "score"; readonly order: Order }
  | { readonly by: "id"; readonly order: Order }
  /**
   * By a value of the fields at these paths, where dates count as dates and not as strings. Of several values the
   * smallest or the greatest one counts.
   */
  | {
      readonly by: "values";
      readonly paths: readonly string[];
      readonly order: Order;
      readonly mode: "min" | "max";
      readonly missing: "first" | "last";
    };

/** A value of a sort key: a score, an id, or an encoded value; `null` for a record without a value. */
export type SortPosition = number | string | null;

const MAX_SORT_KEYS = 16;

/** `"year"`, `{"year": "desc"}`, `{"year": {"order": "desc", "missing": "_first"}}`, or an array of them. */
export const parseSort = (value: Json | undefined, path: string): SortKey[] => {
  if (value === undefined) return [];
  const keys = Array.isArray(value)
    ? value.flatMap((item, index) => parseSortKeys(item, joinPath(path, index)))
    : parseSortKeys(value, path);
  if (keys.length > MAX_SORT_KEYS) throw searchIssue(path, `must have at most ${MAX_SORT_KEYS} keys`);
  return keys;
};

const parseSortKeys = (value: Json, path: string): SortKey[] => {
  if (typeof value === "string") return [parseSortKey(readString(value, path), {}, path)];
  if (!isObject(value)) throw searchIssue(path, "must be the name of a field or an object");
  return Object.entries(value).map(([field, spec]) => parseSortKey(field, spec, joinPath(path, field)));
};

const parseSortKey = (field: string, spec: Json, path: string): SortKey => {
  if (field === "") throw searchIssue(path, "must name a field");
  const byValues = field !== "_score" && field !== "_id" && field !== "_doc";
  const names = byValues ? ["order", "missing", "mode", "unmapped_type"] : ["order"];
  const options = typeof spec === "string" ? { order: spec } : readObject(spec, path, names);
  const orderPath = typeof spec === "string" ? path : joinPath(path, "order");
  const orders: readonly [Order, Order] = field === "_score" ? ["desc", "asc"] : ["asc", "desc"];
  const order = readChoice(getOwn(options, "order"), orderPath, orders);
  if (field === "_score") return { by: "score", order };
  // OpenSearch's `_doc` is any fixed order.
  if (!byValues) return { by: "id", order };
  checkField(field, path);
  const missing = readChoice(getOwn(options, "missing"), joinPath(path, "missing"), ["_last", "_first"]);
  const modes: readonly ["min" | "max", "min" | "max"] = order === "asc" ? ["min", "max"] : ["max", "min"];
  const mode = readChoice(getOwn(options, "mode"), joinPath(path, "mode"), modes);
  return { by: "values", paths: fieldPaths(field), order, mode, missing: missing === "_last" ? "last" : "first" };
};

/** Parses the `sort` of the last hit that was read: a value of each key. */
export const parseSearchAfter = (
  value: Json | undefined,
  path: string,
  sort: readonly SortKey[],
): SortPosition[] | undefined => {
  if (value === undefined) return undefined;
  const values = readList(value, path, MAX_SORT_KEYS);
  if (sort.length === 0 || values.length !== sort.length)
    throw searchIssue(path, "must have a value for each key of sort. Use the sort of the last hit");
  return sort.map((key, index) => parsePosition(key, values[index] ?? null, joinPath(path, index)));
};

const parsePosition = (key: SortKey, value: Json, path: string): SortPosition => {
  if (key.by === "score") {
    if (typeof value !== "number") throw searchIssue(path, "must be a number: a score");
    return value;
  }
  if (key.by === "id") return readString(value, path);
  if (value === null) return null;
  if (typeof value === "object") throw searchIssue(path, "must be a string, a number, a boolean or null");
  const encoded = encodeValue(value);
  return encodedDate(encoded) ?? encoded;
};
