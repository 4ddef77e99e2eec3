import type { Json, JsonObject } from "../../lib/json.ts";
import { anyOf, boosted, type Clause, NO_MATCH, type ValueMatch } from "./clause.ts";
import { resolveField } from "./fields.ts";
import { FUZZY_OPTIONS, type FuzzyOptions, readFuzzyOptions } from "./match-options.ts";
import { prefixClause, toWord } from "./parse-term.ts";
import { regexpSource, translatePattern, wildcardSource } from "./pattern-source.ts";
import type { QueryContext } from "./query-context.ts";
import {
  getOwn,
  joinPath,
  readBoolean,
  readBoost,
  readFieldEntry,
  readObject,
  readString,
  searchIssue,
} from "./read-body.ts";
import { encodeValue, MAX_VALUE_UNITS, normalizeText } from "./values.ts";
import { type ClauseSite, fuzzyWordClause, resolveTargets, wordClause } from "./word-clauses.ts";

/** `{"wildcard": {"title": "oc*n"}}` */
export const parseWildcard = (value: Json, path: string, context: QueryContext): Clause => {
  const { field, text, options, at } = readTextEntry(
    value,
    path,
    ["wildcard", "case_insensitive", "rewrite"],
    "wildcard",
  );
  const ignoreCase = readBoolean(getOwn(options, "case_insensitive"), joinPath(at, "case_insensitive"), false);
  return boosted(wildcardClause(field, text, ignoreCase, { context, at }), readBoost(options, at));
};

export const wildcardClause = (field: string, pattern: string, ignoreCase: boolean, site: ClauseSite): Clause =>
  // Engines find a beginning faster than a pattern.
  /^[^*?\\]+\*$/.test(pattern)
    ? prefixClause(field, pattern.slice(0, -1), ignoreCase, site)
    : patternClause(field, ignoreCase, site, (words) => wildcardSource(pattern, { words, ignoreCase }));

/** `{"regexp": {"title": "oce.*"}}` */
export const parseRegexp = (value: Json, path: string, context: QueryContext): Clause => {
  const names = ["flags", "case_insensitive", "max_determinized_states", "rewrite"];
  const { field, text, options, at } = readTextEntry(value, path, names);
  const flags = getOwn(options, "flags");
  if (flags !== undefined && flags !== "ALL" && flags !== "ANYSTRING")
    throw searchIssue(joinPath(at, "flags"), "must be ALL or ANYSTRING. Escape characters with \\ instead");
  const ignoreCase = readBoolean(getOwn(options, "case_insensitive"), joinPath(at, "case_insensitive"), false);
  return boosted(regexpClause(field, text, ignoreCase, { context, at }), readBoost(options, at));
};

export const regexpClause = (field: string, pattern: string, ignoreCase: boolean, site: ClauseSite): Clause =>
  patternClause(field, ignoreCase, site, (words) => regexpSource(pattern, { words, ignoreCase }));

const patternClause = (
  field: string,
  ignoreCase: boolean,
  { context, at }: ClauseSite,
  translate: (words: boolean) => string,
): Clause =>
  anyOf(
    resolveTargets(field, context).map(({ path, keyword }): Clause => {
      const source = translatePattern(at, () => translate(!keyword));
      if (keyword) return context.charge({ is: "values", path, match: { how: "pattern", source, ignoreCase } }, at);
      return wordClause(path, { how: "pattern", source }, false, { context, at });
    }),
  );

/** `{"fuzzy": {"title": "clod"}}` */
export const parseFuzzy = (value: Json, path: string, context: QueryContext): Clause => {
  const names = [...FUZZY_OPTIONS, "transpositions", "rewrite"];
  const { field, text, options, at } = readTextEntry(value, path, names);
  if (!readBoolean(getOwn(options, "transpositions"), joinPath(at, "transpositions"), true))
    throw searchIssue(joinPath(at, "transpositions"), "must be true: two letters that change places are one error");
  const fuzzy = readFuzzyOptions(options, at, "AUTO") as FuzzyOptions;
  return boosted(fuzzyClause(field, text, fuzzy, { context, at }), readBoost(options, at));
};

/** Finds a word, or a whole string of a keyword field, typing errors included. */
const fuzzyClause = (field: string, text: string, fuzzy: FuzzyOptions, { context, at }: ClauseSite): Clause =>
  anyOf(
    resolveField(field, context.types.keywordUse).map(({ path, keyword }): Clause => {
      if (!keyword) {
        const [word] = toWord(text, false);
        return word === undefined ? NO_MATCH : fuzzyWordClause(path, word, fuzzy, { context, at });
      }
      if (text.length > MAX_VALUE_UNITS) return NO_MATCH;
      const edits = fuzzy.edits(text);
      const match: ValueMatch =
        edits === 0
          ? { how: "anyOf", values: [encodeValue(text)] }
          : { how: "fuzzy", text, edits, prefixLength: fuzzy.prefixLength };
      return context.charge({ is: "values", path, match }, at);
    }),
  );

interface TextEntry {
  readonly field: string;
  readonly text: string;
  readonly options: JsonObject;
  readonly at: string;
}

/** A field with a text, or with an object that has it as `value`. @param otherName of `value` */
const readTextEntry = (value: Json, path: string, names: readonly string[], otherName = "value"): TextEntry => {
  const [field, spec, at] = readFieldEntry(value, path);
  if (typeof spec === "string") return { field, text: normalizeText(readString(spec, at)), options: {}, at };
  const options = readObject(spec, at, ["value", "boost", ...names]);
  const key = Object.hasOwn(options, otherName) ? otherName : "value";
  return { field, text: normalizeText(readString(getOwn(options, key), joinPath(at, key))), options, at };
};
