import type { Json } from "../../lib/json.ts";
import { LONGEST_WORD } from "../../lib/text-segmentation/words.ts";
import { anyOf, type Bound, type Clause } from "./clause.ts";
import { readingsOf } from "./fields.ts";
import { at, flaw, own, readList, readObject, readOnly, readScalar, readString } from "./reading.ts";
import { AFTER_ALL, alikeValues, clean, encodeValue, LONGEST_VALUE, numberIn, type Scalar } from "./values.ts";

/** Of one list. */
export const MOST_VALUES = 1024;

/** `{"term": {"lang": "fr"}}` or `{"term": {"lang": {"value": "fr"}}}` */
export const readTerm = (value: Json, path: string): Clause => {
  const [field, spec, fieldPath] = readField(value, path);
  const bare = typeof spec !== "object" || spec === null;
  const sought = bare
    ? readScalar(spec, fieldPath)
    : readScalar(own(readObject(spec, fieldPath, ["value"]), "value"), at(fieldPath, "value"));
  return oneOf(field, [sought]);
};

/** `{"terms": {"lang": ["fr", "ja"]}}` */
export const readTerms = (value: Json, path: string): Clause => {
  const [field, spec, fieldPath] = readField(value, path);
  const sought = readList(spec, fieldPath, MOST_VALUES).map((item, index) => readScalar(item, at(fieldPath, index)));
  return oneOf(field, sought);
};

/** As OpenSearch's dynamic mapping has it: `lang` holds a string's words, `lang.keyword` the string. */
const oneOf = (field: string, sought: readonly Scalar[]): Clause => {
  const values = sought.flatMap(alikeValues);
  if (values.length === 0) return { is: "none" };
  return anyOf(
    readingsOf(field).flatMap(({ path, whole }): Clause[] => {
      const met = values.filter((value) => whole || typeof value !== "string").map(encodeValue);
      const asValues: Clause[] = met.length === 0 ? [] : [{ is: "values", path, anyOf: met, boost: 1 }];
      const asWords = values
        .filter((value) => typeof value === "string")
        .map(clean)
        .filter((word) => word.length <= LONGEST_WORD);
      return whole || asWords.length === 0
        ? asValues
        : [{ is: "word", path, anyOf: asWords, beginning: false }, ...asValues];
    }),
  );
};

/** `{"prefix": {"title": "oce"}}` or `{"prefix": {"title": {"value": "oce"}}}` */
export const readPrefix = (value: Json, path: string): Clause => {
  const [field, spec, fieldPath] = readField(value, path);
  const beginning = clean(
    typeof spec === "string"
      ? readString(spec, fieldPath)
      : readString(own(readObject(spec, fieldPath, ["value"]), "value"), at(fieldPath, "value")),
  );
  return anyOf(
    readingsOf(field).map(({ path: leaf, whole }): Clause => {
      if (beginning.length > (whole ? LONGEST_VALUE : LONGEST_WORD)) return { is: "none" };
      if (!whole) return { is: "word", path: leaf, anyOf: [beginning], beginning: true };
      const from = encodeValue(beginning);
      return {
        is: "between",
        path: leaf,
        from: { value: from, inclusive: true },
        to: { value: from + AFTER_ALL, inclusive: true },
      };
    }),
  );
};

/** `{"range": {"year": {"gte": 1970, "lt": 1980}}}`: numbers, or whole strings in the order of their characters (so ISO dates). */
export const readRange = (value: Json, path: string): Clause => {
  const [field, spec, fieldPath] = readField(value, path);
  const given = Object.entries(readObject(spec, fieldPath, ["gt", "gte", "lt", "lte"]));
  const bounds = new Map(given.map(([key, item]) => [key, readBound(item, at(fieldPath, key))]));
  if (bounds.size === 0) throw flaw(fieldPath, "must have gt, gte, lt or lte");
  if (bounds.has("gt") && bounds.has("gte")) throw flaw(fieldPath, "must have only one of gt and gte");
  if (bounds.has("lt") && bounds.has("lte")) throw flaw(fieldPath, "must have only one of lt and lte");

  const sought = [...bounds.values()];
  const kinds: ("n" | "s")[] = [];
  if (sought.every((bound) => numberOf(bound) !== undefined)) kinds.push("n");
  if (sought.every((bound) => typeof bound === "string")) kinds.push("s");
  if (kinds.length === 0) throw flaw(fieldPath, "must have bounds of one type");
  return anyOf(kinds.flatMap((kind) => readingsOf(field).map(({ path: leaf }) => between(leaf, kind, bounds))));
};

/** Of the numbers or of the strings; a bound that isn't given is the first or last of them. */
const between = (path: string, kind: "n" | "s", bounds: ReadonlyMap<string, string | number>): Clause => {
  const bound = (open: string, closed: string, otherwise: string): Bound => {
    const value = bounds.get(open) ?? bounds.get(closed);
    if (value === undefined) return { value: otherwise, inclusive: true };
    return { value: encodeValue(kind === "n" ? (numberOf(value) ?? value) : value), inclusive: bounds.has(closed) };
  };
  return { is: "between", path, from: bound("gt", "gte", kind), to: bound("lt", "lte", kind + AFTER_ALL) };
};

const readBound = (value: Json, path: string): string | number => {
  if (typeof value !== "string" && typeof value !== "number") throw flaw(path, "must be a number or a string");
  const dated = typeof value === "string" && (/^now([-+/|]|$)/.test(value) || value.includes("||"));
  if (dated) throw flaw(path, "must be a plain value: date mathematics is not supported");
  return value;
};

const numberOf = (value: string | number): number | undefined => (typeof value === "number" ? value : numberIn(value));

/** `{"exists": {"field": "title"}}` */
export const readExists = (value: Json, path: string): Clause => {
  const field = readString(own(readObject(value, path, ["field"]), "field"), at(path, "field"));
  return anyOf(readingsOf(field).map(({ path: leaf }): Clause => ({ is: "present", path: leaf })));
};

/** `{"ids": {"values": ["a", "b"]}}` */
export const readIds = (value: Json, path: string): Clause => {
  const listPath = at(path, "values");
  const ids = readList(own(readObject(value, path, ["values"]), "values"), listPath, MOST_VALUES).map((id, index) =>
    readString(id, at(listPath, index)),
  );
  return { is: "ids", ids };
};

const readField = (value: Json, path: string): [field: string, spec: Json, path: string] => {
  const found = readOnly(value, path, "the field to look in");
  if (found[0] === "") throw flaw(path, "must name a field");
  return found;
};
