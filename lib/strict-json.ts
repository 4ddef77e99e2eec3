import { invalid } from "../core/errors.ts";
import type { Json } from "./json.ts";

/** Levels of arrays and objects in each other. */
const DEEPEST = 100;
/** Characters; a double needs 25 at most, the rest is room for zeros. */
const LONGEST_NUMBER = 400;

/**
 * The JSON value of a request's body; throws a 400 that says what is wrong and where. Beyond the grammar it refuses what
 * could only be kept changed: a key that stands twice in one object, a number that a double does not hold, more than a
 * hundred levels.
 */
export const parseJson = (text: string): Json => {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (error) {
    throw flawed(`Invalid JSON: ${error instanceof Error ? error.message.slice(0, 200) : "cannot be parsed"}`);
  }
  checkTokens(text);
  return value;
};

const flawed = (description: string) => invalid({ location: "body", name: "", description });

/** Walks the tokens of a text that is known to be JSON: once over it, without recursion. */
const checkTokens = (text: string): void => {
  const open: (Set<string> | null)[] = [];
  let key = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at] as string;
    if (char === "{" || char === "[") {
      if (open.push(char === "{" ? new Set() : null) > DEEPEST)
        throw flawed(`Invalid JSON: more than ${DEEPEST} levels at offset ${at}`);
      key = char === "{";
    } else if (char === "}" || char === "]") {
      open.pop();
    } else if (char === ",") {
      key = open.at(-1) !== null;
    } else if (char === '"') {
      const end = endOfString(text, at);
      const keys = open.at(-1);
      if (key && keys) {
        const name: string = JSON.parse(text.slice(at, end + 1));
        if (keys.has(name))
          throw flawed(`Invalid JSON: the key ${JSON.stringify(name)} stands twice in one object at offset ${at}`);
        keys.add(name);
      }
      key = false;
      at = end;
    } else if (char === "-" || isDigit(char)) {
      let end = at + 1;
      while (isInNumber(text[end])) end++;
      const literal = text.slice(at, end);
      if (!isExact(literal))
        throw flawed(
          `Invalid JSON: the number ${literal.slice(0, 40)} at offset ${at} does not fit a double; send it as a string`,
        );
      at = end - 1;
    }
  }
};

const isDigit = (char: string | undefined): boolean => char !== undefined && char >= "0" && char <= "9";
const isInNumber = (char: string | undefined): boolean =>
  isDigit(char) || (char !== undefined && ".eE+-".includes(char));

/** Where the string that begins at `at` has its closing quote. */
const endOfString = (text: string, at: number): number => {
  for (let end = text.indexOf('"', at + 1); ; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text[end - 1 - slashes] === "\\") slashes++;
    if (slashes % 2 === 0) return end;
  }
};

/** Whether a JSON number names the very decimal that its double prints as. */
const isExact = (literal: string): boolean => {
  if (literal.length <= 15 && !/[eE]/.test(literal)) return true;
  if (literal.length > LONGEST_NUMBER) return false;
  const number = Number(literal);
  return Number.isFinite(number) && decimal(literal) === decimal(String(number));
};

/** Sign, digits without outer zeros, and exponent: equal for equal numbers however written. */
const decimal = (literal: string): string => {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(literal) ?? [];
  const digits = (whole + fraction).replace(/^0+/, "");
  const significant = digits.replace(/0+$/, "");
  if (significant === "") return "0";
  return `${sign}${significant}e${Number(exponent) - fraction.length + (digits.length - significant.length)}`;
};
