import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { openSqliteSearch } from "../../../adapters/search/sqlite/engine.ts";
import { Failure } from "../../../core/errors.ts";
import { createJsonLog } from "../../../core/ports/log.ts";
import type { SearchEngine } from "../../../core/ports/search-engine.ts";
import type { Clause } from "../../../core/search/clause.ts";
import { innerClauses } from "../../../core/search/clause.ts";
import { parseWordsSearch, withFacets } from "../../../core/search/words-search.ts";
import type { JsonObject } from "../../../lib/json.ts";
import { MemoryList, memoryStore } from "../../adapters/search/memory-list.ts";
import fc, { codePoint } from "../../fast-check.ts";

const RECORDS: Readonly<Record<string, JsonObject>> = {
  atlas: { title: "The Open Sea", body: "An atlas of water", year: 2004, at: "2004-05-01T12:00:00Z", tags: ["maps"] },
  brook: {
    title: "Brooks",
    body: "A sea of grass, open to all",
    year: 1999,
    at: "1999-01-01",
    tags: ["maps", "water"],
  },
  coral: { title: "Coral clouds", body: "In the sea of Japan", lang: "en", at: "2010" },
  drift: { title: "Café am Müllersee", lang: "de", tags: [] },
  ember: { title: "日本の海", n: 2004, lang: null },
  fjord: { title: "JavaScript for readers", lang: "en-GB" },
};

