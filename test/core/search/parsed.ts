import { Failure } from "../../../core/errors.ts";
import type { Clause, ValueMatch, WordMatch } from "../../../core/search/clause.ts";
import { parseSearch } from "../../../core/search/request.ts";
import type { Json } from "../../../lib/json.ts";

type BoolParts = Partial<Omit<Extract<Clause, { is: "bool" }>, "is">>;

/** Short forms of the clauses that tests expect. */
export const ALL: Clause = { is: "all" };
export const NONE: Clause = { is: "none" };
export const wordBy = (match: WordMatch, path: string | null = "a", scored = false): Clause => ({
  is: "word",
  path,
  match,
  scored,
});
export const word = (text: string, path: string | null = "a"): Clause =>
  wordBy({ how: "word", word: text }, path, true);
export const prefix = (text: string, path: string | null = "a", scored = false): Clause =>
  wordBy({ how: "prefix", word: text }, path, scored);
export const fuzzy = (text: string, edits: 1 | 2, prefixLength = 0, path: string | null = "a"): Clause =>
  wordBy({ how: "fuzzy", word: text, edits, prefixLength }, path, true);
/** A word, or at half the score one with typing errors. */
export const similar = (text: string, edits: 1 | 2, prefixLength = 0, path: string | null = "a"): Clause =>
  best(word(text, path), boost(fuzzy(text, edits, prefixLength, path), 0.5));
export const phrase = (
  text: string,
  more: { slop?: number; lastIsPrefix?: boolean; path?: string | null } = {},
): Clause => ({
  is: "phrase",
  path: "a",
  words: text.split(" "),
  slop: 0,
  lastIsPrefix: false,
  ...more,
});
export const valuesBy = (match: ValueMatch, path: string | null = "a"): Clause => ({ is: "values", path, match });
export const values = (encoded: readonly string[], path: string | null = "a"): Clause =>
  valuesBy({ how: "anyOf", values: encoded }, path);
export const best = (...of: readonly Clause[]): Clause => ({ is: "best", of, tieBreaker: 0 });
export const boost = (query: Clause, factor: number): Clause => ({ is: "boost", query, factor });
export const bool = (parts: BoolParts): Clause => ({
  is: "bool",
  must: [],
  should: [],
  filter: [],
  mustNot: [],
  minimumShouldMatch: 0,
  ...parts,
});
export const any = (...should: readonly Clause[]): Clause => bool({ should, minimumShouldMatch: 1 });

export const parseQuery = (query: Json): Clause => parseSearch({ query }).query;

/** What is wrong with a body, with its place. Throws if nothing is. */
export const issueOf = (body: Json): string => {
  try {
    parseSearch(body);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const [issue] = error.details as readonly { name: string | null; description: string }[];
    return `${issue?.name}: ${issue?.description}`;
  }
  throw new Error("The search is valid.");
};
