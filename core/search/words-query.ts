import { stemWord } from "./analysis/stem-word.ts";
import { locateWords, type TextWord } from "./analysis/words.ts";
import { anyOf, boolClause, boosted, type Clause } from "./clause.ts";
import { allowEditsFrom } from "./match-options.ts";
import { STOP_WORDS } from "./stop-words.ts";
import { encodeValue, parseNumber } from "./values.ts";

/** How a collection is searched by words. */
export interface WordsSettings {
  /** ISO 639-1 code of the stems. */
  readonly language: string;
  /** What fields count, by path. Others count 1. */
  readonly weights: Readonly<Record<string, number>>;
}

/** A query by words. */
export interface WordsQuery {
  readonly query: Clause;
  /** Queries that require fewer words, to be used in this order while nothing is found. */
  readonly relaxed: readonly Clause[];
}

/** Words beyond it are not searched. */
const MAX_WORDS = 20;
/** Words are looked up in at most this many fields of their own, those with the greatest weights. */
const MAX_WEIGHTED_FIELDS = 6;
/** Lengths in code points from which a word may have one and two typing errors. Its first letter must be right. */
const allowedEdits = allowEditsFrom(4, 8);

/**
 * Scores of a word by how it is found, so that words come before their forms, beginnings of words and typing errors.
 * Relevance (BM25, at most about 20) decides among equal ones.
 */
const TIERS = { word: 12, stem: 10, joined: 8, prefix: 6, oneError: 3, twoErrors: 1 } as const;
const RELEVANCE = 0.1;
/** For words in a row: all of them, two of them, and all with others between. */
const ROW_SCORES = { all: 6, pair: 3, near: 2 } as const;
const NEAR_SLOP = 5;

/**
 * Turns what a person types into a query: all words must match, in any fields, and the last word may be the beginning of
 * one. Words in quotes must be in a row. Case, accents and forms of words do not matter, and long words may have typing
 * errors. Returns all records for a text without words.
 * @example
 * const { query, relaxed } = parseWordsQuery("open sea atl", { language: "en", weights: { title: 3 } });
 */
export const parseWordsQuery = (text: string, settings: WordsSettings): WordsQuery => {
  const { phrases, rest } = splitQuotes(text);
  const units = toUnits(rest, settings.language).slice(0, MAX_WORDS);
  const quoted = phrases.map((words) => rowOf(words, 0, ROW_SCORES.all + TIERS.word * words.length));
  const isTyping = !/[\s"]$/.test(text);
  const builder = new WordClauses(settings);
  const clauses = units.map((unit, index) =>
    builder.unit(unit, {
      isLast: isTyping && index === units.length - 1,
      before: units[index - 1],
      after: units[index + 1],
    }),
  );
  const required = clauses.filter((_, index) => units[index]?.isOptional === false);
  const optional = clauses.filter((_, index) => units[index]?.isOptional === true);
  const rows = rowClauses(units, isTyping);
  if (quoted.length + clauses.length === 0) return { query: { is: "all" }, relaxed: [] };
  const withMinimum = (minimum: number): Clause =>
    boolClause({
      must: [
        ...quoted,
        ...(required.length > 0 ? [boolClause({ should: required, minimumShouldMatch: minimum })] : []),
      ],
      should: [...optional.map((clause) => boosted(clause, RELEVANCE)), ...rows],
    });
  const [all = 0, ...fewer] = relaxationSteps(required.length);
  return { query: withMinimum(all), relaxed: fewer.map(withMinimum) };
};

/** How many of the words must match, one step after another: all, all but one, half of them. */
const relaxationSteps = (count: number): readonly number[] =>
  [...new Set([count, count > 2 ? count - 1 : count, Math.ceil(count / 2)])].filter((step) => step > 0 || count === 0);

/** A word, or several characters of a script without spaces. */
interface Unit {
  readonly words: readonly string[];
  /** Whether records without it match too: words such as `the`. */
  readonly isOptional: boolean;
}

const MAX_PHRASES = 5;

/** The words of each part in quotes, and the text without those parts. */
const splitQuotes = (text: string): { readonly phrases: readonly (readonly string[])[]; readonly rest: string } => {
  const phrases: string[][] = [];
  const rest = text.replace(/["“”„«]([^"“”«»]+)["“”»]/g, (_, quoted: string) => {
    const words = locateWords(quoted).map(({ word }) => word);
    if (words.length > 0) phrases.push(words.slice(0, MAX_WORDS));
    return " ";
  });
  return { phrases: phrases.slice(0, MAX_PHRASES), rest };
};

/** Scripts in which each character is a word of the index. */
const WITHOUT_SPACES = /^[\p{Script=Han}\p{Script=Hiragana}]/u;

