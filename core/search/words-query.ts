import { boolClause, boosted, type Clause } from "./clause.ts";
import { quoteClause, rowClauses } from "./words/row-clauses.ts";
import { splitQuotes, toUnits } from "./words/units.ts";
import { constant, RELEVANCE, type UnitPlace, WordClauses, type WordsSettings } from "./words/word-clauses.ts";

/** A query by words. */
export interface WordsQuery {
  readonly query: Clause;
  /** Queries that require fewer words, to be used in this order while nothing is found. */
  readonly relaxed: readonly Clause[];
}

/** Words beyond it are not searched. */
const MAX_WORDS = 20;
/** Records with all words come before those with fewer. */
const ALL_WORDS_SCORE = 1000;
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
  const quoted = phrases.map(quoteClause);
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
