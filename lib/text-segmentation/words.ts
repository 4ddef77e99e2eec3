import { WORD_CLASS as C, type WordClass, wordClass } from "./word-classes.ts";

/** Maximum length of a word in UTF-16 units. Longer words are cut, as Lucene does. */
export const MAX_WORD_UNITS = 255;

/** A word in a text, from `start` to before `end`, in UTF-16 units. */
export interface WordRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Splits a text into words as OpenSearch's `standard` analyzer does: in lower case, in order, with repetitions. Runs
 * in linear time.
 *
 * @example
 * splitWords("The QUICK brown-fox"); // ["the", "quick", "brown", "fox"]
 */
export const splitWords = (text: string): string[] =>
  findWords(text).map(({ start, end }) => lowerCase(text.slice(start, end)));

/** Finds the words of {@link splitWords}. */
export const findWords = (text: string): WordRange[] => {
  const found: WordRange[] = [];
  let start = -1;
  let end = 0;
  /** Class of the last significant character, and of a joiner after it whose partner is not read yet. */
  let last = C.other as WordClass;
  let joiner = C.other as WordClass;
  let hasContent = false;

  const finish = () => {
    if (start >= 0 && hasContent) pushRanges(found, start, end);
    start = -1;
    hasContent = false;
    last = C.other;
    joiner = C.other;
  };

  for (let at = 0; at < text.length; ) {
    if (last === C.letter && joiner === C.other) {
      // Most characters of most texts. Nothing but the end changes.
      while (isAsciiLetter(text.charCodeAt(at))) end = ++at;
      if (at >= text.length) break;
    }
    const codePoint = text.codePointAt(at) as number;
    const next = at + (codePoint > 0xffff ? 2 : 1);
    const now = wordClass(codePoint);
    if (now === C.extend || (MARKS.has(now) && start >= 0 && joiner === C.other)) {
      if (start >= 0 && (joiner === C.other || belongsToLetter(last, joiner))) end = next;
      if (codePoint === 0x200d && last === C.emoji) last = JOINED_EMOJI;
    } else if (start >= 0 && JOINERS.has(now) && joiner === C.other && mayJoin(last, now)) {
      joiner = now;
      if (belongsToLetter(last, now)) end = next;
    } else {
      if (start < 0 || !joins(last, joiner, now)) {
        finish();
        if (!STARTS.has(now)) {
          at = next;
          continue;
        }
        start = at;
      }
      const flag = now === C.regional && last === C.regional;
      hasContent ||= flag || (now !== C.connector && now !== C.regional);
      // A letter after a joiner takes no quote of its own, as in Lucene's grammar.
      if (isLetter(now) && joiner !== C.other && !belongsToLetter(last, joiner)) last = C.letter;
      else last = flag ? C.emoji : (MARKS.get(now) ?? now);
      joiner = C.other;
      end = next;
    }
    at = next;
  }
  finish();
  return found;
};

/** An emoji followed by a zero-width joiner. The next emoji belongs to it. */
const JOINED_EMOJI = -1 as WordClass;
/** The class of a word that begins with a mark. */
const MARKS = new Map<WordClass, WordClass>([
  [C.complexMark, C.complex],
  [C.emojiMark, C.emoji],
]);
const STARTS = new Set<WordClass>([
  C.letter,
  C.hebrew,
  C.digit,
  C.katakana,
  C.connector,
  C.alone,
  C.complex,
  C.emoji,
  C.regional,
  ...MARKS.keys(),
]);
const JOINERS = new Set<WordClass>([C.midLetter, C.midNumber, C.midBoth, C.singleQuote, C.doubleQuote]);

const isAsciiLetter = (unit: number): boolean => {
  const lower = unit | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
};
const isLetter = (one: WordClass) => one === C.letter || one === C.hebrew;
const isWordClass = (one: WordClass) => isLetter(one) || one === C.digit || one === C.katakana || one === C.connector;

/** Returns whether a quote belongs to the Hebrew letter before it (UAX #29, WB7a). */
const belongsToLetter = (last: WordClass, joiner: WordClass) => last === C.hebrew && joiner === C.singleQuote;

/** Returns whether a joiner after this character may be inside a word. */
const mayJoin = (last: WordClass, joiner: WordClass): boolean => {
  if (joiner === C.doubleQuote) return last === C.hebrew;
  if (joiner === C.midLetter) return isLetter(last);
  if (joiner === C.midNumber) return last === C.digit;
  return isLetter(last) || last === C.digit;
};

/** Returns whether a character continues the word that ends with `last`, with at most one joiner between. */
const joins = (last: WordClass, joiner: WordClass, current: WordClass): boolean => {
  if (belongsToLetter(last, joiner)) return joins(last, C.other, current);
  if (joiner === C.doubleQuote) return current === C.hebrew;
  if (joiner === C.midLetter) return isLetter(current);
  if (joiner === C.midNumber) return current === C.digit;
  if (joiner !== C.other) return isLetter(last) ? isLetter(current) : current === C.digit;
  if (last === C.complex) return current === C.complex;
  if (last === C.regional) return current === C.regional;
  if (last === JOINED_EMOJI) return current === C.emoji;
  if (last === C.connector || current === C.connector) return isWordClass(last) && isWordClass(current);
  if (last === C.katakana || current === C.katakana) return last === current;
  return (isLetter(last) || last === C.digit) && (isLetter(current) || current === C.digit);
};

const pushRanges = (found: WordRange[], start: number, end: number): void => {
  for (let at = start; at < end; at += MAX_WORD_UNITS)
    found.push({ start: at, end: Math.min(end, at + MAX_WORD_UNITS) });
};

/** Converts character by character, as Java does: no final sigma, and the dotted capital I becomes i. */
const lowerCase = (word: string): string => {
  if (!/[\u0130\u03A3]/.test(word)) return word.toLowerCase();
  return Array.from(word, (char) => (char === "\u0130" ? "i" : char.toLowerCase())).join("");
};
