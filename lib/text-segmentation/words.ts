import { WORD_CLASS as C, type WordClass, wordClass } from "./word-classes.ts";

/** Longer words are cut into pieces of this many UTF-16 units, as Lucene does. */
export const LONGEST_WORD = 255;

/**
 * The words of a text as OpenSearch's `standard` analyzer finds them: lower-cased, in order, with repetitions.
 * Linear in the text's length, whatever the text.
 */
export const words = (text: string): string[] => {
  const found: string[] = [];
  let start = -1;
  let end = 0;
  /** Class of the last character that counts, and of the joiner after it that waits for a partner. */
  let last = C.other as WordClass;
  let joiner = C.other as WordClass;
  let worthy = false;

  const finish = () => {
    if (start >= 0 && worthy) keep(found, text.slice(start, end));
    start = -1;
    worthy = false;
    last = C.other;
    joiner = C.other;
  };

  for (let at = 0; at < text.length; ) {
    const codePoint = text.codePointAt(at) as number;
    const next = at + (codePoint > 0xffff ? 2 : 1);
    const now = wordClass(codePoint);
    if (now === C.extend || (MARKS.has(now) && start >= 0 && joiner === C.other)) {
      if (start >= 0 && (joiner === C.other || isHeld(last, joiner))) end = next;
      if (codePoint === 0x200d && last === C.emoji) last = JOINED_EMOJI;
    } else if (start >= 0 && WAITS.has(now) && joiner === C.other && waits(last, now)) {
      joiner = now;
      if (isHeld(last, now)) end = next;
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
      worthy ||= flag || (now !== C.connector && now !== C.regional);
      // A letter that was joined across something takes no quote of its own, as Lucene's grammar has it.
      if (isLetter(now) && joiner !== C.other && !isHeld(last, joiner)) last = C.letter;
      else last = flag ? C.emoji : (MARKS.get(now) ?? now);
      joiner = C.other;
      end = next;
    }
    at = next;
  }
  finish();
  return found;
};

/** An emoji after which a zero-width joiner stands: the next emoji belongs to it. */
const JOINED_EMOJI = -1 as WordClass;
/** What a mark without anything before it begins. */
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
const WAITS = new Set<WordClass>([C.midLetter, C.midNumber, C.midBoth, C.singleQuote, C.doubleQuote]);

const isLetter = (one: WordClass) => one === C.letter || one === C.hebrew;
const isWordly = (one: WordClass) => isLetter(one) || one === C.digit || one === C.katakana || one === C.connector;

/** A quote after a Hebrew letter belongs to it (UAX #29, WB7a): what follows is joined as to the letter itself. */
const isHeld = (last: WordClass, joiner: WordClass) => last === C.hebrew && joiner === C.singleQuote;

/** Whether a joiner after this character may turn out to be inside a word. */
const waits = (last: WordClass, joiner: WordClass): boolean => {
  if (joiner === C.doubleQuote) return last === C.hebrew;
  if (joiner === C.midLetter) return isLetter(last);
  if (joiner === C.midNumber) return last === C.digit;
  return isLetter(last) || last === C.digit;
};

/** Whether a character continues the word whose last one was `last`, with at most one joiner between. */
const joins = (last: WordClass, joiner: WordClass, now: WordClass): boolean => {
  if (isHeld(last, joiner)) return joins(last, C.other, now);
  if (joiner === C.doubleQuote) return now === C.hebrew;
  if (joiner === C.midLetter) return isLetter(now);
  if (joiner === C.midNumber) return now === C.digit;
  if (joiner !== C.other) return isLetter(last) ? isLetter(now) : now === C.digit;
  if (last === C.complex) return now === C.complex;
  if (last === C.regional) return now === C.regional;
  if (last === JOINED_EMOJI) return now === C.emoji;
  if (last === C.connector || now === C.connector) return isWordly(last) && isWordly(now);
  if (last === C.katakana || now === C.katakana) return last === now;
  return (isLetter(last) || last === C.digit) && (isLetter(now) || now === C.digit);
};

const keep = (found: string[], word: string): void => {
  for (let at = 0; at < word.length; at += LONGEST_WORD) found.push(lowerCase(word.slice(at, at + LONGEST_WORD)));
};

/** Character by character as Java does: no final sigma, and the dotted capital I becomes a plain i. */
const lowerCase = (word: string): string => {
  if (!/[\u0130\u03A3]/.test(word)) return word.toLowerCase();
  return Array.from(word, (char) => (char === "\u0130" ? "i" : char.toLowerCase())).join("");
};
