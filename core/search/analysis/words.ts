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
export const locateWords = (text: string): TextWord[] => {
  const found: TextWord[] = [];
  const add = (start: number, end: number, part: string) => {
    const word = foldWord(part);
    if (word !== "") found.push({ word, start, end });
  };
  for (const { start, end } of findWords(text)) {
    const whole = text.slice(start, end);
    const length = elisionLength(whole);
    if (length > 0) add(start, start + length, whole.slice(0, length));
    add(start + length, end, length === 0 ? whole : whole.slice(length));
  }
  return found;
};

// cspell:ignore cdjlmnst dagl dall degl jusqu lorsqu negl puisqu quoiqu sugl sull arte
/** Articles and pronouns that French, Italian and Catalan write in one word with the next: `l’été`, `dell'arte`. */
const ELISION =
  /^(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|quoiqu|dell|all|nell|sull|dall|coll|quell|un|gl|agl|degl|dagl|negl|sugl)['\u2018\u2019\uFF07](?=\p{L}{2})/iu;

const APOSTROPHE = /['\u2018\u2019\uFF07]/;

const elisionLength = (word: string): number => (APOSTROPHE.test(word) ? (ELISION.exec(word)?.[0].length ?? 0) : 0);
