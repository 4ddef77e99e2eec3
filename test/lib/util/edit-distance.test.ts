import { describe, expect, it } from "@jest/globals";
import { countEdits } from "../../../lib/util/edit-distance.ts";
import fc from "../../fast-check.ts";

/** The whole table, without limits. */
const countAllEdits = (a: readonly string[], b: readonly string[]): number => {
  const table = [...a, ""].map(() => [...b, ""].map(() => 0));
  const at = (i: number, j: number): number => table[i]?.[j] as number;
  for (let i = 0; i <= a.length; i++)
    for (let j = 0; j <= b.length; j++) {
      const row = table[i] as number[];
      if (i === 0 || j === 0) {
        row[j] = i + j;
        continue;
      }
      row[j] = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        row[j] = Math.min(at(i, j), at(i - 2, j - 2) + 1);
    }
  return at(a.length, b.length);
};

describe("countEdits", () => {
  it.each([
    ["sea", "sea", 2, 0],
    ["sea", "tea", 1, 1],
    ["sea", "sae", 1, 1],
    ["sea", "seas", 1, 1],
    ["sea", "ea", 1, 1],
    ["germany", "gemrny", 2, 2],
    ["sea", "ocean", 2, undefined],
    ["", "ab", 2, 2],
    ["", "abc", 2, undefined],
  ])("%s and %s differ within %i by %s", (a, b, max, edits) => {
    expect(countEdits([...a], [...b], max)).toBe(edits);
  });

  it("agrees with the whole table", () => {
    const word = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 7 });
    fc.assert(
      fc.property(word, word, fc.constantFrom(1, 2), (a, b, max) => {
        const edits = countAllEdits(a, b);
        expect(countEdits(a, b, max)).toBe(edits <= max ? edits : undefined);
      }),
    );
  });
});
