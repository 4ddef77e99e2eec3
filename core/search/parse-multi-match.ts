import type { Json } from "../../lib/json.ts";
import { splitIntoWords } from "./analysis/words.ts";
import { anyOf, boosted, type Clause, NO_MATCH } from "./clause.ts";
import { FUZZY_OPTIONS } from "./match-options.ts";
import { readPhraseOptions, readText, readTextMatch } from "./parse-match.ts";
import type { QueryContext } from "./query-context.ts";
import {
  checkFieldOrAll,
  getOwn,
  joinPath,
  readBoost,
  readChoice,
  readList,
  readNumber,
  readObject,
  readString,
  searchIssue,
} from "./read-body.ts";
import { combineWords, phraseClause, type TextMatch, textClause } from "./word-clauses.ts";

const MAX_FIELDS = 64;
const TYPES = ["best_fields", "most_fields", "cross_fields", "phrase", "phrase_prefix", "bool_prefix"] as const;
const OPTIONS = [
  "query",
  "fields",
  "type",
  "analyzer",
  "operator",
  "minimum_should_match",
  "tie_breaker",
  "slop",
  "zero_terms_query",
  "lenient",
  "auto_generate_synonyms_phrase_query",
  "boost",
  ...FUZZY_OPTIONS,
];

/** A field, and what matches in it count. `*` is all fields. */
export interface WeightedField {
  readonly name: string;
  readonly weight: number;
  readonly at: string;
}

/** `{"multi_match": {"query": "sea", "fields": ["title^3", "body"]}}`; searches all fields without `fields`. */
export const parseMultiMatch = (value: Json, path: string, context: QueryContext): Clause => {
  const spec = readObject(value, path, OPTIONS);
  const text = readText(getOwn(spec, "query"), joinPath(path, "query"));
  const fields = readWeightedFields(getOwn(spec, "fields"), joinPath(path, "fields"));
  const type = readChoice(getOwn(spec, "type"), joinPath(path, "type"), TYPES);
  const match: TextMatch = { ...readTextMatch(spec, path), lastIsPrefix: type === "bool_prefix" };
  const phrase = { ...readPhraseOptions(spec, path), lastIsPrefix: type === "phrase_prefix" };
  if (match.fuzzy !== undefined && (type === "cross_fields" || type.startsWith("phrase")))
    throw searchIssue(joinPath(path, "fuzziness"), `is not supported with the type ${type}. Use best_fields`);
  const defaultTie = type === "bool_prefix" || type === "most_fields" ? 1 : 0;
  const tieBreaker = readNumber(getOwn(spec, "tie_breaker"), joinPath(path, "tie_breaker"), defaultTie, {
    min: 0,
    max: 1,
  });

  const inFields = (clause: (field: WeightedField) => Clause): Clause =>
    anyOf(
      fields.map((field) => boosted(clause(field), field.weight)),
      tieBreaker,
    );
  const find = (): Clause => {
    if (type === "cross_fields") return crossFields();
    return inFields(({ name, at }) =>
      type === "phrase" || type === "phrase_prefix"
        ? phraseClause(name, text, phrase, { context, at })
        : textClause(name, text, match, { context, at }),
    );
  };
  /** Each word may be in another field. */
  const crossFields = (): Clause => {
    const words = splitIntoWords(String(text));
    if (words.length === 0) return match.withoutWords === "all" ? { is: "all" } : NO_MATCH;
    const oneWord = (word: string) =>
      inFields(({ name, at }) => textClause(name, word, { operator: "or" }, { context, at }));
    return combineWords(words.map(oneWord), match);
  };
  return boosted(find(), readBoost(spec, path));
};

/** Fields such as `title^3`. Default: all fields. */
export const readWeightedFields = (value: Json | undefined, path: string): readonly WeightedField[] => {
  const fields = value === undefined ? ["*"] : readList(value, path, MAX_FIELDS);
  if (fields.length === 0) throw searchIssue(path, "must name a field");
  return fields.map((field, index) => readWeightedField(field, joinPath(path, index)));
};

/** `title^3`: matches in the title count three times. */
const readWeightedField = (value: Json, at: string): WeightedField => {
  const text = readString(value, at);
  const caret = text.lastIndexOf("^");
  const name = caret < 0 ? text : text.slice(0, caret);
  const weight = caret < 0 ? 1 : Number(text.slice(caret + 1));
  if (caret >= 0 && (!/^\d{1,6}(\.\d{1,6})?$/.test(text.slice(caret + 1)) || weight === 0))
    throw searchIssue(at, "must have a boost greater than 0 after ^, such as title^3");
  return { name: checkFieldOrAll(readString(name, at), at), weight, at };
};

/** Requires that one of the fields matches. */
export const inAnyField = (fields: readonly WeightedField[], clause: (field: WeightedField) => Clause): Clause =>
  anyOf(fields.map((field) => boosted(clause(field), field.weight)));
