import type { Json } from "../../lib/json.ts";
import { MAX_WORD_UNITS } from "../../lib/text-segmentation/words.ts";
import { anyOf, type Bound, type Clause } from "./clause.ts";
import { resolveField } from "./fields.ts";
import {
  getOwn,
  joinPath,
  readList,
  readObject,
  readScalar,
  readSingleEntry,
  readString,
  searchIssue,
} from "./read-body.ts";
import {
  encodeValue,
  equivalentValues,
  LAST_CHARACTER,
  MAX_VALUE_UNITS,
  parseNumber,
  type Scalar,
  sanitizeText,
} from "./values.ts";

/** Maximum length of a list of values. */
export const MAX_LIST_VALUES = 1024;

/** `{"term": {"lang": "fr"}}` or `{"term": {"lang": {"value": "fr"}}}` */
export const parseTerm = (value: Json, path: string): Clause => {
  const [field, spec, fieldPath] = parseFieldEntry(value, path);
  const isShort = typeof spec !== "object" || spec === null;
  const term = isShort
    ? readScalar(spec, fieldPath)
    : readScalar(getOwn(readObject(spec, fieldPath, ["value"]), "value"), joinPath(fieldPath, "value"));
  return valuesClause(field, [term]);
};

/** `{"terms": {"lang": ["fr", "ja"]}}` */
export const parseTerms = (value: Json, path: string): Clause => {
  const [field, spec, fieldPath] = parseFieldEntry(value, path);
  const values = readList(spec, fieldPath, MAX_LIST_VALUES).map((item, index) =>
    readScalar(item, joinPath(fieldPath, index)),
  );
  return valuesClause(field, values);
};

/** As in OpenSearch's dynamic mapping, `lang` has the words of a string and `lang.keyword` the whole string. */
const valuesClause = (field: string, scalars: readonly Scalar[]): Clause => {
  const values = scalars.flatMap(equivalentValues);
  if (values.length === 0) return { is: "none" };
  return anyOf(
    resolveField(field).flatMap(({ path, keyword }): Clause[] => {
      const encoded = values.filter((value) => keyword || typeof value !== "string").map(encodeValue);
      const asValues: Clause[] = encoded.length === 0 ? [] : [{ is: "values", path, anyOf: encoded, boost: 1 }];
      const asWords = values
        .filter((value) => typeof value === "string")
        .map(sanitizeText)
        .filter((word) => word.length <= MAX_WORD_UNITS);
      return keyword || asWords.length === 0
        ? asValues
        : [{ is: "word", path, anyOf: asWords, prefix: false }, ...asValues];
    }),
  );
};

/** `{"prefix": {"title": "oce"}}` or `{"prefix": {"title": {"value": "oce"}}}` */
export const parsePrefix = (value: Json, path: string): Clause => {
  const [field, spec, fieldPath] = parseFieldEntry(value, path);
  const prefix = sanitizeText(
    typeof spec === "string"
      ? readString(spec, fieldPath)
      : readString(getOwn(readObject(spec, fieldPath, ["value"]), "value"), joinPath(fieldPath, "value")),
  );
  return anyOf(
    resolveField(field).map(({ path: fieldPath, keyword }): Clause => {
      if (prefix.length > (keyword ? MAX_VALUE_UNITS : MAX_WORD_UNITS)) return { is: "none" };
      if (!keyword) return { is: "word", path: fieldPath, anyOf: [prefix], prefix: true };
      const from = encodeValue(prefix);
      return {
        is: "between",
        path: fieldPath,
        from: { value: from, inclusive: true },
        to: { value: from + LAST_CHARACTER, inclusive: true },
      };
    }),
  );
};

/**
 * `{"range": {"year": {"gte": 1970, "lt": 1980}}}`: numbers, or whole strings by their characters, such as ISO dates.
 */
export const parseRange = (value: Json, path: string): Clause => {
  const [field, spec, fieldPath] = parseFieldEntry(value, path);
  const entries = Object.entries(readObject(spec, fieldPath, ["gt", "gte", "lt", "lte"]));
  const bounds = new Map(entries.map(([key, item]) => [key, parseBound(item, joinPath(fieldPath, key))]));
  if (bounds.size === 0) throw searchIssue(fieldPath, "must have gt, gte, lt or lte");
  if (bounds.has("gt") && bounds.has("gte")) throw searchIssue(fieldPath, "must have only one of gt and gte");
  if (bounds.has("lt") && bounds.has("lte")) throw searchIssue(fieldPath, "must have only one of lt and lte");

  const limits = [...bounds.values()];
  const kinds: ("n" | "s")[] = [];
  if (limits.every((bound) => numericValue(bound) !== undefined)) kinds.push("n");
  if (limits.every((bound) => typeof bound === "string")) kinds.push("s");
  if (kinds.length === 0) throw searchIssue(fieldPath, "must have bounds of one type");
  return anyOf(
    kinds.flatMap((kind) => resolveField(field).map(({ path: fieldPath }) => rangeClause(fieldPath, kind, bounds))),
  );
};

/** A range of numbers or of strings. A missing bound is the first or last of its kind. */
const rangeClause = (path: string, kind: "n" | "s", bounds: ReadonlyMap<string, string | number | bigint>): Clause => {
  const bound = (open: string, closed: string, otherwise: string): Bound => {
    const value = bounds.get(open) ?? bounds.get(closed);
    if (value === undefined) return { value: otherwise, inclusive: true };
    return { value: encodeValue(kind === "n" ? (numericValue(value) ?? value) : value), inclusive: bounds.has(closed) };
  };
  return { is: "between", path, from: bound("gt", "gte", kind), to: bound("lt", "lte", kind + LAST_CHARACTER) };
};

const parseBound = (value: Json, path: string): string | number | bigint => {
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "bigint")
    throw searchIssue(path, "must be a number or a string");
  const isDateMath = typeof value === "string" && (/^now([-+/|]|$)/.test(value) || value.includes("||"));
  if (isDateMath) throw searchIssue(path, "must be a plain value. Date math is not supported");
  return value;
};

const numericValue = (value: string | number | bigint): number | bigint | undefined =>
  typeof value === "string" ? parseNumber(value) : value;

/** `{"exists": {"field": "title"}}` */
export const parseExists = (value: Json, path: string): Clause => {
  const field = readString(getOwn(readObject(value, path, ["field"]), "field"), joinPath(path, "field"));
  return anyOf(resolveField(field).map(({ path: fieldPath }): Clause => ({ is: "present", path: fieldPath })));
};

/** `{"ids": {"values": ["a", "b"]}}` */
export const parseIds = (value: Json, path: string): Clause => {
  const listPath = joinPath(path, "values");
  const ids = readList(getOwn(readObject(value, path, ["values"]), "values"), listPath, MAX_LIST_VALUES).map(
    (id, index) => readString(id, joinPath(listPath, index)),
  );
  return { is: "ids", ids };
};

const parseFieldEntry = (value: Json, path: string): [field: string, spec: Json, path: string] => {
  const found = readSingleEntry(value, path, "the name of a field");
  if (found[0] === "") throw searchIssue(path, "must name a field");
  return found;
};
