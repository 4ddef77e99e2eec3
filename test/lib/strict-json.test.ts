import { describe, expect, it } from "@jest/globals";
import { parseJson } from "../../lib/strict-json.ts";
import fc from "../fast-check.ts";

/** Any text that JSON.stringify writes. */
const written = fc.jsonValue({ stringUnit: "binary", maxDepth: 6 }).map((value) => JSON.stringify(value));

/** White space where JSON allows it, and every character escaped: the same value in another dress. */
const dressed = written.map((text) =>
  text.replace(/"(?:[^"\\]|\\.)*"|[[\]{},:]/gs, (token) =>
    token.startsWith('"') ? `"${escaped(JSON.parse(token))}"` : ` \n${token}\t\r`,
  ),
);
const escaped = (text: string) =>
  text.replace(/[\s\S]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);

const refusal = (text: string): unknown => {
  try {
    parseJson(text);
  } catch (error) {
    return error;
  }
  throw new Error(`taken: ${text.slice(0, 100)}`);
};

const nested = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;

describe("a body's JSON", () => {
  it("is what JSON.parse makes of it, for whatever JSON.stringify writes", () => {
    fc.assert(
      fc.property(written, (text) => {
        expect(parseJson(text)).toEqual(JSON.parse(text));
        expect(JSON.stringify(parseJson(text))).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });

  it("is the same however it is written", () => {
    fc.assert(
      fc.property(dressed, (text) => expect(parseJson(text)).toEqual(JSON.parse(text))),
      { numRuns: 500 },
    );
  });

  it("is either refused as a 400 or equal to what JSON.parse makes of it, for any text", () => {
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
          fc.string({ unit: "binary" }),
          fc.array(tokens, { maxLength: 12 }).map((all) => all.join("")),
        ),
        (text) => {
          let value: unknown;
          try {
            value = parseJson(text);
          } catch (error) {
            expect(error).toMatchObject({ kind: "INVALID_PARAMETERS", details: [{ location: "body", name: "" }] });
            return;
          }
          expect(value).toEqual(JSON.parse(text));
        },
      ),
      { numRuns: 2000 },
    );
  });
});

/** A title that is not longer than its line. */
const named = (text: string) =>
  [text.length > 40 ? `${text.slice(0, 20)}… (${text.length} characters)` : text, text] as const;

describe("numbers", () => {
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
      "9007199254740992.0e0",
      "0e999",
      "0.000",
      `1${"0".repeat(22)}`,
      `1.${"0".repeat(100)}`,
    ].map(named),
  )("are taken where a double holds them: %s", (_, text) => {
    expect(parseJson(text)).toBe(Number(text));
  });

  it.each(
    [
      "1e400",
      "-1e400",
      "12345678901234567890",
      "9007199254740993",
      "0.1000000000000000000001",
      "1e-400",
      "2e-324",
      `0.${"0".repeat(330)}1`,
      `1${"0".repeat(500)}`,
      `1.${"0".repeat(500)}`,
    ].map(named),
  )("are refused where it does not: %s", (_, text) => {
    for (const body of [text, `[${text}]`, `{"a":[0,{"b":${text}}]}`]) {
      expect(refusal(body)).toMatchObject({
        kind: "INVALID_PARAMETERS",
        message: expect.stringMatching(/the number .* at offset \d+ does not fit a double; send it as a string/),
      });
    }
  });

  it("are taken for every double that there is, in the shortest and in other ways of writing it", () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, noDefaultInfinity: true }).filter((number) => !Object.is(number, -0)),
        (number) => {
          expect(parseJson(JSON.stringify(number))).toBe(number);
          expect(parseJson(`[${number.toExponential()}]`)).toEqual([number]);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("are refused for every integer that a double rounds", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 2n ** 53n, max: 2n ** 80n }), (integer) => {
        const exact = BigInt(Number(integer)) === integer && decimalOf(Number(integer)) === String(integer);
        if (exact) expect(parseJson(String(integer))).toBe(Number(integer));
        else expect(refusal(String(integer))).toMatchObject({ kind: "INVALID_PARAMETERS" });
      }),
      { numRuns: 1000 },
    );
  });

  it("mean nothing within strings", () => {
    expect(parseJson('{"1e400":"12345678901234567890 \\" 1e400"}')).toEqual({
      "1e400": '12345678901234567890 " 1e400',
    });
  });
});

