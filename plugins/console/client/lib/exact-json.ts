import { type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";

/** What `JSON.parse` and `JSON.rawJSON` of current browsers take, which TypeScript's library does not declare yet. */
const { parse, rawJSON } = JSON as unknown as {
  parse(
    text: string,
    revive: (key: string, value: unknown, context?: { readonly source?: string }) => unknown,
  ): unknown;
  rawJSON?: (text: string) => unknown;
};

/** Numbers that a double does not hold exactly are at least this long. */
const HAS_LONG_NUMBER = /\d{16}/;

/**
 * Parses JSON. Integers beyond ±(2^53 − 1) become `bigint`s, since numbers would round them. Throws a SyntaxError.
 * Browsers that do not show a number's source round as `JSON.parse` does.
 */
export const parseExactJson = (text: string): unknown =>
  HAS_LONG_NUMBER.test(text)
    ? parse(text, (_, value, context) =>
        typeof value === "number" &&
        Number.isInteger(value) &&
        !Number.isSafeInteger(value) &&
        context?.source !== undefined &&
        /^-?\d+$/.test(context.source)
          ? BigInt(context.source)
          : value,
      )
    : JSON.parse(text);

/** Writes JSON, with `bigint`s as integers. @param indent spaces for each level */
export const printExactJson = (value: unknown, indent = 0): string =>
  JSON.stringify(
    value,
    (_, part: unknown) => (typeof part === "bigint" ? (rawJSON?.(String(part)) ?? Number(part)) : part),
    indent,
  );

/** Whether a value may have integers that this browser has rounded: browsers before 2025 do not show a number's source. */
export const mayBeRounded = (value: unknown): boolean =>
  rawJSON === undefined && value !== undefined && HAS_LONG_NUMBER.test(printExactJson(value));

/** Where a text stops being JSON. */
export interface JsonError {
  readonly message: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
}

/** Returns the value of a JSON text, or what is wrong with it. */
export const readJson = (text: string): { readonly value: unknown } | { readonly error: JsonError } => {
  try {
    return { value: parseExactJson(text) };
  } catch {
    return { error: findJsonError(text) };
  }
};

const MESSAGES: Readonly<Record<string, string>> = {
  InvalidSymbol: "this is no value. Texts and names are in double quotes.",
  InvalidNumberFormat: "this is no number.",
  PropertyNameExpected: "a name in double quotes is missing, or there is a comma too many.",
  ValueExpected: "a value is missing.",
  ColonExpected: "a colon is missing.",
  CommaExpected: "a comma is missing.",
  CloseBraceExpected: "a } is missing.",
  CloseBracketExpected: "a ] is missing.",
  EndOfFileExpected: "the text should end here.",
  InvalidCommentToken: "comments are not allowed.",
  UnexpectedEndOfString: "the text has no closing quote.",
  UnexpectedEndOfNumber: "the number is not complete.",
  InvalidUnicode: "the escape \\u needs four hexadecimal digits.",
  InvalidEscapeCharacter: "there is no such escape after \\.",
  InvalidCharacter: "this character must be escaped.",
};

/** Browsers do not always say where: `JSON.parse` leaves the position out of some messages. */
const findJsonError = (text: string): JsonError => {
  const errors: ParseError[] = [];
  parseTree(text, errors, { disallowComments: true });
  const [first] = errors;
  const before = text.slice(0, first?.offset ?? 0).split("\n");
  return {
    message: MESSAGES[first === undefined ? "" : printParseErrorCode(first.error)] ?? "it cannot be read.",
    line: before.length,
    column: (before.at(-1)?.length ?? 0) + 1,
  };
};
