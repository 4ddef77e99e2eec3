import type { Json, JsonObject } from "../../lib/json.ts";
import { boosted, type Clause } from "./clause.ts";
import { LANGUAGES } from "./languages.ts";
import { FUZZY_OPTIONS, parseMinimumShouldMatch, readFuzzyOptions } from "./match-options.ts";
import type { QueryContext } from "./query-context.ts";
import {
  checkFieldOrAll,
  getOwn,
  joinPath,
  readBoolean,
  readBoost,
  readChoice,
  readCount,
  readObject,
  readScalar,
  readSingleEntry,
  searchIssue,
} from "./read-body.ts";
import type { Scalar } from "./values.ts";
import { type PhraseOptions, phraseClause, type TextMatch, textClause } from "./word-clauses.ts";

export const OPERATORS = ["or", "and"] as const;
export const MAX_TEXT_UNITS = 10_000;
/** OpenSearch has no limit. A phrase with a larger slop is as good as all of its words. */
const MAX_SLOP = 1000;

/** Options without an effect: there are no synonyms, and a text is never an error for a field of another type. */
const NO_EFFECT = ["lenient", "auto_generate_synonyms_phrase_query"] as const;
const MATCH_OPTIONS = [
  "analyzer",
  "operator",
  "minimum_should_match",
  "zero_terms_query",
  ...FUZZY_OPTIONS,
  ...NO_EFFECT,
] as const;
const PHRASE_OPTIONS = ["slop", "zero_terms_query", "max_expansions", ...NO_EFFECT] as const;

/** `{"match": {"title": "sea"}}` or `{"match": {"title": {"query": "sea", "operator": "and"}}}` */
export const parseMatch = (value: Json, path: string, context: QueryContext): Clause => {
  const { field, text, options, at } = readTextSpec(value, path, MATCH_OPTIONS);
  return boosted(textClause(field, text, readTextMatch(options, at), { context, at }), readBoost(options, at));
};

/** As `match`, where the last word may be the beginning of a word. */
export const parseMatchBoolPrefix = (value: Json, path: string, context: QueryContext): Clause => {
  const { field, text, options, at } = readTextSpec(value, path, MATCH_OPTIONS);
  const match = { ...readTextMatch(options, at), lastIsPrefix: true };
  return boosted(textClause(field, text, match, { context, at }), readBoost(options, at));
};

/** `{"match_phrase": {"title": "the open sea"}}` */
export const parseMatchPhrase = (value: Json, path: string, context: QueryContext): Clause => {
  const { field, text, options, at } = readTextSpec(value, path, PHRASE_OPTIONS);
  return boosted(phraseClause(field, text, readPhraseOptions(options, at), { context, at }), readBoost(options, at));
};

/** As `match_phrase`, where the last word may be the beginning of a word. */
export const parseMatchPhrasePrefix = (value: Json, path: string, context: QueryContext): Clause => {
  const { field, text, options, at } = readTextSpec(value, path, PHRASE_OPTIONS);
  const phrase = { ...readPhraseOptions(options, at), lastIsPrefix: true };
  return boosted(phraseClause(field, text, phrase, { context, at }), readBoost(options, at));
};

interface TextSpec {
  readonly field: string;
  readonly text: Scalar;
  readonly options: JsonObject;
  readonly at: string;
}

const readTextSpec = (value: Json, path: string, names: readonly string[]): TextSpec => {
  const [name, spec, at] = readSingleEntry(value, path, "the name of a field");
  const field = checkFieldOrAll(name, name === "" ? path : at);
  if (typeof spec !== "object" || spec === null) return { field, text: readText(spec, at), options: {}, at };
  const options = readObject(spec, at, ["query", "boost", ...names]);
  return { field, text: readText(getOwn(options, "query"), joinPath(at, "query")), options, at };
};

export const readText = (value: Json | undefined, path: string): Scalar => {
  const text = readScalar(value, path);
  if (String(text).length > MAX_TEXT_UNITS)
    throw searchIssue(path, `must have at most ${MAX_TEXT_UNITS} characters of text`);
  return text;
};

/** Options of how words are matched. */
export const readTextMatch = (options: JsonObject, path: string): TextMatch => {
  checkNoEffect(options, path);
  const minimum = getOwn(options, "minimum_should_match");
  return {
    operator: readChoice(getOwn(options, "operator"), joinPath(path, "operator"), OPERATORS),
    minimum:
      minimum === undefined ? undefined : parseMinimumShouldMatch(minimum, joinPath(path, "minimum_should_match")),
    fuzzy: readFuzzyOptions(options, path),
    language: readAnalyzer(getOwn(options, "analyzer"), joinPath(path, "analyzer")),
    withoutWords: readWithoutWords(options, path),
  };
};

const ANALYZERS: ReadonlyMap<string, string> = new Map(Array.from(LANGUAGES, ([code, name]) => [name, code]));

/** The language of an analyzer such as `english`; `undefined` for `standard`, which finds no other forms of words. */
const readAnalyzer = (value: Json | undefined, path: string): string | undefined => {
  if (value === undefined || value === "standard") return undefined;
  const language = typeof value === "string" ? ANALYZERS.get(value) : undefined;
  if (language === undefined)
    throw searchIssue(path, `must be standard or one of: ${[...ANALYZERS.keys()].join(", ")}`);
  return language;
};

/** Options of how words in a row are matched. */
export const readPhraseOptions = (options: JsonObject, path: string): PhraseOptions => {
  checkNoEffect(options, path);
  readCount(getOwn(options, "max_expansions"), joinPath(path, "max_expansions"), 0);
  return { slop: readSlop(options, "slop", path), lastIsPrefix: false, withoutWords: readWithoutWords(options, path) };
};

export const readSlop = (options: JsonObject, key: string, path: string): number => {
  const slop = readCount(getOwn(options, key), joinPath(path, key), 0);
  if (slop > MAX_SLOP) throw searchIssue(joinPath(path, key), `must be at most ${MAX_SLOP}`);
  return slop;
};

const readWithoutWords = (options: JsonObject, path: string): "none" | "all" =>
  readChoice(getOwn(options, "zero_terms_query"), joinPath(path, "zero_terms_query"), ["none", "all"]);

const checkNoEffect = (options: JsonObject, path: string): void => {
  for (const name of NO_EFFECT) readBoolean(getOwn(options, name), joinPath(path, name), true);
};
