import { findWords } from "../../../lib/text-segmentation/words.ts";
import { foldWord } from "./fold-word.ts";

/** A folded word, and where it is in its text: from `start` to before `end`, in UTF-16 units. */
export interface TextWord {
  readonly word: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Splits a text into the words that are indexed and searched, in order. Runs in linear time.
 * @example
 * splitIntoWords("L’Été in São-Paulo"); // ["l", "ete", "in", "sao", "paulo"]
 */
export const splitIntoWords = (text: string): string[] => locateWords(text).map(({ word }) => word);

/** The words of {@link splitIntoWords} with their places. */
export const locateWords = (text: string): TextWord[] =>
  findWords(text).flatMap(({ start, end }) => {
    const split = start + elisionLength(text.slice(start, end));
    const parts = split === start ? [[start, end] as const] : [[start, split] as const, [split, end] as const];
    return parts.flatMap(([from, to]) => {
      const word = foldWord(text.slice(from, to));
      return word === "" ? [] : [{ word, start: from, end: to }];
    });
  });

/** Articles and pronouns that French, Italian and Catalan write in one word with the next: `l’été`, `dell'arte`. */
const ELISION =
  /^(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|quoiqu|dell|all|nell|sull|dall|coll|quell|un|gl|agl|degl|dagl|negl|sugl)['\u2018\u2019\uFF07](?=\p{L}{2})/iu;

const elisionLength = (word: string): number => ELISION.exec(word)?.[0].length ?? 0;
