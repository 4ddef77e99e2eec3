import { describe, expect, it } from "@jest/globals";
import { completeTexts } from "../../../core/search/complete-texts.ts";
import { parseSearch, type SearchRequest } from "../../../core/search/request.ts";
import type { ShownHit } from "../../../core/search/visible-hits.ts";
import type { Json } from "../../../lib/json.ts";
import { issueOf, phrase, prefix } from "./parsed.ts";

describe("parseSearch › suggest", () => {
  it("parses term suggesters, with the words of their text", () => {
    const term = { field: "title.keyword", size: 3, max_edits: 1, suggest_mode: "popular", sort: "frequency" };

    expect(parseSearch({ suggest: { text: "Clowd, séa", spelling: { term } } }).suggest).toEqual([
      {
        is: "term",
        name: "spelling",
        path: "title",
        words: [
          { word: "clowd", start: 0, end: 5 },
          { word: "sea", start: 7, end: 10 },
        ],
        texts: ["Clowd", "séa"],
        size: 3,
        edits: 1,
        prefixLength: 1,
        minWordLength: 4,
        mode: "popular",
        sort: "frequency",
      },
    ]);
  });

  it("parses completion suggesters", () => {
    const suggest = {
      a: { prefix: "oce", completion: { field: "title" } },
      b: { prefix: "oceans", completion: { field: "title", size: 2, skip_duplicates: true, fuzzy: true } },
      c: { prefix: "oceans", completion: { field: "title", fuzzy: { fuzziness: 1 } } },
    };

    expect(parseSearch({ suggest }).suggest).toMatchObject([
      { is: "completion", name: "a", path: "title", prefix: "oce", size: 5, skipDuplicates: false, edits: 0 },
      { name: "b", size: 2, skipDuplicates: true, edits: 2 },
      { name: "c", edits: 1 },
    ]);
  });

  it("keeps requests cloneable, since searches run in a thread", () => {
    const suggest = { a: { prefix: "oce", completion: { field: "title", fuzzy: true } } };

    expect(() => structuredClone(parseSearch({ suggest, highlight: { fields: { a: {} } } }))).not.toThrow();
  });

  it.each<[suggest: Json, issue: string | RegExp]>([
    [{ a: {} }, 'suggest.a: must have one of term and completion, for example {"term": {"field": "title"}}'],
    [{ a: { text: "x", phrase: {} } }, /^suggest\.a\.phrase: phrase is not supported/],
    [{ a: { term: { field: "title" } } }, "suggest.a.text: must be a non-empty string"],
    [{ a: { text: "x", term: {} } }, "suggest.a.term.field: must be a non-empty string"],
    [{ a: { text: "x", term: { field: "t", max_edits: 3 } } }, "suggest.a.term.max_edits: must be 1 or 2"],
    [{ a: { text: "x", term: { field: "t", size: 0 } } }, "suggest.a.term.size: must be from 1 to 100"],
    [{ a: { text: "x ".repeat(33), term: { field: "t" } } }, "suggest.a.term: must be for a text of at most 32 words"],
    [{ a: { text: "x".repeat(1001), term: { field: "t" } } }, "suggest.a.text: must have at most 1000 characters"],
    [
      Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`s${n}`, { text: "x", term: { field: "t" } }])),
      "suggest: must have at most 8 suggesters",
    ],
  ])("refuses %j", (suggest, issue) => {
    expect(issueOf({ suggest })).toMatch(issue);
  });
});

describe("completeTexts", () => {
  const hit = (id: string, title: Json): ShownHit =>
    ({ index: 0, id, score: 1, document: { title }, record: {}, target: {} }) as unknown as ShownHit;
  const complete = async (completion: { [key: string]: Json }, prefixText: string, hits: readonly ShownHit[]) => {
    const requests: SearchRequest[] = [];
    const { suggest } = parseSearch({
      suggest: { a: { prefix: prefixText, completion: { field: "a", ...completion } } },
    });
    const found = await completeTexts(suggest, async (request) => {
      requests.push(request);
      return hits;
    });
    return { texts: (found.get("a") ?? []).map(({ text }) => text), requests };
  };

  it("searches for words that begin with what was typed, those at the start of a text first", async () => {
    const { requests } = await complete({}, "Open Se", []);

    expect(requests).toMatchObject([
      {
        query: {
          must: [phrase("open se", { lastIsPrefix: true })],
          should: [{ query: { match: { text: "Open Se" } } }],
        },
        size: 20,
        sort: [{ by: "score" }, { by: "values", paths: ["a"] }],
      },
    ]);
    expect((await complete({}, "se", [])).requests[0]?.query).toMatchObject({ must: [prefix("se")] });
    expect((await complete({}, "!", [])).requests).toEqual([]);
  });

  it("returns the texts that begin with it", async () => {
    const hits = [hit("x", "Open Sea"), hit("y", ["The open sea", "open  séance"]), hit("z", "Open Sea")];
    const { requests } = await complete({ field: "title" }, "open se", hits);

    expect(requests).toHaveLength(1);
    expect((await complete({ field: "title" }, "open se", hits)).texts).toEqual([
      "Open Sea",
      "open  séance",
      "Open Sea",
    ]);
    expect((await complete({ field: "title", skip_duplicates: true }, "open se", hits)).texts).toEqual([
      "Open Sea",
      "open  séance",
    ]);
    expect((await complete({ field: "title", size: 1 }, "open se", hits)).texts).toEqual(["Open Sea"]);
  });
});
