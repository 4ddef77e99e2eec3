import type { Clause } from "../clause.ts";
import type { Unit } from "./units.ts";
import { constant, phraseOf, TIERS, wordOf } from "./word-clauses.ts";

/** For words in a row: all of them, two of them, and all with others between. */
const ROW_SCORES = { all: 6, pair: 3, near: 2 } as const;
const NEAR_SLOP = 5;

/** The clause of words in quotes. */
export const quoteClause = (words: readonly string[]): Clause => {
  const [word = ""] = words;
  const score = ROW_SCORES.all + TIERS.word * words.length;
  return words.length === 1 ? constant(wordOf({ how: "word", word }), score) : phraseOf(words, false, score);
};

/** What raises the score of words that are in a row. */
export const rowClauses = (units: readonly Unit[], isTyping: boolean): readonly Clause[] => {
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
