import { describe, expect, it } from "@jest/globals";
import { createLikeMatcher } from "../../../core/lists/like.ts";
import fc from "../../fast-check.ts";

/** A simple, slow reference implementation that tries all substitutions of each `*`. */
const naively = (pattern: string, text: string): boolean => {
  if (pattern === "") return text === "";
  if (pattern[0] !== "*") return pattern[0] === text[0] && naively(pattern.slice(1), text.slice(1));
  return Array.from({ length: text.length + 1 }, (_, taken) => taken).some((taken) =>
    naively(pattern.slice(1), text.slice(taken)),
  );
};

const letters = (from: string, maxLength: number) =>
  fc.array(fc.constantFrom(...from), { maxLength }).map((all) => all.join(""));

describe("createLikeMatcher", () => {
  it("matches when each * can be replaced by some text", () => {
    fc.assert(
      fc.property(letters("ab*", 8), letters("ab", 10), (pattern, text) => {
        expect(createLikeMatcher(pattern)(text)).toBe(naively(pattern.includes("*") ? pattern : `*${pattern}*`, text));
      }),
      { numRuns: 3000 },
    );
  });

  it("matches every substring, ignoring case", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme-ascii" }),
        fc.string({ unit: "grapheme-ascii" }),
        fc.string({ unit: "grapheme-ascii" }),
        (before, part, after) => {
          const plain = part.replaceAll("*", "");
          expect(createLikeMatcher(plain.toUpperCase())(before + plain.toLowerCase() + after)).toBe(true);
        },
      ),
    );
  });

  it.each([
    ["a.c", "abc", false],
    ["a_c", "abc", false],
    ["a%c", "abbc", false],
    ["(", "f(x)", true],
    ["[a-z]\\", "[a-z]\\", true],
    ["*", "", true],
    ["", "anything", true],
    ["a*a", "a", false],
    ["*ab*ab*", "abab", true],
    ["*ab*ab*", "aba", false],
    ["*aab", "aaaab", true],
    ["a*b", "a\n\nb", true],
    ["ΟΔΟΣ", "οδος", true],
    ["οδοσ*", "ΟΔΟΣ ΑΒ", true],
    ["É", "café", true],
    ["straße", "STRASSE", false],
    ["😀", "x😀y", true],
  ])("matches %j with %j: %j", (pattern, text, expected) => {
    expect(createLikeMatcher(pattern)(text)).toBe(expected);
  });

  it("finds a match after many partial matches", () => {
    const long = "a".repeat(400_000);
    expect(createLikeMatcher(`${"a".repeat(5000)}b${"a".repeat(4999)}`)(long)).toBe(false);
    expect(createLikeMatcher(`*${"a*".repeat(4999)}b`)(long)).toBe(false);
    expect(createLikeMatcher(`*${"aab".repeat(3000)}*`)("aab".repeat(3000))).toBe(true);
  });
});
