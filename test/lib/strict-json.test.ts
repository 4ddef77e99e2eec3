import { describe, expect, it } from "@jest/globals";
import { type Json, parseJson } from "../../lib/json.ts";
import { parseStrictJson, StrictJsonError } from "../../lib/strict-json.ts";
import fc, { codePoint } from "../fast-check.ts";

/** Any text that JSON.stringify writes for numbers that are no large integers. */
const written = fc
  .jsonValue({ stringUnit: codePoint, maxDepth: 6 })
  .map((value) => JSON.stringify(value, (_, inner: unknown) => (isLargeInteger(inner) ? 0.5 : inner)));

const withKeys = (count: number): string => `{${Array.from({ length: count }, (_, n) => `"k${n}":0`).join()}}`;

const isLargeInteger = (value: unknown): boolean => Number.isInteger(value) && !Number.isSafeInteger(value);

/** Integers of up to 38 digits, more of them near the limits. */
const integer = fc.oneof(
  fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n }),
  fc.bigInt({ min: -20n, max: 20n }).map((offset) => 2n ** 53n + offset),
  fc.bigInt({ min: -20n, max: 20n }).map((offset) => -(2n ** 63n) + offset),
  fc.tuple(fc.bigInt({ min: 1n, max: 99n }), fc.nat(35)).map(([digits, zeros]) => digits * 10n ** BigInt(zeros)),
);

/** The same values with white space and with every character escaped. */
const rewritten = written.map((text) =>
  text.replace(/"(?:[^"\\]|\\.)*"|[[\]{},:]/gs, (token) =>
    token.startsWith('"') ? `"${escaped(JSON.parse(token))}"` : ` \n${token}\t\r`,
  ),
);
const escaped = (text: string) =>
  text.replace(/[\s\S]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);

const catchError = (text: string): unknown => {
  try {
    parseStrictJson(text);
  } catch (error) {
    return error;
  }
  throw new Error(`No error for ${text.slice(0, 100)}`);
};

const nested = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;

describe("parseStrictJson", () => {
  it("agrees with JSON.parse on any text that JSON.stringify writes", () => {
    fc.assert(
      fc.property(written, (text) => {
        expect(parseStrictJson(text)).toEqual(JSON.parse(text));
        expect(JSON.stringify(parseStrictJson(text))).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });

  it("ignores white space and escapes", () => {
    fc.assert(
      fc.property(rewritten, (text) => expect(parseStrictJson(text)).toEqual(JSON.parse(text))),
      { numRuns: 500 },
    );
  });

  it("either throws or agrees with JSON.parse, for any text", () => {
    const tokens = fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      '"',
      "\\",
      '"a"',
      '"\\""',
      "1",
      "-",
      "1e5",
      ".5",
      "null",
      "true",
      " ",
      "\n",
      "\ud800",
      "\0",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: codePoint }),
          fc.array(tokens, { maxLength: 12 }).map((all) => all.join("")),
        ),
        (text) => {
          let value: unknown;
          try {
            value = parseStrictJson(text);
          } catch (error) {
            expect(error).toBeInstanceOf(StrictJsonError);
            return;
          }
          expect(value).toEqual(JSON.parse(text));
        },
      ),
      { numRuns: 2000 },
    );
  });
});

/** Shortens long texts in test titles. */
const withTitle = (text: string) =>
  [text.length > 40 ? `${text.slice(0, 20)}… (${text.length} characters)` : text, text] as const;

