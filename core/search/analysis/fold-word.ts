import { MAX_WORD_UNITS } from "../../../lib/text-segmentation/words.ts";

/** Letters that have no canonical decomposition, and what they are searched as. */
const LETTERS: ReadonlyMap<string, string> = new Map([
  ["ß", "ss"],
  ["æ", "ae"],
  ["œ", "oe"],
  ["ø", "o"],
  ["đ", "d"],
  ["ð", "d"],
  ["þ", "th"],
  ["ł", "l"],
  ["ħ", "h"],
  ["ı", "i"],
  ["ŧ", "t"],
  ["ŋ", "n"],
  ["ς", "σ"],
  ["ى", "ي"],
  ["ک", "ك"],
  ["ی", "ي"],
]);
const SPECIAL_LETTER = new RegExp(`[${[...LETTERS.keys()].join("")}]`, "gu");

/** Marks that carry no meaning for a search: accents of Latin and Greek letters, vowel signs of Arabic and Hebrew. */
const ACCENTS = /([\p{Script=Latin}\p{Script=Greek}])\p{M}+/gu;
const VOWEL_SIGNS =
  /[\u0591-\u05BD\u05BF\u05C1\u05C2\u05C4\u05C5\u05C7\u0610-\u061A\u0640\u064B-\u065F\u0670\u06D6-\u06DC\u06DF-\u06E4\u06E7\u06E8\u06EA-\u06ED]/gu;
/** Stress marks of Cyrillic letters, and the dots of ё. Other letters with marks, such as й and ї, are of their own. */
const CYRILLIC_MARKS = /(?<=е)\u0308|(?<=\p{Script=Cyrillic})[\u0300\u0301]/gu;
/** Characters within words that a reader does not see or takes for one another: apostrophes, joiners, soft hyphens. */
const IGNORED = /['\u2018\u2019\u201B\u02BC\u02B9\u055A\uFF07`´\p{Default_Ignorable_Code_Point}\s]/gu;
const ASCII = /^[\0-\x7f]*$/;

/**
 * The form in which a word is indexed and searched: without case, accents, apostrophes, ligatures and width. Folding can
 * make a word longer, unless it is ASCII: it is cut at 255 UTF-16 units, the most that a word of a text has. The time is
 * linear in the length of the word.
 * @example
 * foldWord("Café’s"); // "cafes"
 */
export const foldWord = (word: string): string => {
  if (ASCII.test(word)) return (word.includes("'") ? word.replaceAll("'", "") : word).toLowerCase();
  const decomposed = word
    .normalize("NFKC")
    // Sigma and the dotted I depend on what is beside them.
    .replace(/[\u0130\u03A3]/gu, (letter) => (letter === "\u0130" ? "i" : "σ"))
    .toLowerCase()
    .replace(IGNORED, "")
    .normalize("NFD")
    .replace(ACCENTS, "$1")
    .replace(VOWEL_SIGNS, "")
    .replace(CYRILLIC_MARKS, "")
    .normalize("NFC")
    .replace(SPECIAL_LETTER, (letter) => LETTERS.get(letter) ?? letter);
  return decomposed.length <= MAX_WORD_UNITS ? decomposed : decomposed.slice(0, MAX_WORD_UNITS).toWellFormed();
};
