import { stemWord } from "./analysis/stem-word.ts";
import { splitIntoWords } from "./analysis/words.ts";
import { anyOf, boolClause, boosted, type Clause, NO_MATCH, type WordMatch } from "./clause.ts";
import { type FieldTarget, resolveField } from "./fields.ts";
import type { FuzzyOptions, MinimumShouldMatch } from "./match-options.ts";
import type { QueryContext } from "./query-context.ts";
import { encodeValue, equivalentValues, type Scalar } from "./values.ts";

/** How the words of a text are matched in one field. */
export interface TextMatch {
  readonly operator: "or" | "and";
  readonly minimum?: MinimumShouldMatch | undefined;
  readonly fuzzy?: FuzzyOptions | undefined;
  /** Whether the last word may be the beginning of a word. */
  readonly lastIsPrefix?: boolean;
  /** Language in which other forms of a word are found too, by their stem. */
  readonly language?: string | undefined;
  /** What a text without words finds. Default: nothing. */
  readonly withoutWords?: "none" | "all";
}

/** How words in a row are matched. */
export interface PhraseOptions {
  readonly slop: number;
  readonly lastIsPrefix: boolean;
  readonly withoutWords?: "none" | "all";
}

/** Parts of a search share the context that counts them; `at` is where they are in the body. */
export interface ClauseSite {
  readonly context: QueryContext;
  readonly at: string;
}

/** The fields that a name means: `*` is all of them. */
export const resolveTargets = (
  field: string,
  { types }: QueryContext,
): readonly { readonly path: string | null; readonly keyword: boolean }[] =>
  field === "*" ? [{ path: null, keyword: false }] : resolveField(field, types.keywordUse);

/** Finds a word of a field, typing errors included. The exact word counts twice as much. */
export const fuzzyWordClause = (
  path: string | null,
  word: string,
  fuzzy: FuzzyOptions | undefined,
  { context, at }: ClauseSite,
): Clause => {
  const exact = wordClause(path, { how: "word", word }, true, { context, at });
  const edits = fuzzy?.edits(word) ?? 0;
  if (fuzzy === undefined || edits === 0) return exact;
  const match: WordMatch = { how: "fuzzy", word, edits, prefixLength: fuzzy.prefixLength };
  return anyOf([exact, boosted(wordClause(path, match, true, { context, at }), FUZZY_FACTOR)]);
};
const FUZZY_FACTOR = 0.5;

export const wordClause = (
  path: string | null,
  match: WordMatch,
  scored: boolean,
  { context, at }: ClauseSite,
): Clause => context.charge({ is: "word", path, match, scored }, at);

/** Finds the words of a text in a field. A keyword field is compared as a whole, numbers and booleans by value too. */
export const textClause = (field: string, value: Scalar, match: TextMatch, site: ClauseSite): Clause =>
  anyOf(
    resolveTargets(field, site.context).flatMap((target): Clause[] => [
      ...(target.keyword ? [] : [wordsClause(target.path, String(value), match, site)]),
      equalValueClause(target, value, site),
    ]),
  );

/** Finds words in a row in a field. A keyword field is compared as a whole. */
export const phraseClause = (field: string, value: Scalar, options: PhraseOptions, site: ClauseSite): Clause =>
  anyOf(
    resolveTargets(field, site.context).flatMap((target): Clause[] => [
      ...(target.keyword ? [] : [rowClause(target.path, splitIntoWords(String(value)), options, site)]),
      equalValueClause(target, value, site),
    ]),
  );

/** Finds a whole value: strings only in keyword fields. */
const equalValueClause = (
  { path, keyword }: Pick<FieldTarget, "keyword"> & { readonly path: string | null },
  value: Scalar,
  { context, at }: ClauseSite,
): Clause => {
  const values = equivalentValues(value).filter((one) => keyword || typeof one !== "string");
  if (values.length === 0) return NO_MATCH;
  return context.charge({ is: "values", path, match: { how: "anyOf", values: values.map(encodeValue) } }, at);
};

const wordsClause = (path: string | null, text: string, match: TextMatch, site: ClauseSite): Clause => {
  const words = splitIntoWords(text);
  if (words.length === 0) return match.withoutWords === "all" ? { is: "all" } : NO_MATCH;
  const clauses = words.map((word, index) => {
    if (match.lastIsPrefix === true && index === words.length - 1)
      return wordClause(path, { how: "prefix", word }, false, site);
    const clause = fuzzyWordClause(path, word, match.fuzzy, site);
    if (match.language === undefined) return clause;
    const { language } = match;
    return anyOf([clause, wordClause(path, { how: "stem", stem: stemWord(word, language), language }, true, site)]);
  });
  return combineWords(clauses, match);
};

/** Joins the clauses of the words of a text. */
export const combineWords = (
  clauses: readonly Clause[],
  { operator, minimum }: Pick<TextMatch, "operator" | "minimum">,
): Clause => {
  const [only] = clauses;
  if (only !== undefined && clauses.length === 1) return minimum === undefined || minimum(1) <= 1 ? only : NO_MATCH;
  if (operator === "and") return boolClause({ must: clauses });
  return boolClause({ should: clauses, minimumShouldMatch: Math.max(1, minimum?.(clauses.length) ?? 1) });
};

/** Finds words in a row in one field. */
const rowClause = (
  path: string | null,
  words: readonly string[],
  { slop, lastIsPrefix, withoutWords }: PhraseOptions,
  { context, at }: ClauseSite,
): Clause => {
  const [word] = words;
  if (word === undefined) return withoutWords === "all" ? { is: "all" } : NO_MATCH;
  if (words.length === 1)
    return wordClause(path, { how: lastIsPrefix ? "prefix" : "word", word }, true, { context, at });
  return context.charge({ is: "phrase", path, words, slop, lastIsPrefix }, at);
};