/** The digits of an integer as its double prints, without an exponent. */
const decimalOf = (integer: number): string => {
  const [digits = "", exponent] = String(integer).split("e+");
  return exponent === undefined ? digits : digits.replace(".", "").padEnd(Number(exponent) + 1, "0");
};

describe("keys", () => {
  it.each([
    ['{"a":1,"a":1}', '"a"'],
    ['{"a":1,"b":{},"a":2}', '"a"'],
    ['[{"x":{"k":[],"k":0}}]', '"k"'],
    ['{"a":1,"\\u0061":2}', '"a"'],
    ['{"":1,"":2}', '""'],
    ['{"__proto__":1,"__proto__":2}', '"__proto__"'],
    ['{"a":{"b":1},"c":[1,{"d":2}],"a":3}', '"a"'],
  ])("stand once in an object: %s", (text, key) => {
    expect(refusal(text)).toMatchObject({
      message: expect.stringContaining(`the key ${key} stands twice in one object at offset `),
    });
  });

  it.each([
    '[{"a":1},{"a":2}]',
    '{"a":{"a":{"a":1}}}',
    '{"a":"a","b":["a","a"]}',
    '{"a":1,"A":2,"á":3,"a\\u0301":4}',
    '{"a":"b","b":"a"}',
  ])("stand as often as there are objects: %s", (text) => {
    expect(parseJson(text)).toEqual(JSON.parse(text));
  });

  it("of objects' own ways are keys like others, and change no prototype", () => {
    const text = '{"__proto__":{"polluted":1},"constructor":2,"prototype":3,"toString":4}';
    const value = parseJson(text) as object;

    expect(JSON.stringify(value)).toBe(text);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect("polluted" in {}).toBe(false);
  });
});

describe("levels", () => {
  it("are a hundred at most, of arrays and objects together", () => {
    expect(JSON.stringify(parseJson(nested(100)))).toBe(nested(100));
    expect(parseJson(`[${Array.from({ length: 50 }, () => nested(99)).join(",")}]`)).toHaveLength(50);
    for (const text of [
      nested(101),
      `${'{"a":'.repeat(101)}1${"}".repeat(101)}`,
      `${'[{"a":'.repeat(51)}1${"}]".repeat(51)}`,
    ]) {
      expect(refusal(text)).toMatchObject({ message: expect.stringContaining("more than 100 levels") });
    }
  });

  it("within strings are none", () => {
    expect(parseJson(`"${"[{".repeat(500)}"`)).toBe("[{".repeat(500));
  });
});

describe("texts of megabytes made to keep a parser busy", () => {
  const MANY = 3_000_000;
  it.each([
    ["one long string", `"${"a".repeat(MANY)}"`],
    ["a string of escaped quotes", `"${'\\"'.repeat(MANY / 2)}"`],
    ["a string of backslashes", `"${"\\\\".repeat(MANY / 2)}"`],
    ["runs of backslashes before quotes", `"${`${"\\\\".repeat(500)}\\"`.repeat(MANY / 1002)}"`],
    ["many short strings", `[${'"",'.repeat(MANY / 3)}""]`],
    ["many keys", `{${Array.from({ length: MANY / 12 }, (_, i) => `"k${i}":0`).join()}}`],
    ["many objects", `[${"{},".repeat(MANY / 3)}{}]`],
    ["many numbers", `[${"0,".repeat(MANY / 2)}0]`],
    ["many long numbers", `[${`${"0.1".padEnd(390, "0")},`.repeat(MANY / 391)}0]`],
    ["white space", `[${" ".repeat(MANY)}]`],
  ])("are read to their end: %s", (_, text) => {
    expect(JSON.stringify(parseJson(text)) === JSON.stringify(JSON.parse(text))).toBe(true);
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
  ])("are refused in words that stay short: %s", (_, text) => {
    const error = refusal(text);
    expect(error).toMatchObject({ kind: "INVALID_PARAMETERS" });
    expect((error as Error).message.length).toBeLessThan(400);
  });
});
