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

/** Where a text stops being JSON. */
export interface JsonError {
  readonly message: string;
  /** From 1; absent if the browser does not say where. */
  readonly line?: number;
  readonly column?: number;
}

/** Returns the value of a JSON text, or what is wrong with it. */
export const readJson = (text: string): { readonly value: unknown } | { readonly error: JsonError } => {
  try {
    return { value: parseExactJson(text) };
  } catch (error) {
    return { error: locateJsonError(text, error instanceof Error ? error.message : String(error)) };
  }
};

/** Chromium names the character, Firefox the line and column. */
const locateJsonError = (text: string, raw: string): JsonError => {
  const message = raw
    .replace(/^JSON\.parse: /, "")
    .replace(/ in JSON at position .*$/, "")
    .replace(/, "[\s\S]*$/, "");
  const named = /line (\d+) column (\d+)/.exec(raw);
  if (named !== null) return { message, line: Number(named[1]), column: Number(named[2]) };
  const position = /position (\d+)/.exec(raw)?.[1];
  const at = position === undefined ? (/end of/i.test(raw) ? text.length : undefined) : Number(position);
  if (at === undefined) return { message };
  const before = text.slice(0, at).split("\n");
  return { message, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
};
