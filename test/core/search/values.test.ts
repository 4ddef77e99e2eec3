import { expect, it } from "@jest/globals";
import {
  decodeDate,
  decodeValue,
  encodeDate,
  encodedDate,
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
      (value) =>
        expect(decodeValue(encodeValue(value))).toEqual(
          value === 0 ? 0 : typeof value === "string" ? value.normalize("NFC") : value,
        ),
    ),
  );
});

it("encodeValue replaces only lone surrogates and NUL in strings", () => {
  expect(decodeValue(encodeValue("a\ud800\0b"))).toBe("a\ufffd\ufffdb");
});

it("encodeValue encodes Unicode forms of the same characters alike", () => {
  for (const text of ["café", "보호", "が", "\u212B"]) {
    expect(encodeValue(text.normalize("NFD"))).toBe(encodeValue(text.normalize("NFC")));
    expect(encodeValue(text)).toBe(encodeValue(text.normalize("NFC")));
  }
});

it("encodeDate sorts dates by time, and decodeValue shows them in ISO 8601", () => {
  const times = [-62_135_596_800_000, -1, 0, 1, Date.UTC(2024, 0, 31)];
  const encoded = times.map(encodeDate);

  expect(encoded.toSorted()).toEqual(encoded);
  expect(encoded.map(decodeDate)).toEqual(times);
  expect(encoded.map(decodeValue).at(-1)).toBe("2024-01-31T00:00:00.000Z");
});

it.each<[text: string, iso: string | undefined]>([
  ["2024-01", "2024-01-01T00:00:00.000Z"],
  ["2024-01-31", "2024-01-31T00:00:00.000Z"],
  ["2024-01-31T12", "2024-01-31T12:00:00.000Z"],
  ["2024-01-31T12:30:15.5Z", "2024-01-31T12:30:15.500Z"],
  ["2024-01-31T12:30:15,123456789-0330", "2024-01-31T16:00:15.123Z"],
  ["2024/01/31", "2024-01-31T00:00:00.000Z"],
  ["2024/01/31 12:30:15", "2024-01-31T12:30:15.000Z"],
  ["0001-01-01", "0001-01-01T00:00:00.000Z"],
  ["2024-02-30", undefined],
  ["2024-01-31T24:00", undefined],
  ["2024", undefined],
  ["31.01.2024", undefined],
  ["2024-01-31 12:30", undefined],
  ["2024-01-31T12:30:15.1234567890Z", undefined],
])("encodedDate detects dates as OpenSearch does: %s", (text, iso) => {
  const date = encodedDate(encodeValue(text));

  expect(date === undefined ? undefined : decodeValue(date)).toBe(iso);
});

it("encodedDate is for strings only", () => {
  expect([5, true, 20240131].map((value) => encodedDate(encodeValue(value)))).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
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

it("parseNumber leaves texts that a number would round", () => {
  expect(
    ["9007199254740993", "0.1", "0.10", "0.1000000000000000055511151231257827", "12345678901234567890.5"].map(
      parseNumber,
    ),
  ).toEqual([9007199254740993n, 0.1, 0.1, undefined, undefined]);
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
