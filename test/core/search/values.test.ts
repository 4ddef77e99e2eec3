import { expect, it } from "@jest/globals";
import { decodeValue, encodeValue, equivalentValues, parseNumber } from "../../../core/search/values.ts";
import fc from "../../fast-check.ts";

const bytes = (value: string | number | boolean) => Buffer.from(encodeValue(value));
const finite = fc.double({ noNaN: true, noDefaultInfinity: true });

it("encodeValue sorts numbers", () => {
  fc.assert(
    fc.property(finite, finite, (a, b) =>
      expect(Math.sign(Buffer.compare(bytes(a), bytes(b)))).toBe(a === b ? 0 : a < b ? -1 : 1),
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
  expect([equivalentValues("5"), equivalentValues(5), equivalentValues("true"), equivalentValues("x")]).toEqual([
    ["5", 5],
    [5, "5"],
    ["true", true],
    ["x"],
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
