import { stemWord } from "./analysis/stem-word.ts";
import { locateWords, type TextWord } from "./analysis/words.ts";
import { anyOf, boolClause, boosted, type Clause, type WordMatch } from "./clause.ts";
import { allowEditsFrom } from "./match-options.ts";
import { MAX_CONDITIONS } from "./query-context.ts";
import { STOP_WORDS } from "./stop-words.ts";
import { encodeValue, MAX_VALUE_UNITS, normalizeText, parseNumber } from "./values.ts";

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
/**
 * Words are looked up in at most this many fields of their own, those with the greatest weights. Long texts are looked up
 * in fewer, since a query has at most 1,000 conditions: see `QueryContext`.
 */
const MAX_WEIGHTED_FIELDS = 6;
/** Conditions of a word, and of a word in a field with a weight, at most. */
const WORD_CONDITIONS = 32;
const WEIGHTED_WORD_CONDITIONS = 13;

/** How many fields with weights the words of a text are looked up in. */
const countWeightedFields = (words: number): number => {
  const affordable = Math.floor((MAX_CONDITIONS / words - WORD_CONDITIONS) / WEIGHTED_WORD_CONDITIONS);
  return Math.max(1, Math.min(MAX_WEIGHTED_FIELDS, affordable));
};

/** Words with typing errors, in at most this many. */
const MAX_TYPO_FIELDS = 3;
/** Lengths in code points from which a word may have one and two typing errors. Its first letter must be right. */
const allowedEdits = allowEditsFrom(4, 8);

/**
 * Scores of a word by how it is found, so that words come before their forms, beginnings of words and typing errors.
 * Relevance (BM25, at most about 20) decides among equal ones.
 */
