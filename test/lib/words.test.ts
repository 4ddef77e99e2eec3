import { describe, expect, it } from "@jest/globals";
import { splitWords } from "../../lib/text-segmentation/words.ts";
import fc from "../fast-check.ts";

describe("words", () => {
  // Expected values: the answers of OpenSearch 3.8 to `_analyze` with the standard analyzer.
  it.each<[text: string, words: string[]]>([
    [
      "The 2 QUICK Brown-Foxes jumped over the lazy dog's bone.",
      ["the", "2", "quick", "brown", "foxes", "jumped", "over", "the", "lazy", "dog's", "bone"],
    ],
    [
      "e.g. 3.14 1,000 1:2 a:b foo_bar __x__ ___ a,b",
      ["e.g", "3.14", "1,000", "1", "2", "a:b", "foo_bar", "__x__", "a", "b"],
    ],
    ["日本語 ひら カタカナ カード", ["日", "本", "語", "ひ", "ら", "カタカナ", "カード"]],
    ["한국어 สวัสดีครับ ភាសាខ្មែរ", ["한국어", "สวัสดีครับ", "ភាសាខ្មែរ"]],
    ["😀👍🏽 👨‍👩‍👧 🇫🇷🇩🇪 🇫", ["😀", "👍🏽", "👨‍👩‍👧", "🇫🇷", "🇩🇪"]],
    ["צה\"ל ד'", ['צה"ל', "ד'"]],
    ["ΟΔΟΣ İstanbul STRASSE", ["οδοσ", "istanbul", "strasse"]],
    ["can't can’t 'quoted' x’", ["can't", "can’t", "quoted", "x"]],
    ["नमस्ते दुनिया مَرْحَبًا", ["नमस्ते", "दुनिया", "مَرْحَبًا"]],
    ["๑๒ ٣٫٥ １２ a\u00adb \u200b", ["๑๒", "٣٫٥", "１２", "a\u00adb"]],
    ["", []],
    ["-- !? \ue000", []],
  ])("splits %j", (text, expected) => {
    expect(splitWords(text)).toEqual(expected);
  });

  it("cuts words after 255 characters", () => {
    expect(splitWords("x".repeat(600)).map(({ length }) => length)).toEqual([255, 255, 90]);
  });

  it.each(["a'", "1,", "_", '\u05d0"', "👨\u200d", "a\u0301", "🇫", "'", "ก", "日"])(
    "finishes for 400,000 characters of %j",
    (hostile) => {
      // A quadratic scan of this length would exceed the timeout of the test.
      expect(splitWords(hostile.repeat(200_000)).join("").length).toBeLessThanOrEqual(hostile.length * 200_000);
    },
  );

  it("splits no word further when words are separated by lines", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 40 }), (text) => {
        const found = splitWords(text);
        expect(splitWords(found.join("\n")).length).toBeGreaterThanOrEqual(found.length);
      }),
    );
  });
});