describe("parseWordsSearch", () => {
  const folder = mkdtempSync(join(tmpdir(), "kintoun-words-"));
  const list = new MemoryList().fill(RECORDS);
  let engine: SearchEngine;
  beforeAll(() => {
    const log = createJsonLog(() => {});
    engine = openSqliteSearch({ folder, maxBytes: Number.POSITIVE_INFINITY, store: memoryStore(list), log });
  });
  afterAll(async () => {
    await engine.close();
    rmSync(folder, { recursive: true });
  });

  const settings = { language: "en", weights: { title: 3 } };
  /** The hits of the query, and of each that requires fewer words. */
  const find = async (query: string): Promise<readonly (readonly string[])[]> => {
    const request = parseWordsSearch(new URLSearchParams(query), settings);
    const found: string[][] = [];
    for (const one of [request.query, ...request.relaxed]) {
      const { hits } = await engine.search([list.index()], { ...request, query: one });
      found.push(hits.map(({ id }) => id));
    }
    return found;
  };
  const first = async (query: string): Promise<readonly string[]> => (await find(query))[0] ?? [];

  it.each<[q: string, ids: readonly string[]]>([
    ["", ["atlas", "brook", "coral", "drift", "ember", "fjord"]],
    ["open sea", ["atlas", "brook"]],
    ["sea open", ["atlas", "brook"]],
    ["cloud", ["coral"]],
    ["clouds", ["coral"]],
    ["clo", ["coral"]],
    // A space ends the word.
    ["clo ", []],
    ["raeders java", ["fjord"]],
    ["javascirpt", ["fjord"]],
    ["java script", ["fjord"]],
    ["jvascript", ["fjord"]],
    // The first letter must be right.
    ["kavascript", []],
    ["crl", []],
    ["cafe muller", ["drift"]],
    ["CAFÉ", ["drift"]],
    ["日本", ["ember"]],
    ["本日", []],
    ["2004", ["atlas", "ember"]],
    ["the sea", ["coral", "atlas", "brook"]],
    ['"sea of japan"', ["coral"]],
    ['"of sea"', []],
    ["“open sea” atlas", ["atlas"]],
    ["!?", ["atlas", "brook", "coral", "drift", "ember", "fjord"]],
  ])("finds what %j means", async (q, ids) => {
    expect(await first(new URLSearchParams({ q }).toString())).toEqual(ids);
  });

  it("takes the last word for the beginning of a word with a typing error, if too little is found", async () => {
    expect(await find("q=javscr")).toEqual([[], ["fjord"]]);
    expect(await find("q=readers javscr")).toEqual([[], ["fjord"], ["fjord"]]);
    // Shorter beginnings must be right, and so must words that are complete.
    expect(await find("q=javs")).toEqual([[]]);
    expect(await find("q=javscr ")).toEqual([[]]);
  });

  it("requires all words, then all but one, then half of them", async () => {
    expect(await find("q=coral clouds grass")).toEqual([[], [], ["coral"]]);
    expect(await find("q=coral clouds japan grass water")).toEqual([[], [], [], ["coral"]]);
    expect((await find("q=coral grass")).slice(2)).toEqual([expect.arrayContaining(["brook", "coral"])]);
    expect(await find("q=coral ")).toHaveLength(1);
  });

  it.each<[filters: string, ids: readonly string[]]>([
    ["year=2004", ["atlas"]],
    ["min_year=1999", ["atlas", "brook"]],
    ["gt_year=1999", ["atlas"]],
    ["max_year=1999", ["brook"]],
    ["lt_year=2004", ["brook"]],
    ["min_at=2004-01", ["atlas"]],
    ["max_at=2004-05-01", ["atlas", "brook"]],
    ["tags=maps", ["atlas", "brook"]],
    ['contains_tags=["maps","water"]', ["brook"]],
    ['contains_any_tags=["maps","water"]', ["atlas", "brook"]],
    ["in_lang=en,de", ["coral", "drift"]],
    ["exclude_lang=en,de", ["atlas", "brook", "ember", "fjord"]],
    ["not_lang=en", ["atlas", "brook", "drift", "ember", "fjord"]],
    ["has_year=true", ["atlas", "brook"]],
    ["has_year=false", ["coral", "drift", "ember", "fjord"]],
    ["like_title=SEA", ["atlas"]],
    ["like_title=*cl*s", ["coral"]],
    ["like_title=a.*", []],
    ["id=atlas", []],
    ["q=sea&min_year=2000&not_lang=en", ["atlas"]],
  ])("filters by %s as lists do", async (filters, ids) => {
    expect((await first(filters)).toSorted()).toEqual(ids.toSorted());
  });

  it("reads the other parameters", () => {
    const request = parseWordsSearch(
      new URLSearchParams("sort=-year,title,_score&limit=5&offset=10&facets=lang,year&highlight=title&_fields=title"),
    );

    expect(request).toMatchObject({
      from: 10,
      size: 5,
      sort: [
        { by: "values", paths: ["year"], order: "desc", mode: "max", missing: "last" },
        { by: "values", paths: ["title"], order: "asc", mode: "min" },
        { by: "score", order: "desc" },
      ],
      aggregations: [{ of: { is: "terms", paths: ["lang"], size: 100 } }, { of: { paths: ["year"] } }],
      highlight: { fields: [{ pattern: "title", requiresFieldMatch: false }] },
      source: { includes: ["title", "id", "last_modified"] },
    });
    expect(parseWordsSearch(new URLSearchParams("highlight=true")).highlight?.fields).toMatchObject([{ pattern: "*" }]);
    expect(parseWordsSearch(new URLSearchParams("highlight=false")).highlight).toBeUndefined();
  });

  it("returns facets by the names of fields", async () => {
    const request = parseWordsSearch(new URLSearchParams("facets=lang,tags"));
    const { aggregations } = await engine.search([list.index()], request);

    expect(withFacets({ took: 1, aggregations: aggregations as JsonObject })).toEqual({
      took: 1,
      facets: {
        lang: [
          { value: "de", count: 1 },
          { value: "en", count: 1 },
          { value: "en-GB", count: 1 },
        ],
        tags: [
          { value: "maps", count: 2 },
          { value: "water", count: 1 },
        ],
      },
    });
  });

  it.each<[query: string, issue: string]>([
    ["limit=x", "limit must be an integer of 0 or more"],
    ["limit=1&limit=2", "limit is given more than once"],
    ["limit=10000&offset=1", "limit + offset must be at most 10000"],
    [`q=${"x".repeat(1001)}`, "q has 1001 characters; the limit is 1000"],
    [
      "_sort=a",
      "_sort is not a parameter of searches. Use one of: q, sort, limit, offset, facets, highlight, explain, after, _fields",
    ],
    ["sort=-", "sort must have names of fields, such as -year,title"],
    ["sort=-a*", "sort must have names of fields. Patterns such as -a* are not supported"],
    ["facets=a.*", "facets must have names of fields. Patterns such as a.* are not supported"],
    [`num=${"1".repeat(41)}`, "Invalid value for num. Invalid JSON: the number 1111"],
    ["min_year=[1]", "year in querystring: A bound must be a number, a date or a text"],
    [`facets=${Array.from({ length: 17 }, (_, n) => `f${n}`)}`, "facets has more than 16 names"],
  ])("refuses %s", (query, issue) => {
    const parse = () => parseWordsSearch(new URLSearchParams(query));

    expect(parse).toThrow(Failure);
    expect(parse).toThrow(issue);
  });

  it("parses any text to a query of bounded size", () => {
    /** Conditions as OpenSearch counts them: a word of a field is also a condition on its path. */
    const count = (clause: Clause): number => {
      const own = "path" in clause ? (clause.path === null ? 2 : 3) : 0;
      return innerClauses(clause).reduce((sum, one) => sum + count(one), own);
    };
    const weights = Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`f${n}`, n + 2]));
    const longWords = Array.from({ length: 25 }, (_, n) => `wordnumber${String.fromCharCode(97 + n)}`);
    const texts = fc.oneof(
      fc.nat(25).map((n) => longWords.slice(0, n).join(" ")),
      fc.string({ unit: codePoint, maxLength: 1000 }),
      fc
        .array(fc.constantFrom("a", '"', "日", "l'", " ", "-", "12"), { maxLength: 1000 })
        .map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(texts, (q) => {
        const { query, relaxed } = parseWordsSearch(new URLSearchParams({ q: q.slice(0, 1000) }), {
          language: "en",
          weights,
        });

        expect(relaxed.length).toBeLessThanOrEqual(3);
        for (const one of [query, ...relaxed]) expect(count(one)).toBeLessThanOrEqual(1000);
      }),
    );
  });
});
