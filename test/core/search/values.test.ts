import { expect, it } from "@jest/globals";
import {
  decodeValue,
  encodeValue,
  equivalentValues,
  LAST_CHARACTER,
  parseNumber,
  type Scalar,
} from "../../../core/search/values.ts";
import fc from "../../fast-check.ts";

const bytes = (value: Scalar) => Buffer.from(encodeValue(value));
const isLargeInteger = (value: number) =>
  Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value) < 1e38;
const double = fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !isLargeInteger(value));
const largeInteger = fc
  .oneof(
    fc.bigInt({ min: 1n - 10n ** 38n, max: 10n ** 38n - 1n }),
    // Close to each other, to a power of two, and to doubles that the integers round to.
    fc
      .tuple(fc.constantFrom(2n ** 54n, -(2n ** 54n), 2n ** 63n, -(2n ** 63n), 2n ** 126n), fc.bigInt(-3000n, 3000n))
      .map(([base, offset]) => base + offset),
  )
  .filter((value) => !Number.isSafeInteger(Number(value)));
/** Numbers as `Json` has them. */
const finite = fc.oneof(double, largeInteger);

it("encodeValue sorts numbers", () => {
  fc.assert(
    fc.property(finite, finite, (a, b) =>
      expect(Math.sign(Buffer.compare(bytes(a), bytes(b)))).toBe(a < b ? -1 : a > b ? 1 : 0),
    ),
  );
});

it("encodeValue sorts booleans before numbers before strings", () => {
  fc.assert(
    fc.property(fc.boolean(), finite, fc.string(), (boolean, number, string) => {
      expect(Buffer.compare(bytes(boolean), bytes(number))).toBe(-1);
      expect(Buffer.compare(bytes(number), bytes(string))).toBe(-1);
    }),
  );
});

it("decodeValue reverses encodeValue", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        finite,
        fc.boolean(),
        fc.string({ unit: "grapheme" }).filter((text) => !text.includes("\0")),
      ),
      (value) => expect(decodeValue(encodeValue(value))).toEqual(value === 0 ? 0 : value),
    ),
  );
});

it("encodeValue replaces only lone surrogates and NUL in strings", () => {
  expect(decodeValue(encodeValue("a\ud800\0b"))).toBe("a\ufffd\ufffdb");
});

it("equivalentValues pairs a string with its number or boolean", () => {
  expect(["5", 5, "true", "false", "True", true, "x"].map(equivalentValues)).toEqual([
    ["5", 5],
    [5, "5"],
    ["true", true],
    ["false", false],
    ["True"],
    [true, "true"],
    ["x"],
  ]);
});

it("encodeValue treats -0 as 0", () => {
  expect(encodeValue(-0)).toBe(encodeValue(0));
});

it("LAST_CHARACTER sorts after all other characters", () => {
  expect(Buffer.from(LAST_CHARACTER)).toEqual(Buffer.from([0xf4, 0x8f, 0xbf, 0xbf]));
});

it("parseNumber parses decimal numbers of at most 38 digits only", () => {
  expect(["12", "1.25", "1e3", "1E-2", "1.5e+10", "2e12", "9".repeat(38)].map(parseNumber)).toEqual([
    12,
    1.25,
    1000,
    0.01,
    15_000_000_000,
    2_000_000_000_000,
    10n ** 38n - 1n,
  ]);
  expect(["-1.5e3", "1e999", "0x10", "", " 1", "1.", "Infinity", "9".repeat(40)].map(parseNumber)).toEqual([
    -1500,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});