describe("parseStrictJson with numbers", () => {
  it.each(
    [
      "0",
      "-0",
      "1.0",
      "1E2",
      "1e+2",
      "100e-2",
      "5e-324",
      "-1.7976931348623157e308",
      "0.1",
      "9007199254740991.0e0",
      "0e999",
      "0.000",
      "-1e38",
      `1${"0".repeat(38)}`,
      `1.${"0".repeat(100)}`,
    ].map(withTitle),
  )("accepts %s, which fits a double", (_, text) => {
    expect(parseStrictJson(text)).toBe(Number(text));
  });

  it.each(
    [
      "1e400",
      "-1e400",
      "9007199254740992.5",
      "0.1000000000000000000001",
      "1e-400",
      "2e-324",
      `0.${"0".repeat(330)}1`,
      `1.${"0".repeat(500)}`,
    ].map(withTitle),
  )("refuses %s, which does not fit a double", (_, text) => {
    for (const body of [text, `[${text}]`, `{"a":[0,{"b":${text}}]}`]) {
      expect(catchError(body)).toMatchObject({
        name: "StrictJsonError",
        message: expect.stringMatching(
          /the number .* at offset \d+ is neither an integer nor fits a double. Send it as a string/,
        ),
      });
    }
  });

  it("accepts every double, in shortest and in exponential notation", () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, noDefaultInfinity: true }).filter((number) => !Object.is(number, -0)),
        (number) => {
          const isBigint = isLargeInteger(number) && Math.abs(number) < 1e38;
          for (const text of [JSON.stringify(number), number.toExponential()]) {
            const [parsed] = parseStrictJson(`[${text}]`) as [number | bigint];
            expect([typeof parsed, Number(parsed)]).toEqual([isBigint ? "bigint" : "number", number]);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("keeps every integer of up to 38 digits", () => {
    fc.assert(
      fc.property(integer, (value) => {
        const text = `{"a":[${value}]}`;
        const isSafe = Number.isSafeInteger(Number(value));
        expect(parseStrictJson(text)).toEqual({ a: [isSafe ? Number(value) : value] });
        expect(JSON.stringify(parseStrictJson(text))).toBe(text);
        expect(parseStrictJson(String(value).replace(/(?<=\d)0*$/, (zeros) => `e${zeros.length}`))).toBe(
          isSafe ? Number(value) : value,
        );
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ["9007199254740991", 9007199254740991],
    ["-9007199254740991", -9007199254740991],
    ["9007199254740992", 9007199254740992n],
    ["-9007199254740993", -9007199254740993n],
    ["9007199254740993.0", 9007199254740993n],
    ["9.007199254740993E+15", 9007199254740993n],
    ["1e22", 10n ** 22n],
    ["9".repeat(38), 10n ** 38n - 1n],
  ])("parses %s exactly", (text, value) => {
    expect(parseStrictJson(`{"a":${text}}`)).toEqual({ a: value });
  });

  it.each(["1".repeat(39), `-${"9".repeat(100)}`, "7".repeat(500)])("refuses the integer %s for its length", (text) => {
    expect(catchError(`{"a":${text}}`)).toMatchObject({
      message: expect.stringMatching(/at offset 5 has more than 38 digits. Send it as a string$/),
    });
  });

  it("ignores digits within strings", () => {
    expect(parseStrictJson('{"1e400":"12345678901234567890 \\" 1e400"}')).toEqual({
      "1e400": '12345678901234567890 " 1e400',
    });
  });
});

describe("parseJson", () => {
  it("reads what JSON.stringify wrote", () => {
    const values = fc.letrec<{ json: Json }>((tie) => ({
      json: fc.oneof(
        { depthSize: "small" },
        integer.map((value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value)),
        fc.string({ unit: codePoint }),
        fc.stringMatching(/^\d{15,20}$/),
        fc.double({ min: -1, max: 1, noNaN: true }).map((value) => value + 0),
        fc.constantFrom(null, true, false),
        fc.array(tie("json")),
        fc
          .array(fc.tuple(fc.constantFrom("a", "__proto__", "1234567890123456789"), tie("json")))
          .map(Object.fromEntries),
      ),
    })).json;
    fc.assert(
      fc.property(values, (value) => expect(parseJson(JSON.stringify(value))).toEqual(value)),
      { numRuns: 1000 },
    );
  });

  it("leaves integers in strings and fractions as they are", () => {
    const text = '{"id":"9007199254740993","part":0.12345678901234567,"9007199254740993":1}';
    expect(parseJson(text)).toEqual(JSON.parse(text));
  });

  it("finds a large integer at any offset, and next to other digits", () => {
    for (const value of [9007199254740992n, -9007199254740993n, 10n ** 38n - 1n, 1e22]) {
      const exact = BigInt(value);
      for (let offset = 0; offset < 40; offset++) {
        const others = ["x".repeat(offset), 0.12345678901234566, "9007199254740993", 1.5e300, offset];
        expect(parseJson(JSON.stringify([...others, value]))).toEqual([...others, exact]);
        expect(parseJson(JSON.stringify([value, ...others, value]))).toEqual([exact, ...others, exact]);
      }
      expect(parseJson(JSON.stringify(value))).toBe(exact);
    }
  });

  it.each(["7", "0.1234567890123456", '"1234567890123456', "123456789012345 ", "+", "e "])(
    "reads a text of 8 million characters %s in linear time",
    (unit) => {
      const text = JSON.stringify(unit.repeat(8_000_000 / unit.length));
      expect(parseJson(text) === JSON.parse(text)).toBe(true);
    },
  );
});

describe("parseStrictJson with keys", () => {
  it.each([
    ['{"a":1,"a":1}', '"a"'],
    ['{"a":1,"b":{},"a":2}', '"a"'],
    ['[{"x":{"k":[],"k":0}}]', '"k"'],
    ['{"a":1,"\\u0061":2}', '"a"'],
    ['{"":1,"":2}', '""'],
    ['{"__proto__":1,"__proto__":2}', '"__proto__"'],
    ['{"a":{"b":1},"c":[1,{"d":2}],"a":3}', '"a"'],
  ])("refuses the duplicate key in %s", (text, key) => {
    expect(catchError(text)).toMatchObject({
      message: expect.stringContaining(`duplicate key ${key} at offset `),
    });
  });

  it.each([
    '[{"a":1},{"a":2}]',
    '{"a":{"a":{"a":1}}}',
    '{"a":"a","b":["a","a"]}',
    '{"a":1,"A":2,"á":3,"a\\u0301":4}',
    '{"a":"b","b":"a"}',
  ])("accepts equal keys of different objects: %s", (text) => {
    expect(parseStrictJson(text)).toEqual(JSON.parse(text));
  });

  it("accepts __proto__ and constructor as ordinary keys", () => {
    const text = '{"__proto__":{"polluted":1},"constructor":2,"prototype":3,"toString":4}';
    const value = parseStrictJson(text) as object;

    expect(JSON.stringify(value)).toBe(text);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect("polluted" in {}).toBe(false);
  });
});

describe("parseStrictJson with nesting", () => {
  it("accepts 100 levels and refuses 101", () => {
    expect(JSON.stringify(parseStrictJson(nested(100)))).toBe(nested(100));
    expect(parseStrictJson(`[${Array.from({ length: 50 }, () => nested(99)).join(",")}]`)).toHaveLength(50);
    for (const text of [
      nested(101),
      `${'{"a":'.repeat(101)}1${"}".repeat(101)}`,
      `${'[{"a":'.repeat(51)}1${"}]".repeat(51)}`,
    ]) {
      expect(catchError(text)).toMatchObject({ message: expect.stringContaining("more than 100 levels") });
    }
  });

  it("ignores brackets within strings", () => {
    expect(parseStrictJson(`"${"[{".repeat(500)}"`)).toBe("[{".repeat(500));
  });
});

describe("parseStrictJson with megabytes of hostile text", () => {
  const MANY = 3_000_000;
  it.each([
    ["one long string", `"${"a".repeat(MANY)}"`],
    ["a string of escaped quotes", `"${'\\"'.repeat(MANY / 2)}"`],
    ["a string of backslashes", `"${"\\\\".repeat(MANY / 2)}"`],
    ["runs of backslashes before quotes", `"${`${"\\\\".repeat(500)}\\"`.repeat(MANY / 1002)}"`],
    ["many short strings", `[${'"",'.repeat(MANY / 3)}""]`],
    ["as many keys as an object may have", withKeys(60_000)],
    ["many objects", `[${"{},".repeat(MANY / 3)}{}]`],
    ["many numbers", `[${"0,".repeat(MANY / 2)}0]`],
    ["many long numbers", `[${`${"0.1".padEnd(390, "0")},`.repeat(MANY / 391)}0]`],
    ["white space", `[${" ".repeat(MANY)}]`],
  ])("parses %s", (_, text) => {
    expect(JSON.stringify(parseStrictJson(text)) === JSON.stringify(JSON.parse(text))).toBe(true);
  });

  it.each([
    ["one number of a million digits", "1".repeat(MANY)],
    ["one fraction of a million zeros", `0.${"0".repeat(MANY)}1`],
    ["an exponent of a million digits", `1e${"0".repeat(MANY)}1`],
    ["open brackets without end", "[".repeat(MANY)],
    ["a hundred thousand levels", nested(100_000)],
    ["a million levels of objects, unclosed", '{"a":'.repeat(MANY / 5)],
    ["the same key again and again", `{${'"a":0,'.repeat(MANY / 6)}"a":0}`],
    ["a string that does not end", `"${"\\".repeat(MANY)}`],
    ["one key more than an object may have", withKeys(60_001)],
    ["too many keys in an inner object", `[{"a":${withKeys(60_001)}}]`],
  ])("refuses %s with a short message", (_, text) => {
    const error = catchError(text);
    expect(error).toBeInstanceOf(StrictJsonError);
    expect((error as Error).message.length).toBeLessThan(400);
  });
});
