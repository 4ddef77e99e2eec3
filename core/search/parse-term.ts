import type { Json, JsonObject } from "../../lib/json.ts";
import { MAX_WORD_UNITS } from "../../lib/text-segmentation/words.ts";
import { foldWord } from "./analysis/fold-word.ts";
import { anyOf, boosted, type Clause, NO_MATCH, type ValueMatch, type WordMatch } from "./clause.ts";
import { resolveField } from "./fields.ts";
import { escapePattern } from "./pattern-source.ts";
import type { QueryContext } from "./query-context.ts";
import {
  checkField,
  getOwn,
  joinPath,
  readBoolean,
  readBoost,
  readField,
  readFieldEntry,
  readList,
  readObject,
  readScalar,
  readSingleEntry,
  readString,
} from "./read-body.ts";
import { encodeValue, equivalentValues, MAX_VALUE_UNITS, normalizeText, type Scalar, sanitizeText } from "./values.ts";
import { type ClauseSite, resolveTargets } from "./word-clauses.ts";

/** Maximum length of a list of values. */
export const MAX_LIST_VALUES = 1024;

/** `{"term": {"lang": "fr"}}` or `{"term": {"lang": {"value": "fr"}}}` */
export const parseTerm = (value: Json, path: string, context: QueryContext): Clause => {
  const [field, spec, at] = readEntryWithId(value, path);
  const isShort = typeof spec !== "object" || spec === null;
  const options = isShort ? {} : readObject(spec, at, ["value", "boost", "case_insensitive"]);
  const term = isShort ? readScalar(spec, at) : readScalar(getOwn(options, "value"), joinPath(at, "value"));
  if (field === "_id") return boosted({ is: "ids", ids: [String(term)] }, readBoost(options, at));
  const clause = equalClause(field, [term], readIgnoreCase(options, at), { context, at });
  return boosted(clause, readBoost(options, at));
};

/** `{"terms": {"lang": ["fr", "ja"]}}` */
export const parseTerms = (value: Json, path: string, context: QueryContext): Clause => {
  const spec = readObject(value, path);
  const { boost, ...fields } = spec;
  const options: JsonObject = boost === undefined ? {} : { boost };
  const [field, list, at] = readEntryWithId(fields, path);
  const values = readList(list, at, MAX_LIST_VALUES).map((item, index) => readScalar(item, joinPath(at, index)));
  if (field === "_id") return boosted({ is: "ids", ids: values.map(String) }, readBoost(options, path));
  return boosted(equalClause(field, values, false, { context, at }), readBoost(options, path));
};

const readEntryWithId = (value: Json, path: string): [field: string, spec: Json, path: string] => {
  const [field, spec, at] = readSingleEntry(value, path, "the name of a field");
  return [field === "_id" ? field : checkField(field, field === "" ? path : at), spec, at];
};

const readIgnoreCase = (options: JsonObject, path: string): boolean =>
  readBoolean(getOwn(options, "case_insensitive"), joinPath(path, "case_insensitive"), false);

/** As in OpenSearch's dynamic mapping, `lang` has the words of a string and `lang.keyword` the whole string. */
const equalClause = (
  field: string,
  scalars: readonly Scalar[],
  ignoreCase: boolean,
  { context, at }: ClauseSite,
): Clause => {
  const values = scalars.flatMap(equivalentValues);
  if (values.length === 0) return NO_MATCH;
  return anyOf(
    resolveField(field, context.types.keywordUse).flatMap(({ path, keyword }): Clause[] => {
      const found: Clause[] = [];
      const encoded = values.filter((value) => keyword || typeof value !== "string").map(encodeValue);
      const words = keyword ? [] : toWords(values, ignoreCase);
      const [word] = words;
      if (word !== undefined) {
        const match: WordMatch = words.length === 1 ? { how: "word", word } : { how: "anyOf", words };
        found.push(context.charge({ is: "word", path, match, scored: words.length === 1 }, at));
      }
      if (encoded.length > 0)
        found.push(context.charge({ is: "values", path, match: { how: "anyOf", values: encoded } }, at));
      if (keyword && ignoreCase)
        for (const text of values.filter((value) => typeof value === "string")) {
          const match: ValueMatch = { how: "pattern", source: escapePattern(normalizeText(text)), ignoreCase };
          found.push(context.charge({ is: "values", path, match }, at));
        }
      return found;
    }),
  );
};

/** The words that are equal to a value. As in OpenSearch, words are in lower case. */
const toWords = (values: readonly Scalar[], ignoreCase: boolean): string[] => {
  const words = values.flatMap((value) => (typeof value === "string" ? toWord(value, ignoreCase) : []));
  return [...new Set(words)];
};

/** A text as a folded word; none if it is too long, or has upper case that counts. */
export const toWord = (text: string, ignoreCase: boolean): readonly string[] => {
  const word = sanitizeText(text);
  if (word.length > MAX_WORD_UNITS || (!ignoreCase && word !== word.toLowerCase())) return [];
  return [foldWord(word)];
};

/** `{"prefix": {"title": "oce"}}` or `{"prefix": {"title": {"value": "oce"}}}` */
export const parsePrefix = (value: Json, path: string, context: QueryContext): Clause => {
  const [field, spec, at] = readFieldEntry(value, path);
  const isShort = typeof spec === "string";
  const options = isShort ? {} : readObject(spec, at, ["value", "boost", "case_insensitive", "rewrite"]);
  const prefix = isShort ? readString(spec, at) : readString(getOwn(options, "value"), joinPath(at, "value"));
  const clause = prefixClause(field, normalizeText(prefix), readIgnoreCase(options, at), { context, at });
  return boosted(clause, readBoost(options, at));
};

export const prefixClause = (field: string, text: string, ignoreCase: boolean, { context, at }: ClauseSite): Clause =>
  anyOf(
    resolveTargets(field, context).map(({ path, keyword }): Clause => {
      if (keyword)
        return text.length > MAX_VALUE_UNITS
          ? NO_MATCH
          : context.charge({ is: "values", path, match: { how: "prefix", text, ignoreCase } }, at);
      const [word] = toWord(text, ignoreCase);
      if (word === undefined) return NO_MATCH;
      return context.charge({ is: "word", path, match: { how: "prefix", word }, scored: false }, at);
    }),
  );

/** `{"exists": {"field": "title"}}` */
export const parseExists = (value: Json, path: string, context: QueryContext): Clause => {
  const spec = readObject(value, path, ["field", "boost"]);
  const name = readString(getOwn(spec, "field"), joinPath(path, "field"));
  return boosted(existsClause(name, { context, at: joinPath(path, "field") }), readBoost(spec, path));
};

export const existsClause = (name: string, { context, at }: ClauseSite): Clause => {
  if (name === "_id") return { is: "all" };
  return anyOf(
    resolveField(readField(name, at)).map(({ path }): Clause => context.charge({ is: "present", path }, at)),
  );
};

/** `{"ids": {"values": ["a", "b"]}}` */
export const parseIds = (value: Json, path: string): Clause => {
  const listPath = joinPath(path, "values");
  const spec = readObject(value, path, ["values", "boost"]);
  const ids = readList(getOwn(spec, "values"), listPath, MAX_LIST_VALUES).map((id, index) =>
    readString(id, joinPath(listPath, index)),
  );
  return boosted({ is: "ids", ids }, readBoost(spec, path));
};
