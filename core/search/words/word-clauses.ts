import { stemWord } from "../analysis/stem-word.ts";
import { anyOf, boolClause, boosted, type Clause, type WordMatch } from "../clause.ts";
import { allowEditsFrom } from "../match-options.ts";
import { MAX_CONDITIONS } from "../query-context.ts";
import { encodeValue, MAX_VALUE_UNITS, normalizeText, parseNumber } from "../values.ts";
import type { Unit } from "./units.ts";

/** How a collection is searched by words. */
export interface WordsSettings {
  /** ISO 639-1 code of the stems. */
  readonly language: string;
  /** What fields count, by path. Others count 1. */
  readonly weights: Readonly<Record<string, number>>;
}

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
export const TIERS = { word: 12, stem: 10, joined: 8, prefix: 6, oneError: 3, twoErrors: 1 } as const;
export const RELEVANCE = 0.1;
/** The same for fields with weights, times the weight. */
const FIELD_RELEVANCE = 0.2;
/** For a field that is the whole text, exactly and with typing errors. Of several fields, the one with the greatest weight. */
const WHOLE_SCORES = { exact: 20, fuzzy: 6 } as const;
export interface UnitPlace {
  /** Whether the last word may be the beginning of a word. */
  readonly isLast: boolean;
  readonly before: Unit | undefined;
  readonly after: Unit | undefined;
}

/** Makes the clauses of single words. */
export class WordClauses {
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

export const wordOf = (match: WordMatch): Clause => ({
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

export const constant = (query: Clause, score: number): Clause => ({ is: "constant", query, score });

/** Two words that are written as one: `java script`. */
const joinUnits = (
  before: Pick<Unit, "words"> | undefined,
  words: readonly string[] | undefined,
): string | undefined =>
  before?.words.length === 1 && words?.length === 1 ? `${before.words[0]}${words[0]}` : undefined;

export const phraseOf = (words: readonly string[], lastIsPrefix: boolean, score: number, slop = 0): Clause =>
  constant({ is: "phrase", path: null, words, slop, lastIsPrefix }, score);
