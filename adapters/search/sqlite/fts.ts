import type { Clause } from "../../../core/search/clause.ts";
import { words } from "../../../lib/text-segmentation/words.ts";

/** FTS5's `ascii` tokenizer parts words at these; in our words they are written as private-use characters instead. */
const PUNCTUATION = /['".:,;_]/g;
const PARTS_WORDS = /[\0-\x2f\x3a-\x7f]/;
const PRIVATE_USE = 0xe000;
/** Stands between the strings of a list, so that no phrase spans two of them. */
const GAP = ` ${String.fromCharCode(PRIVATE_USE)} `;

const token = (word: string): string =>
  word.replace(PUNCTUATION, (char) => String.fromCharCode(PRIVATE_USE + char.charCodeAt(0)));

/** What FTS5 is given to index for the strings of one leaf: our words, parted by spaces. */
export const indexedText = (texts: readonly string[]): string =>
  texts.map((text) => words(text).map(token).join(" ")).join(GAP);

/** The FTS5 expression for the words of a text; `undefined` when it has none. */
export const matchExpression = ({ text, match }: Extract<Clause, { is: "words" }>): string | undefined => {
  const found = words(text).map(token);
  if (found.length === 0) return undefined;
  if (match === "phrase") return `"${found.join(" ")}"`;
  return [...new Set(found)].map((word) => `"${word}"`).join(match === "all" ? " AND " : " OR ");
};

/** The FTS5 expression for words given exactly; `undefined` when none of them can be a word. */
export const wordExpression = ({ anyOf, beginning }: Extract<Clause, { is: "word" }>): string | undefined => {
  const possible = [...new Set(anyOf)]
    .map(token)
    .filter((word) => word !== "" && !PARTS_WORDS.test(word.replace(/[a-z]/g, "")));
  return possible.length === 0 ? undefined : possible.map((word) => `"${word}"${beginning ? " *" : ""}`).join(" OR ");
};
