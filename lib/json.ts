/**
 * A JSON value, with unique keys: see `parseStrictJson`. Whole numbers beyond ±(2^53 − 1) with at most 38 digits are
 * `bigint`s, since a `number` would round them; all other numbers are `number`s. `JSON.stringify` writes both.
 * @example
 * const value: Json = { tags: ["a", "b"], draft: false, serial: 9007199254740993n };
 */
export type Json = null | boolean | number | bigint | string | Json[] | JsonObject;
/**
 * A JSON object.
 * @example
 * const object: JsonObject = { title: "Hi" };
 */
export interface JsonObject {
  [key: string]: Json;
}

/** Decodes a part of a JSON pointer (RFC 6901), in which `~1` stands for `/` and `~0` for `~`. */
export const unescapePointerPart = (part: string): string => part.replaceAll("~1", "/").replaceAll("~0", "~");

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Maximum number of digits of an integer that is kept exactly. DynamoDB's numbers have as many. */
export const MAX_INTEGER_DIGITS = 38;

/** Node's `JSON` has these functions, which TypeScript's library does not declare yet. */
const { parse, rawJSON } = JSON as unknown as {
  parse(text: string, revive: (key: string, value: unknown, context: { readonly source?: string }) => unknown): unknown;
  rawJSON(text: string): object;
};

// `JSON.stringify` throws for a bigint without this method. Plugins and libraries stringify data too.
Object.defineProperty(BigInt.prototype, "toJSON", {
  value(this: bigint) {
    return rawJSON(String(this));
  },
  configurable: true,
  writable: true,
});

/**
 * Parses JSON that `JSON.stringify` wrote, such as stored data or a response, without rounding integers: see
 * {@link Json}. Throws a SyntaxError, like `JSON.parse`. Input of clients is parsed more strictly before plugins get it.
 *
 * @example
 * parseJson('{"n": 9007199254740993}'); // { n: 9007199254740993n }
 */
export const parseJson = (text: string): unknown =>
  mayHaveLargeInteger(text) ? parseExactJson(text) : JSON.parse(text);

/** Like {@link parseJson}, but for any JSON: integers can be written in any way, such as `1e20`. Slower. */
export const parseExactJson = (text: string): unknown =>
  parse(text, (_, value, { source }) =>
    typeof value === "number" && source !== undefined ? toExactNumber(value, source) : value,
  );

/** `JSON.stringify` writes integers beyond ±(2^53 − 1) with at least this many digits, or with an exponent. */
const MIN_LARGE_DIGITS = 16;
/**
 * Returns whether a text that `JSON.stringify` wrote may have an integer beyond ±(2^53 − 1). Reads one character in 16,
 * since `JSON.parse` itself takes about 1 ns per character. Linear: reads at most 32 characters around each of them.
 */
const mayHaveLargeInteger = (text: string): boolean => {
  for (let at = MIN_LARGE_DIGITS - 1; at < text.length; at += MIN_LARGE_DIGITS) {
    if (!isDigitAt(text, at)) continue;
    let start = at;
    while (start > at - MIN_LARGE_DIGITS && isDigitAt(text, start - 1)) start--;
    // The digits that continue those at the previous character are part of the same number.
    if (start === at - MIN_LARGE_DIGITS || !isNumberStart(text, start)) continue;
    let end = at + 1;
    while (end - start < MIN_LARGE_DIGITS && isDigitAt(text, end)) end++;
    if (end - start === MIN_LARGE_DIGITS) return true;
  }
  for (let at = text.indexOf("+"); at !== -1; at = text.indexOf("+", at + 1)) {
    if (text.charAt(at - 1) === "e") return true;
  }
  return false;
};

const isDigitAt = (text: string, index: number): boolean => {
  const unit = text.charCodeAt(index);
  return unit <= 57 && unit >= 48;
};

/** Returns whether digits are not those of a fraction or at the start of a string, such as an id. */
const isNumberStart = (text: string, index: number): boolean => {
  const before = text.charAt(index - 1);
  return before !== "." && before !== '"';
};

/**
 * Returns the number that a decimal text stands for.
 * @param rounded the text as a double
 */
export const toExactNumber = (rounded: number, text: string): number | bigint => {
  if (Number.isSafeInteger(rounded) || !Number.isInteger(rounded)) return rounded;
  const { sign, significant, exponent } = parseDecimal(text);
  if (exponent < 0 || significant.length + exponent > MAX_INTEGER_DIGITS) return rounded;
  return BigInt(`${sign}${significant}${"0".repeat(exponent)}`);
};

/** Returns sign, significant digits and exponent, which are equal for equal numbers. */
export const parseDecimal = (
  text: string,
): { readonly sign: string; readonly significant: string; readonly exponent: number } => {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const digits = (whole + fraction).replace(/^0+/, "");
  const significant = digits.replace(/0+$/, "");
  if (significant === "") return { sign: "", significant, exponent: 0 };
  return { sign, significant, exponent: Number(exponent) - fraction.length + (digits.length - significant.length) };
};
