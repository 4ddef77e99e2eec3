import type { Json } from "../../lib/json.ts";
import { anyOf, type Clause } from "./clause.ts";
import { readingsOf } from "./fields.ts";
import { at, flaw, own, readChoice, readList, readObject, readOnly, readScalar, readString } from "./reading.ts";
import { alikeValues, encodeValue, type Scalar } from "./values.ts";

type Match = "any" | "all" | "phrase";
const OPERATORS = ["or", "and"] as const;
const MOST_FIELDS = 64;
const LONGEST_TEXT = 10_000;

/** `{"match": {"title": "sea"}}` or `{"match": {"title": {"query": "sea", "operator": "and"}}}` */
export const readMatch = (value: Json, path: string): Clause => {
  const [field, spec, fieldPath] = readOnly(value, path, "the field to look in");
  if (typeof spec !== "object" || spec === null) return textIn(field, readScalar(spec, fieldPath), "any", 1, fieldPath);
  const asked = readObject(spec, fieldPath, ["query", "operator"]);
  const text = readScalar(own(asked, "query"), at(fieldPath, "query"));
  return textIn(field, text, readOperator(asked.operator, fieldPath), 1, fieldPath);
};

/** `{"match_phrase": {"title": "the open sea"}}` */
export const readMatchPhrase = (value: Json, path: string): Clause => {
  const [field, spec, fieldPath] = readOnly(value, path, "the field to look in");
  const bare = typeof spec !== "object" || spec === null;
  const text = bare
    ? readScalar(spec, fieldPath)
    : readScalar(own(readObject(spec, fieldPath, ["query"]), "query"), at(fieldPath, "query"));
  return textIn(field, text, "phrase", 1, fieldPath);
};

/** `{"multi_match": {"query": "sea", "fields": ["title^3", "body"]}}`; without fields, or with `*`, it looks in all. */
export const readMultiMatch = (value: Json, path: string): Clause => {
  const spec = readObject(value, path, ["query", "fields", "operator"]);
  const text = readScalar(own(spec, "query"), at(path, "query"));
  const match = readOperator(spec.operator, path);
  const fields = spec.fields === undefined ? ["*"] : readList(spec.fields, at(path, "fields"), MOST_FIELDS);
  if (fields.length === 0) throw flaw(at(path, "fields"), "must name a field");
  return anyOf(
    fields.map((field, index) => {
      const fieldPath = at(at(path, "fields"), index);
      const [name, boost] = readBoosted(field, fieldPath);
      return textIn(name, text, match, boost, fieldPath);
    }),
  );
};

const readOperator = (value: Json | undefined, path: string): Match =>
  readChoice(value, at(path, "operator"), OPERATORS) === "and" ? "all" : "any";

/** `title^3`: found there counts three times. */
const readBoosted = (value: Json, path: string): [name: string, boost: number] => {
  const text = readString(value, path);
  const caret = text.lastIndexOf("^");
  if (caret < 0) return [text, 1];
  const boost = Number(text.slice(caret + 1));
  if (!/^\d{1,6}(\.\d{1,6})?$/.test(text.slice(caret + 1)) || boost === 0)
    throw flaw(path, "must have a boost above 0 after ^, as in title^3");
  return [readString(text.slice(0, caret), path), boost];
};

const textIn = (field: string, sought: Scalar, match: Match, boost: number, path: string): Clause => {
  if (field === "") throw flaw(path, "must name a field");
  if (field !== "*" && field.includes("*")) throw flaw(path, "must be a field's name or *: patterns are not supported");
  const text = String(sought);
  if (text.length > LONGEST_TEXT) throw flaw(path, `must look for at most ${LONGEST_TEXT} characters`);
  const values = alikeValues(sought);
  const readings = field === "*" ? [{ path: null, whole: false }] : readingsOf(field);
  return anyOf(
    readings.flatMap((reading): Clause[] => {
      if (reading.whole) return [{ is: "values", path: reading.path, anyOf: values.map(encodeValue), boost }];
      const others = values.filter((value) => typeof value !== "string").map(encodeValue);
      const asText: Clause = { is: "words", path: reading.path, text, match, boost };
      return others.length === 0 ? [asText] : [asText, { is: "values", path: reading.path, anyOf: others, boost }];
    }),
  );
};
