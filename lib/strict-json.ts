import { type Json, MAX_INTEGER_DIGITS, parseDecimal, parseExactJson, toExactNumber } from "./json.ts";
import { MAX_NESTING } from "./nesting.ts";
import { truncateText } from "./util/truncate-text.ts";

/** Maximum number of keys of an object: more than fit into 400 KB. Objects with many more take seconds to handle. */
const MAX_KEYS = 60_000;
/** Maximum length of a number. A double needs at most 25 characters; the rest allows for zeros. */
const MAX_NUMBER_CHARS = 400;

/** Text that is not JSON, or JSON that cannot be stored unchanged. The message says what is wrong and where. */
export class StrictJsonError extends Error {
  override readonly name = "StrictJsonError";
}

/**
 * Parses JSON that can be stored unchanged. Besides invalid JSON it refuses duplicate keys, numbers that cannot be kept
 * exactly, more than 100 levels of nesting, and objects of more than 60,000 keys. Integers may have 38 digits; other
 * numbers must fit a double. Throws a {@link StrictJsonError}. Runs in linear time.
 *
 * @example
 * parseStrictJson('{"n": 1.10}'); // { n: 1.1 }
 * parseStrictJson('{"n": 9007199254740993}'); // { n: 9007199254740993n }
 * parseStrictJson('{"n": 1, "n": 2}'); // throws: Invalid JSON: duplicate key "n" at offset 9
 */
export const parseStrictJson = (text: string): Json => {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (error) {
    throw new StrictJsonError(
      `Invalid JSON: ${error instanceof Error ? truncateText(error.message, 200) : "cannot be parsed"}`,
    );
  }
  return checkTokens(text).hasBigints ? (parseExactJson(text) as Json) : value;
};

/** Checks the tokens of a valid JSON text, in one pass and without recursion. */
const checkTokens = (text: string): { readonly hasBigints: boolean } => {
  let hasBigints = false;
  const open: (Set<string> | null)[] = [];
  let expectsKey = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at] as string;
    if (char === "{" || char === "[") {
      if (open.push(char === "{" ? new Set() : null) > MAX_NESTING)
        throw new StrictJsonError(`Invalid JSON: more than ${MAX_NESTING} levels at offset ${at}`);
      expectsKey = char === "{";
    } else if (char === "}" || char === "]") {
      open.pop();
    } else if (char === ",") {
      expectsKey = open.at(-1) !== null;
    } else if (char === '"') {
      const end = findEndOfString(text, at);
      const keys = open.at(-1);
      if (expectsKey && keys) {
        const raw = text.slice(at + 1, end);
        const name: string = raw.includes("\\") ? JSON.parse(`"${raw}"`) : raw;
        if (keys.has(name))
          throw new StrictJsonError(`Invalid JSON: duplicate key ${JSON.stringify(name)} at offset ${at}`);
        if (keys.add(name).size > MAX_KEYS)
          throw new StrictJsonError(`Invalid JSON: more than ${MAX_KEYS} keys in an object at offset ${at}`);
      }
      expectsKey = false;
      at = end;
    } else if (char === "-" || isDigit(char)) {
      let end = at + 1;
      while (isInNumber(text[end])) end++;
      const literal = text.slice(at, end);
      const number = readNumber(literal);
      if (number === undefined)
        throw new StrictJsonError(
          `Invalid JSON: the number ${truncateText(literal, 40, "…")} at offset ${at} ${
            /^-?\d+$/.test(literal)
              ? `has more than ${MAX_INTEGER_DIGITS} digits`
              : "is neither an integer nor fits a double"
          }. Send it as a string`,
        );
      hasBigints ||= typeof number === "bigint";
      at = end - 1;
    }
  }
  return { hasBigints };
};

const isDigit = (char: string | undefined): boolean => char !== undefined && char >= "0" && char <= "9";
const isInNumber = (char: string | undefined): boolean =>
  isDigit(char) || (char !== undefined && ".eE+-".includes(char));

/** Returns the offset of the closing quote of the string that begins at `at`. */
const findEndOfString = (text: string, at: number): number => {
  for (let end = text.indexOf('"', at + 1); ; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text[end - 1 - slashes] === "\\") slashes++;
    if (slashes % 2 === 0) return end;
  }
};

/** Returns the number that a literal stands for exactly; `undefined` if there is none. */
const readNumber = (literal: string): number | bigint | undefined => {
  const rounded = Number(literal);
  if (literal.length <= 15 && !/[eE]/.test(literal)) return rounded;
  if (literal.length > MAX_NUMBER_CHARS || !Number.isFinite(rounded)) return undefined;
  const exact = toExactNumber(rounded, literal);
  return typeof exact === "bigint" || isSameDecimal(literal, String(rounded)) ? exact : undefined;
};

const isSameDecimal = (literal: string, other: string): boolean => {
  const [a, b] = [parseDecimal(literal), parseDecimal(other)];
  return a.sign === b.sign && a.significant === b.significant && a.exponent === b.exponent;
};
