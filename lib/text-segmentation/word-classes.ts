/**
 * The word-break classes of Unicode (UAX #29) that Lucene's StandardTokenizer distinguishes.
 */
export const WORD_CLASS = {
  other: 0,
  letter: 1,
  hebrew: 2,
  digit: 3,
  katakana: 4,
  /** Joins letters, digits and katakana: `_`. */
  connector: 5,
  /** Joins two letters, such as `:`. */
  midLetter: 6,
  /** Joins two digits, such as `,`. */
  midNumber: 7,
  /** Joins two letters or two digits, such as `.`. */
  midBoth: 8,
  singleQuote: 9,
  doubleQuote: 10,
  /** Marks, format characters and joiners. They belong to the character before them. */
  extend: 11,
  /** One word each: Han and Hiragana. */
  alone: 12,
  /** A run is one word, for scripts without spaces: Thai, Lao, Khmer, Myanmar and others. */
  complex: 13,
  emoji: 14,
  /** Two of them form a flag. */
  regional: 15,
  /** Like `extend`, but begins a word when no character is before it. */
  complexMark: 16,
  emojiMark: 17,
} as const;

export type WordClass = (typeof WORD_CLASS)[keyof typeof WORD_CLASS];

const MID_LETTER = new Set(":·\u0387\u05F4\u2027\uFE13\uFE55\uFF1A");
const MID_NUMBER = new Set(",;\u037E\u0589\u060C\u060D\u066C\u07F8\u2044\uFE10\uFE14\uFE50\uFE54\uFF0C\uFF1B");
const MID_BOTH = new Set(".\u2018\u2019\u2024\uFE52\uFF07\uFF0E");

/** Checked in this order. The first match decides. */
const TESTS: readonly (readonly [pattern: RegExp, wordClass: WordClass])[] = [
  [/^[\u200B\u2028\u2029]$/u, WORD_CLASS.other],
  [/^\p{Emoji_Modifier}$/u, WORD_CLASS.emojiMark],
  [
    /^(?=[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tai_Le}\p{Script=New_Tai_Lue}\p{Script=Tai_Tham}\p{Script=Tai_Viet}\p{Script=Ahom}])[\p{L}\p{M}]$/u,
    WORD_CLASS.complex,
  ],
  [/^[\p{Grapheme_Extend}\p{Mn}\p{Me}\uFF9E\uFF9F]$/u, WORD_CLASS.extend],
  [/^[\p{Mc}\p{Cf}]$/u, WORD_CLASS.extend],
  [/^[\p{Script=Katakana}\u3031-\u3035\u309B\u309C\u30A0\u30FC\uFF70]$/u, WORD_CLASS.katakana],
  [/^[\p{Script=Han}\p{Script=Hiragana}]$/u, WORD_CLASS.alone],
  [/^(?=\p{Script=Hebrew})\p{Lo}$/u, WORD_CLASS.hebrew],
  [/^[\p{Nd}\u066B]$/u, WORD_CLASS.digit],
  [
    /^[\p{Alphabetic}\u02C2-\u02C5\u02D2-\u02D7\u02DE\u02DF\u02ED\u02EF-\u02FF\u055B\u055C\u055E\u05F3\uA708-\uA716\uA720\uA721\uA789\uA78A\uAB5B]$/u,
    WORD_CLASS.letter,
  ],
  [/^[\p{Pc}\u202F]$/u, WORD_CLASS.connector],
  [/^\p{Regional_Indicator}$/u, WORD_CLASS.regional],
  [/^\p{Extended_Pictographic}$/u, WORD_CLASS.emoji],
];

const classify = (char: string): WordClass => {
  if (char === "'") return WORD_CLASS.singleQuote;
  if (char === '"') return WORD_CLASS.doubleQuote;
  if (MID_LETTER.has(char)) return WORD_CLASS.midLetter;
  if (MID_NUMBER.has(char)) return WORD_CLASS.midNumber;
  if (MID_BOTH.has(char)) return WORD_CLASS.midBoth;
  const found = TESTS.find(([pattern]) => pattern.test(char))?.[1] ?? WORD_CLASS.other;
  return found === WORD_CLASS.complex && /^\p{M}$/u.test(char) ? WORD_CLASS.complexMark : found;
};

const UNKNOWN = 255;
const cache = new Uint8Array(0x11_00_00).fill(UNKNOWN);

/** Returns the class of a code point. Results are cached for the process. */
export const wordClass = (codePoint: number): WordClass => {
  const cached = cache[codePoint];
  if (cached !== undefined && cached !== UNKNOWN) return cached as WordClass;
  const found = classify(String.fromCodePoint(codePoint));
  cache[codePoint] = found;
  return found;
};
