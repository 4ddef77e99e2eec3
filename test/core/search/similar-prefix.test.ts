import { expect, it } from "@jest/globals";
import { RE2JS } from "re2js";
import { similarPrefixSource } from "../../../core/search/words/similar-prefix.ts";
import { mayBeWrongBeginning } from "../../../core/search/words/word-clauses.ts";
import { countEdits } from "../../../lib/util/edit-distance.ts";
import fc from "../../fast-check.ts";

const matches = (typed: string, word: string): boolean =>
  RE2JS.compile(similarPrefixSource(typed), RE2JS.DOTALL).matches(word);

it.each<[typed: string, word: string, expected: boolean]>([
  ["typsc", "typescript", true],
  ["tpyes", "typescript", true],
  ["tapesc", "typescript", true],
  ["typeescr", "typescript", true],
  ["typescript", "typescript", true],
  ["xypesc", "typescript", false],
  ["tpysc", "typescript", false],
  ["c++.x", "c++yx", true],
  ["日本語の本", "日本誤の本棚", true],
])("similarPrefixSource(%s) and %s: %s", (typed, word, expected) => {
  expect(matches(typed, word)).toBe(expected);
});

it("mayBeWrongBeginning refuses numbers, and words whose pattern is longer than Lucene accepts", () => {
  const words = ["type", "types", "12345", "abcdefghijklmno", "abcdefghijklmnop", "a.b.c.d.e.f.g.h"];

  expect(words.map(mayBeWrongBeginning)).toEqual([false, true, false, true, false, false]);
});

it("similarPrefixSource matches words that begin with a similar text and the same letter", () => {
  const letters = fc.array(fc.constantFrom("a", "b", "c", "."), { minLength: 2, maxLength: 7 });
  fc.assert(
    fc.property(letters, letters, (typed, word) => {
      // The first letter is not changed, so only the others are compared.
      const others = typed.slice(1);
      const beginnings = [-1, 0, 1].map((more) => word.slice(1, typed.length + more));
      const isSimilar = beginnings.some((one) => countEdits(others, one, 1) !== undefined);

      expect(matches(typed.join(""), word.join(""))).toBe(typed[0] === word[0] && isSimilar);
    }),
  );
});
