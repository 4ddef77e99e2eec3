import type { Json } from "../../lib/json.ts";
import { anyOf, type Clause } from "./clause.ts";
import { resolveField } from "./fields.ts";
import {
  getOwn,
  joinPath,
  readChoice,
  readList,
  readObject,
  readScalar,
  readSingleEntry,
  readString,
  searchIssue,
} from "./read-body.ts";
import { encodeValue, equivalentValues, type Scalar } from "./values.ts";

type MatchMode = "any" | "all" | "phrase";
const OPERATORS = ["or", "and"] as const;
const MAX_MULTI_MATCH_FIELDS = 64;
const MAX_TEXT_UNITS = 10_000;

/** `{"match": {"title": "sea"}}` or `{"match": {"title": {"query": "sea", "operator": "and"}}}` */
export const parseMatch = (value: Json, path: string): Clause => {
  const [field, spec, fieldPath] = readSingleEntry(value, path, "the name of a field");
  if (typeof spec !== "object" || spec === null)
    return textClause(field, readScalar(spec, fieldPath), "any", 1, fieldPath);
  const options = readObject(spec, fieldPath, ["query", "operator"]);
  const text = readScalar(getOwn(options, "query"), joinPath(fieldPath, "query"));
  return textClause(field, text, parseOperator(options.operator, fieldPath), 1, fieldPath);
};

/** `{"match_phrase": {"title": "the open sea"}}` */
export const parseMatchPhrase = (value: Json, path: string): Clause => {
  const [field, spec, fieldPath] = readSingleEntry(value, path, "the name of a field");
  const isShort = typeof spec !== "object" || spec === null;
  const text = isShort
    ? readScalar(spec, fieldPath)
    : readScalar(getOwn(readObject(spec, fieldPath, ["query"]), "query"), joinPath(fieldPath, "query"));
  return textClause(field, text, "phrase", 1, fieldPath);
};

/**
 * `{"multi_match": {"query": "sea", "fields": ["title^3", "body"]}}`; searches all fields without `fields`, or with
 * `*`.
 */
export const parseMultiMatch = (value: Json, path: string): Clause => {
  const spec = readObject(value, path, ["query", "fields", "operator"]);
  const text = readScalar(getOwn(spec, "query"), joinPath(path, "query"));
  const match = parseOperator(spec.operator, path);
  const fields =
    spec.fields === undefined ? ["*"] : readList(spec.fields, joinPath(path, "fields"), MAX_MULTI_MATCH_FIELDS);
  if (fields.length === 0) throw searchIssue(joinPath(path, "fields"), "must name a field");
  return anyOf(
    fields.map((field, index) => {
      const fieldPath = joinPath(joinPath(path, "fields"), index);
      const [name, boost] = parseBoostedField(field, fieldPath);
      return textClause(name, text, match, boost, fieldPath);
    }),
  );
};

const parseOperator = (value: Json | undefined, path: string): MatchMode =>
  readChoice(value, joinPath(path, "operator"), OPERATORS) === "and" ? "all" : "any";

/** `title^3`: matches in the title count three times. */
const parseBoostedField = (value: Json, path: string): [name: string, boost: number] => {
  const text = readString(value, path);
  const caret = text.lastIndexOf("^");
  if (caret < 0) return [text, 1];
  const boost = Number(text.slice(caret + 1));
  if (!/^\d{1,6}(\.\d{1,6})?$/.test(text.slice(caret + 1)) || boost === 0)
    throw searchIssue(path, "must have a boost greater than 0 after ^, such as title^3");
  return [readString(text.slice(0, caret), path), boost];
};

const textClause = (field: string, value: Scalar, match: MatchMode, boost: number, path: string): Clause => {
  if (field === "") throw searchIssue(path, "must name a field");
  if (field !== "*" && field.includes("*"))
    throw searchIssue(path, "must be the name of a field or *. Patterns are not supported");
  const text = String(value);
  if (text.length > MAX_TEXT_UNITS) throw searchIssue(path, `must have at most ${MAX_TEXT_UNITS} characters of text`);
  const values = equivalentValues(value);
  const targets = field === "*" ? [{ path: null, keyword: false }] : resolveField(field);
  return anyOf(
    targets.flatMap(({ path: fieldPath, keyword }): Clause[] => {
      if (keyword) return [{ is: "values", path: fieldPath, anyOf: values.map(encodeValue), boost }];
      const others = values.filter((one) => typeof one !== "string").map(encodeValue);
      const asText: Clause = { is: "words", path: fieldPath, text, match, boost };
      return others.length === 0 ? [asText] : [asText, { is: "values", path: fieldPath, anyOf: others, boost }];
    }),
  );
};
