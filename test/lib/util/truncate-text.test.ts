import { describe, expect, it } from "@jest/globals";
import { truncateText } from "../../../lib/util/truncate-text.ts";
import fc from "../../fast-check.ts";

describe("truncateText", () => {
  it.each([
    ["an emoji", `${"a".repeat(9)}😀`, "a".repeat(9)],
    ["an emoji with joiners", `${"a".repeat(6)}👩‍👩‍👧‍👦`, "a".repeat(6)],
    ["a flag", `${"a".repeat(8)}🇮🇷🇮🇳`, "a".repeat(8)],
    ["an accent", `${"a".repeat(9)}e\u0301`, "a".repeat(9)],
    ["a Devanagari syllable", `${"a".repeat(8)}क्ष`, "a".repeat(8)],
    ["a Hangul syllable", `${"a".repeat(9)}\u1112\u1161\u11ab`, "a".repeat(9)],
    ["a line break", `${"a".repeat(9)}\r\n`, "a".repeat(9)],
  ])("keeps %s whole", (_, text, kept) => {
    expect(truncateText(text, 10)).toBe(kept);
    expect(truncateText(text, text.length)).toBe(text);
  });

  it("appends the ending only if something was cut", () => {
    expect(truncateText("Hello", 5, "…")).toBe("Hello");
    expect(truncateText("Hello!", 5, "…")).toBe("Hello…");
  });

  it("cuts within a cluster that is longer than a text for people has", () => {
    const text = `e${"\u0301".repeat(1000)}`;
    expect(truncateText(text, 500)).toBe(text.slice(0, 500));
    expect(truncateText(`e${"\u{1d165}".repeat(500)}`, 500).isWellFormed()).toBe(true);
  });

  it("never exceeds the maximum and never breaks a code point", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 60 }), fc.nat(40), (text, max) => {
        const kept = truncateText(text, max);
        expect(text.startsWith(kept) && kept.length <= max && kept.isWellFormed()).toBe(true);
      }),
    );
  });
});
