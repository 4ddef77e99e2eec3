// cspell:disable
import { describe, expect, it } from "@jest/globals";
import { foldWord } from "../../../core/search/analysis/fold-word.ts";
import { stemWord } from "../../../core/search/analysis/stem-word.ts";
import { locateWords, splitIntoWords } from "../../../core/search/analysis/words.ts";
import { LANGUAGES } from "../../../core/search/languages.ts";
import { MAX_WORD_UNITS } from "../../../lib/text-segmentation/words.ts";
import fc, { codePoint } from "../../fast-check.ts";

describe("splitIntoWords", () => {
  it.each<[text: string, words: string]>([
    ["The QUICK brown-fox", "the quick brown fox"],
    ["Café, café, cafe\u0301", "cafe cafe cafe"],
    ["Müller MU\u0308LLER", "muller muller"],
    ["Å \u212B A\u030A", "a a a"],
    ["Straße STRASSE", "strasse strasse"],
    ["Łódź Ørsted Þór İzmir ılık", "lodz orsted thor izmir ilik"],
    ["Ἑλλάδα ΕΛΛΆΔΑ ὁδός ΟΔΟΣ", "ελλαδα ελλαδα οδοσ οδοσ"],
    ["ёлка Ёлка йод мо\u0301й їжак", "елка елка йод мой їжак"],
    ["Ａｐｐｌｅ ﬁne ｶﾞｽ ガス ①", "apple fine ガス ガス"],
    ["보호", "보호"],
    ["보호".normalize("NFD"), "보호"],
    ["日本 か\u3099", "日 本 が"],
    ["مُحَمَّد محمد أحمد علی\u200Cرضا", "محمد محمد احمد عليرضا"],
    ["שָׁלוֹם שלום", "שלום שלום"],
    ["soft\u00ADhyphen zero\u2060width", "softhyphen zerowidth"],
    ["don't don’t DON‘T O'Reilly", "dont dont dont oreilly"],
    ["L’été d'Ivoire dell'arte qu’il", "l ete d ivoire dell arte qu il"],
    ["it's l'x", "its lx"],
    ["C++ foo_bar 1,000.5 node.js", "c foo_bar 1,000.5 node.js"],
    ["\u{1F469}\u200D\u{1F4BB} 🇩🇪", "\u{1F469}\u{1F4BB} 🇩🇪"],
    [" -!? ", ""],
  ])("splits %j", (text, words) => {
    expect(splitIntoWords(text).join(" ")).toBe(words);
  });

  it("finds the same words in every Unicode form and case of a text", () => {
    const letters = fc.string({ unit: fc.constantFrom(..."aéÅßŁœñçüИйёΩάアガが한글 -'’".normalize("NFC")) });
    fc.assert(
      fc.property(letters, (text) => {
        const words = splitIntoWords(text);

        expect(splitIntoWords(text.normalize("NFD"))).toEqual(words);
        expect(splitIntoWords(words.join(" "))).toEqual(words);
      }),
    );
  });

  it("locates each word in its text", () => {
    fc.assert(
      fc.property(fc.string({ unit: codePoint }), (text) => {
        let end = 0;
        for (const word of locateWords(text)) {
          expect(word.start).toBeGreaterThanOrEqual(end);
          expect(foldWord(text.slice(word.start, word.end))).toBe(word.word);
          end = word.end;
        }
        expect(end).toBeLessThanOrEqual(text.length);
      }),
    );
  });

  it("keeps words within the length of the index", () => {
    // One character that stands for 18.
    expect(splitIntoWords("\uFDFA".repeat(MAX_WORD_UNITS))).toEqual([expect.stringMatching(/^.{255}$/u)]);
    expect(splitIntoWords("x".repeat(600)).map((word) => word.length)).toEqual([255, 255, 90]);
  });

  it("takes time linear in the text", () => {
    for (const part of ["a", "é", "a\u0301", "’", "d’", "\u0301", "日", "か\u3099", " "]) {
      const started = performance.now();
      splitIntoWords(part.repeat(300_000));
      expect(performance.now() - started).toBeLessThan(10_000);
    }
  });
});

describe("stemWord", () => {
  it.each<[language: string, forms: readonly string[]]>([
    ["da", ["bogen", "boger"]],
    ["de", ["hauser", "haus"]],
    ["en", ["promise", "promises", "promised"]],
    ["es", ["libro", "libros"]],
    ["fi", ["talo", "talossa"]],
    ["fr", ["chevaux", "cheval"]],
    ["hu", ["haz", "hazak"]],
    ["it", ["libro", "libri"]],
    ["nl", ["boek", "boeken"]],
    ["no", ["bil", "biler"]],
    ["pt", ["livro", "livros"]],
    ["ro", ["carte", "cartea"]],
    ["ru", ["книга", "книги"]],
    ["sv", ["bil", "bilar"]],
    ["tr", ["kitap", "kitaplar"]],
  ])("finds forms of words in %s", (language, forms) => {
    expect(new Set(forms.map((form) => stemWord(form, language))).size).toBe(1);
    expect(LANGUAGES.has(language)).toBe(true);
  });

  it("has every language of collections", () => {
    const word = { ru: "книгами", tr: "kitaplar", hu: "hazak", fi: "talossa" } as Readonly<Record<string, string>>;
    const unchanged = [...LANGUAGES.keys()].filter((language) => {
      const forms = [word[language] ?? "", "nationes", "libros", "katzen", "bilarna", "carteaua"].filter(Boolean);
      return forms.every((form) => stemWord(form, language) === form);
    });

    expect(unchanged).toEqual([]);
  });

  it("leaves names, codes and words of other languages", () => {
    for (const word of ["5", "a.b", "constructor", "__proto__", "日", "x".repeat(65)])
      expect(stemWord(word, "en")).toBe(word);
    expect(stemWord("promises", "xx")).toBe("promises");
  });
});
