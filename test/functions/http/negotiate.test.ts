import { describe, expect, it } from "@jest/globals";
import { negotiateMediaType } from "../../../functions/http/request.ts";
import fc from "../../fast-check.ts";

const TYPES = ["application/json", "application/xml", "text/xml", "text/csv"];
const RANGES = [...TYPES, "text/*", "application/*", "*/*", "image/png"];

/** What RFC 9110 says, word by word: the quality of the narrowest range that a type is in. */
const qualityOf = (ranges: readonly (readonly [string, number])[], type: string): number => {
  const isIn = (range: string) =>
    range === "*/*" || range === type || (range.endsWith("/*") && type.startsWith(range.slice(0, -1)));
  const width = (range: string) => range.split("*").length;
  const matching = ranges.filter(([range]) => isIn(range)).toSorted(([a], [b]) => width(a) - width(b));
  return Math.max(
    0,
    ...matching.filter(([range]) => width(range) === width(matching[0]?.[0] ?? "")).map(([, quality]) => quality),
  );
};

describe("negotiateMediaType", () => {
  it("returns the type with the highest quality, the first among equals", () => {
    const range = fc.tuple(
      fc.constantFrom(...RANGES),
      fc.integer({ min: 0, max: 1000 }).map((quality) => quality / 1000),
    );
    fc.assert(
      fc.property(
        fc.array(range, { minLength: 1, maxLength: 6 }),
        fc.constantFrom(",", ", ", " ,\t"),
        fc.constantFrom("q", "Q"),
        (ranges, comma, q) => {
          const accept = ranges.map(([type, quality]) => `${type};level=1; ${q}=${quality}`).join(comma);
          const qualities = TYPES.map((type) => qualityOf(ranges, type));
          const most = Math.max(...qualities);
          expect(negotiateMediaType(accept, TYPES)).toBe(most === 0 ? undefined : TYPES[qualities.indexOf(most)]);
        },
      ),
    );
  });

  it("returns an available type or none for any header", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(..."*/,;q=0.1 ", ...RANGES) })), (accept) => {
        expect([...TYPES, undefined]).toContain(negotiateMediaType(accept, TYPES));
      }),
    );
  });

  it.each([undefined, "", "*", "nothing", ",,", "*/*;q=x", "application/json;q=", "*/*;q=7"])(
    "is the first for those who say no more than '%s'",
    (accept) => {
      expect(negotiateMediaType(accept, TYPES)).toBe("application/json");
    },
  );
});