const TIERS = { word: 12, stem: 10, joined: 8, prefix: 6, oneError: 3, twoErrors: 1 } as const;
const RELEVANCE = 0.1;
/** The same for fields with weights, times the weight. */
const FIELD_RELEVANCE = 0.2;
/** For a field that is the whole text, exactly and with typing errors. Of several fields, the one with the greatest weight. */
const WHOLE_SCORES = { exact: 20, fuzzy: 6 } as const;
/** Records with all words come before those with fewer. */
const ALL_WORDS_SCORE = 1000;
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
  const builder = new WordClauses(settings, units.length);
  const placeOf = (index: number): UnitPlace => ({
    isLast: isTyping && index === units.length - 1,
    before: units[index - 1],
    after: units[index + 1],
  });
  const clauses = units.map((unit, index) => builder.scoreUnit(unit, placeOf(index)));
  const required = clauses.filter((_, index) => units[index]?.isOptional === false);
  const optional = clauses.filter((_, index) => units[index]?.isOptional === true);
  const rows = [...rowClauses(units, isTyping), ...builder.wholeField(rest.trim())];
  const isComplete = boolClause({
    filter: units.flatMap((unit, index) => (unit.isOptional ? [] : [builder.matchUnit(unit, placeOf(index))])),
  });
  if (quoted.length + clauses.length === 0) return { query: { is: "all" }, relaxed: [] };
  const withMinimum = (minimum: number): Clause =>
    boolClause({
      must: [
        ...quoted,
        ...(required.length > 0 ? [boolClause({ should: required, minimumShouldMatch: minimum })] : []),
      ],
      should: [
        ...optional.map((clause) => boosted(clause, RELEVANCE)),
        ...rows,
        ...(minimum < required.length ? [constant(isComplete, ALL_WORDS_SCORE)] : []),
      ],
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

  constructor({ language, weights }: WordsSettings, words: number) {
    this.#language = language;
    this.#weights = Object.entries(weights)
      .filter(([, weight]) => weight > 1)
      .sort(([, a], [, b]) => b - a)
      .slice(0, countWeightedFields(Math.max(1, words)));
  }

  /** The clause of a word, scored by how it is found. */
  scoreUnit(unit: Unit, place: UnitPlace): Clause {
    if (unit.words.length > 1) return phraseOf(unit.words, place.isLast, TIERS.word);
    return anyOf(
      this.#waysToFind(unit, place).map(({ tier, ...way }) => {
        if (!("match" in way)) return constant(numberClause(way.value), TIERS[tier]);
        if (tier === "joined") return constant(wordOf(way.match), TIERS.joined);
        return tier === "oneError" || tier === "twoErrors"
          ? this.#typo(way.match, TIERS[tier])
          : this.#tier(way.match, TIERS[tier]);
      }),
    );
  }

  /** The same without scores. */
  matchUnit(unit: Unit, place: UnitPlace): Clause {
    if (unit.words.length > 1) return phraseOf(unit.words, place.isLast, TIERS.word);
    return anyOf(
      this.#waysToFind(unit, place).map((way) => ("match" in way ? wordOf(way.match) : numberClause(way.value))),
    );
  }

  /** What raises the score of a field that is the text: `sea cow` is `sea cow` rather than `Steller's sea cow`. */
  wholeField(text: string): readonly Clause[] {
    if (text === "" || text.length > MAX_VALUE_UNITS) return [];
    const [[, greatest] = ["", 1]] = this.#weights;
    const fields: readonly (readonly [path: string | null, weight: number])[] =
      this.#weights.length > 0 ? this.#weights : [[null, 1]];
    const lower = normalizeText(text).toLowerCase();
    const titled = lower.replace(/(^|\s)\S/gu, (start) => start.toUpperCase());
    const values = [...new Set([text, lower, text.toUpperCase(), titled])].map(encodeValue);
    const edits = allowedEdits(lower);
    const clauses = fields.flatMap(([path, weight]): Clause[] => [
      constant({ is: "values", path, match: { how: "anyOf", values } }, (WHOLE_SCORES.exact * weight) / greatest),
      ...(edits === 0 || path === null
        ? []
        : [
            constant(
              { is: "values", path, match: { how: "fuzzy", text: lower, edits, prefixLength: 1 } },
              (WHOLE_SCORES.fuzzy * weight) / greatest,
            ),
          ]),
    ]);
    return [anyOf(clauses)];
  }

  #waysToFind({ words }: Unit, { isLast, before, after }: UnitPlace): readonly Way[] {
    const [word = ""] = words;
    const found: Way[] = [{ tier: "word", match: { how: "word", word } }];
    const number = parseNumber(word);
    if (number !== undefined) found.push({ tier: "word", value: encodeValue(number) });
    const language = this.#language;
    if (number === undefined)
      found.push({ tier: "stem", match: { how: "stem", stem: stemWord(word, language), language } });
    for (const joined of [joinUnits(before, words), joinUnits({ words }, after?.words)])
      if (joined !== undefined) found.push({ tier: "joined", match: { how: "word", word: joined } });
    if (isLast) found.push({ tier: "prefix", match: { how: "prefix", word } });
    const edits = number === undefined ? allowedEdits(word) : 0;
    if (edits >= 1) found.push({ tier: "oneError", match: { how: "fuzzy", word, edits: 1, prefixLength: 1 } });
    if (edits === 2) found.push({ tier: "twoErrors", match: { how: "fuzzy", word, edits: 2, prefixLength: 1 } });
    return found;
  }

  /** A match in any field, ordered by relevance and the weights of fields. */
  #tier(match: WordMatch, score: number): Clause {
    const relevance = (path: string | null, weight: number): Clause =>
      boosted({ is: "word", path, match, scored: true }, weight);
    return boolClause({
      must: [constant(wordOf(match), score)],
      should: [
        relevance(null, RELEVANCE),
        ...this.#weights.map(([path, weight]) => relevance(path, FIELD_RELEVANCE * weight)),
      ],
    });
  }

  /** A match with typing errors, ordered by the weights of fields: how rare a word is says nothing of what was meant. */
  #typo(match: WordMatch, score: number): Clause {
    return boolClause({
      must: [constant(wordOf(match), score)],
      should: this.#weights
        .slice(0, MAX_TYPO_FIELDS)
        .map(([path, weight]) => constant({ is: "word", path, match, scored: false }, weight)),
    });
  }
}

/** How a word is found. */
type Way = { readonly tier: keyof typeof TIERS } & ({ readonly match: WordMatch } | { readonly value: string });

const wordOf = (match: WordMatch): Clause => ({
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