const toUnits = (text: string, language: string): readonly Unit[] => {
  const units: { words: string[]; isOptional: boolean; last: TextWord }[] = [];
  const located = locateWords(text);
  for (const [index, word] of located.entries()) {
    const unit = units.at(-1);
    const isAdjacent = unit?.last.end === word.start;
    if (unit !== undefined && isAdjacent && [unit.last.word, word.word].every((one) => WITHOUT_SPACES.test(one))) {
      unit.words.push(word.word);
      unit.last = word;
    } else {
      const isElided = located[index + 1]?.start === word.end && !WITHOUT_SPACES.test(word.word);
      units.push({ words: [word.word], isOptional: isElided || isStopWord(word.word, language), last: word });
    }
  }
  // Without any other word, stop words count.
  const hasRequired = units.some(({ isOptional }) => !isOptional);
  return units.map(({ words, isOptional }) => ({ words, isOptional: isOptional && hasRequired }));
};

const isStopWord = (word: string, language: string): boolean => STOP_WORDS.get(language)?.has(word) ?? false;

interface UnitPlace {
  /** Whether the last word may be the beginning of a word. */
  readonly isLast: boolean;
  readonly before: Unit | undefined;
  readonly after: Unit | undefined;
}

/** Makes the clauses of single words. */
class WordClauses {
  readonly #language: string;
  readonly #weights: readonly (readonly [path: string, weight: number])[];

  constructor({ language, weights }: WordsSettings) {
    this.#language = language;
    this.#weights = Object.entries(weights)
      .filter(([, weight]) => weight > 1)
      .sort(([, a], [, b]) => b - a)
      .slice(0, MAX_WEIGHTED_FIELDS);
  }

  unit({ words }: Unit, { isLast, before, after }: UnitPlace): Clause {
    const [word = ""] = words;
    if (words.length > 1) return phraseOf(words, isLast, TIERS.word);
    const found: Clause[] = [this.#tier({ how: "word", word }, TIERS.word)];
    const number = parseNumber(word);
    if (number !== undefined) found.push(constant(numberClause(encodeValue(number)), TIERS.word));
    const stem = stemWord(word, this.#language);
    if (number === undefined) found.push(this.#tier({ how: "stem", stem, language: this.#language }, TIERS.stem));
    for (const joined of [joinUnits(before, words), joinUnits({ words }, after?.words)])
      if (joined !== undefined) found.push(constant(wordOf({ how: "word", word: joined }), TIERS.joined));
    if (isLast) found.push(this.#tier({ how: "prefix", word }, TIERS.prefix));
    const edits = number === undefined ? allowedEdits(word) : 0;
    if (edits >= 1) found.push(constant(wordOf({ how: "fuzzy", word, edits: 1, prefixLength: 1 }), TIERS.oneError));
    if (edits === 2) found.push(constant(wordOf({ how: "fuzzy", word, edits: 2, prefixLength: 1 }), TIERS.twoErrors));
    return anyOf(found);
  }

  /** A match in any field, ordered by relevance and the weights of fields. */
  #tier(match: Parameters<typeof wordOf>[0], score: number): Clause {
    const relevance = (path: string | null, weight: number): Clause =>
      boosted({ is: "word", path, match, scored: true }, RELEVANCE * weight);
    return boolClause({
      must: [constant(wordOf(match), score)],
      should: [relevance(null, 1), ...this.#weights.map(([path, weight]) => relevance(path, weight))],
    });
  }
}

const wordOf = (match: Extract<Clause, { is: "word" }>["match"]): Clause => ({
  is: "word",
  path: null,
  match,
  scored: false,
});

const numberClause = (value: string): Clause => ({
  is: "values",
  path: null,
  match: { how: "anyOf", values: [value] },
});

const constant = (query: Clause, score: number): Clause => ({ is: "constant", query, score });

/** Two words that are written as one: `java script`. */
const joinUnits = (
  before: Pick<Unit, "words"> | undefined,
  words: readonly string[] | undefined,
): string | undefined =>
  before?.words.length === 1 && words?.length === 1 ? `${before.words[0]}${words[0]}` : undefined;

const phraseOf = (words: readonly string[], lastIsPrefix: boolean, score: number, slop = 0): Clause =>
  constant({ is: "phrase", path: null, words, slop, lastIsPrefix }, score);

const rowOf = (words: readonly string[], slop: number, score: number): Clause => {
  const [word = ""] = words;
  return words.length === 1 ? constant(wordOf({ how: "word", word }), score) : phraseOf(words, false, score, slop);
};

/** What raises the score of words that are in a row. */
const rowClauses = (units: readonly Unit[], isTyping: boolean): readonly Clause[] => {
  if (units.length < 2) return [];
  const all = units.flatMap(({ words }) => words);
  const pairs = units.slice(1).map((unit, index) => {
    const isLast = isTyping && index === units.length - 2;
    return phraseOf([...(units[index]?.words ?? []), ...unit.words], isLast, ROW_SCORES.pair);
  });
  return [
    phraseOf(all, isTyping, ROW_SCORES.all),
    ...(units.length > 2 ? pairs : []),
    phraseOf(all, isTyping, ROW_SCORES.near, NEAR_SLOP),
  ];
};
