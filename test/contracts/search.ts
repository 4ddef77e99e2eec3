import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { Failure } from "../../core/errors.ts";
import type { IndexWrite, SearchEngine } from "../../core/ports/search-engine.ts";
import { parseSearch } from "../../core/search/request.ts";
import type { Json, JsonObject } from "../../lib/json.ts";
import fc from "../fast-check.ts";
import { hostileBodies, LARGEST_BODIES } from "./search-bodies.ts";
import { RECORDS, SCRIPTS } from "./search-records.ts";

export interface OpenedSearch {
  readonly engine: SearchEngine;
  /** Resolves when all writes are searchable. */
  settle(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Maximum time to start an engine, including its download. */
const START_TIMEOUT_MS = 180_000;

/** The contract of every search engine. */
export const searchContract = (name: string, open: () => Promise<OpenedSearch>): void => {
  describe(`search engine ${name}`, () => {
    let opened: OpenedSearch;
    let indexCount = 0;
    const run = Math.random().toString(36).slice(2, 8);
    const newIndex = () => `${run}${indexCount++}`;

    const write = async (...writes: readonly IndexWrite[]) => {
      await opened.engine.write(writes);
      await opened.settle();
    };
    const fill = async (records: Readonly<Record<string, JsonObject>>) => {
      const index = newIndex();
      await write(...Object.entries(records).map(([id, document]) => ({ index, id, version: 1, document })));
      return index;
    };
    const search = (index: string, body: Json = {}) => opened.engine.search(index, parseSearch(body));
    const ids = async (index: string, body: Json) => (await search(index, body)).hits.map(({ id }) => id);
    const found = async (index: string, query: Json) => (await ids(index, { query, size: 100 })).sort();

    let library: string;
    beforeAll(async () => {
      opened = await open();
      library = await fill(RECORDS);
    }, START_TIMEOUT_MS);
    afterAll(() => opened[Symbol.asyncDispose](), START_TIMEOUT_MS);

    describe("finds by", () => {
      const all = Object.keys(RECORDS);
      it.each<[what: string, query: Json, ids: string[]]>([
        ["match_all", { match_all: {} }, all],
        ["match_none", { match_none: {} }, []],
        ["ids", { ids: { values: ["delta", "atlas", "none"] } }, ["atlas", "delta"]],
        ["a word", { match: { title: "SEA" } }, ["atlas", "coral"]],
        ["any of the words", { match: { title: "brook's sea" } }, ["atlas", "brook", "coral"]],
        ["all of the words", { match: { title: { query: "sea open", operator: "and" } } }, ["atlas"]],
        ["text without words", { match: { title: " -!? " } }, []],
        ["a word in a missing field", { match: { titel: "sea" } }, []],
        ["a number as a string", { match: { year: "2004" } }, ["brook", "fjord"]],
        ["a number", { match: { year: 2004 } }, ["brook", "fjord"]],
        ["a word in a list", { match: { tags: "water" } }, ["atlas", "brook"]],
        ["a word in a list of objects", { match: { "nested.name": "łukasz" } }, ["ember"]],
        ["a word in a list in a list", { match: { "nested.more": "straße" } }, ["ember"]],
        ["the whole string", { match: { "title.keyword": "The Open Sea" } }, ["atlas"]],
        ["a part of the whole string", { match: { "title.keyword": "Open Sea" } }, []],
        [
          "words in two fields",
          { multi_match: { query: "sea", fields: ["title", "body"] } },
          ["atlas", "brook", "coral"],
        ],
        [
          "all words in one of two fields",
          { multi_match: { query: "sea open", fields: ["title^2", "body"], operator: "and" } },
          ["atlas", "brook"],
        ],
        ["words in any field", { multi_match: { query: "seven" } }, ["brook", "coral"]],
        ["a number in any field", { multi_match: { query: "7", fields: ["*"] } }, ["atlas", "delta"]],
        ["a phrase", { match_phrase: { body: "sea of grass" } }, ["brook"]],
        ["a phrase in another order", { match_phrase: { body: "grass of sea" } }, []],
        ["a phrase over two strings of a list", { match_phrase: { tags: "water maps" } }, []],
        ["a term", { term: { lang: "en" } }, ["atlas", "coral"]],
        ["a term's value", { term: { lang: { value: "fr" } } }, ["brook"]],
        ["a term with a capital letter", { term: { title: "Sea" } }, []],
        ["the term of a whole string", { term: { "lang.keyword": "Français moderne" } }, ["ember"]],
        ["a term that is a number", { term: { "size.height": 30.5 } }, ["atlas"]],
        ["a boolean", { term: { sold: true } }, ["atlas"]],
        ["a boolean as a string", { term: { sold: "false" } }, ["coral"]],
        ["one of the terms", { terms: { lang: ["fr", "ja", 3] } }, ["brook", "delta"]],
        ["no terms", { terms: { lang: [] } }, []],
        [
          "one of the whole strings",
          { terms: { "title.keyword": ["Sea, sea, sea", "日本語の海"] } },
          ["coral", "delta"],
        ],
        ["a range of numbers", { range: { year: { gt: 1985, lte: 2004 } } }, ["atlas", "brook", "fjord"]],
        ["a range of numbers with an upper bound", { range: { year: { lt: 1999 } } }, ["coral"]],
        ["a range of numbers as strings", { range: { year: { gte: "2004" } } }, ["brook", "delta", "fjord"]],
        ["a range of dates", { range: { seen: { gte: "2024-06", lt: "2025" } } }, ["delta"]],
        ["a range of whole strings", { range: { "lang.keyword": { gte: "f", lt: "k" } } }, ["brook", "delta"]],
        ["an empty range", { range: { year: { gt: 2004, lt: 2004 } } }, []],
        ["a field that exists", { exists: { field: "year" } }, ["atlas", "brook", "coral", "delta", "fjord"]],
        ["an object that exists", { exists: { field: "size" } }, ["atlas", "delta"]],
        ["a string that exists", { exists: { field: "title.keyword" } }, ["atlas", "brook", "coral", "delta", "fjord"]],
        ["a field that is not an empty list or null", { exists: { field: "tags" } }, ["atlas", "brook"]],
        ["a prefix of a word", { prefix: { title: "se" } }, ["atlas", "coral"]],
        ["a prefix with a capital letter", { prefix: { title: "Se" } }, []],
        ["a prefix of a whole string", { prefix: { "title.keyword": { value: "Sea," } } }, ["coral"]],
        ["a dotted key", { match: { "dotted.name": "ray" } }, ["fjord"]],
        ["a key with special characters", { match: { "odd name.%": "100" } }, ["fjord"]],
        [
          "must and must_not",
          {
            bool: { must: { match: { title: "sea" } }, must_not: [{ term: { lang: "en" } }, { term: { year: 1985 } }] },
          },
          [],
        ],
        ["must_not alone", { bool: { must_not: { exists: { field: "year" } } } }, ["ember"]],
        ["filter", { bool: { filter: [{ term: { lang: "en" } }, { range: { year: { lt: 1990 } } }] } }, ["coral"]],
        ["should", { bool: { should: [{ term: { lang: "ja" } }, { term: { lang: "fr" } }] } }, ["brook", "delta"]],
        [
          "should beside must",
          { bool: { must: { term: { lang: "en" } }, should: { term: { sold: true } } } },
          ["atlas", "coral"],
        ],
        [
          "two of three shoulds",
          {
            bool: {
              should: [{ term: { lang: "en" } }, { term: { sold: true } }, { match: { title: "sea" } }],
              minimum_should_match: 3,
            },
          },
          ["atlas"],
        ],
        [
          "a minimum above the number of should clauses",
          { bool: { should: { term: { lang: "en" } }, minimum_should_match: 2 } },
          [],
        ],
        [
          "equal should clauses, each of which counts",
          { bool: { should: [{ term: { lang: "en" } }, { term: { lang: "en" } }], minimum_should_match: 2 } },
          ["atlas", "coral"],
        ],
        ["an empty bool", { bool: {} }, all],
        [
          "bools in each other",
          {
            bool: {
              should: [
                { bool: { must: [{ term: { lang: "en" } }, { term: { sold: false } }] } },
                { bool: { must_not: { exists: { field: "title" } } } },
              ],
            },
          },
          ["coral", "ember"],
        ],
        ["each type of a field: a number", { term: { mixed: 7 } }, ["atlas", "delta"]],
        ["each type of a field: a string", { match: { mixed: "seven" } }, ["brook"]],
        ["each type of a field: a boolean", { term: { mixed: true } }, ["delta"]],
        ["each type of a field: an object", { match: { "mixed.deep": "seas" } }, ["coral"]],
        [
          "each type of a field: whatever is there",
          { exists: { field: "mixed" } },
          ["atlas", "brook", "coral", "delta"],
        ],
      ])("%s", async (_, query, expected) => {
        expect(await found(library, query)).toEqual(expected);
      });
    });

    it("returns the whole document exactly", async () => {
      const document = JSON.parse(
        '{"a":1e-7,"big":9007199254740991,"__proto__":{"x":["é"]},"e":"","n":null,"u":"\\ud800","z":"a\\u0000b","l":[[],{}]}',
      ) as JsonObject;
      const index = await fill({ odd: document });

      const { hits } = await search(index);

      expect(JSON.stringify(hits[0]?.source)).toBe(JSON.stringify(document));
      expect(await found(index, { match: { "__proto__.x": "É" } })).toEqual(["odd"]);
      expect(await found(index, { exists: { field: "__proto__" } })).toEqual(["odd"]);
      expect(await found(index, { exists: { field: "constructor" } })).toEqual([]);
    });

    it.each(SCRIPTS)("finds %s by its words", async (text, ...words) => {
      const index = await fill({ it: { text }, other: { text: "something else" } });

      for (const word of words)
        expect([word, await found(index, { match: { text: { query: word, operator: "and" } } })]).toEqual([
          word,
          ["it"],
        ]);
    });

    it("sorts by relevance, with boosts of fields", async () => {
      const index = await fill({
        often: { title: "sea and sea and sea", note: "x" },
        once: { title: "a very long title in which the sea comes up one single time and no more", note: "x" },
        noted: { title: "x", note: "sea" },
        never: { title: "land", note: "land" },
      });

      expect(await ids(index, { query: { match: { title: "sea" } } })).toEqual(["often", "once"]);
      expect((await ids(index, { query: { multi_match: { query: "sea", fields: ["title", "note^50"] } } }))[0]).toBe(
        "noted",
      );
      expect(
        (
          await ids(index, {
            query: {
              bool: { should: [{ match: { title: "sea" } }, { term: { note: "sea" } }], must: { match_all: {} } },
            },
          })
        ).at(-1),
      ).toBe("never");
    });

    it("returns scores, the greatest first", async () => {
      const { hits, max_score } = await search(library, { query: { match: { title: "sea" } } });

      expect(hits[0]?.score).toBeGreaterThan(0);
      expect(max_score).toBe(hits[0]?.score);
      expect(hits.map(({ score }) => score)).toEqual(hits.map(({ score }) => Number(score)).toSorted((a, b) => b - a));
    });

    describe("sorts by", () => {
      it.each<[what: string, sort: Json, ids: string[]]>([
        ["numbers, the missing last, ties by id", "year", ["coral", "atlas", "brook", "fjord", "delta", "ember"]],
        [
          "numbers downwards, the missing last",
          { year: "desc" },
          ["delta", "brook", "fjord", "atlas", "coral", "ember"],
        ],
        [
          "numbers, the missing first",
          { year: { order: "asc", missing: "_first" } },
          ["ember", "coral", "atlas", "brook", "fjord", "delta"],
        ],
        ["whole strings", ["title.keyword"], ["brook", "coral", "atlas", "fjord", "delta", "ember"]],
        [
          "two fields",
          [{ lang: "desc" }, { year: { order: "desc" } }],
          ["delta", "brook", "atlas", "coral", "ember", "fjord"],
        ],
        [
          "a field of many types: booleans, numbers, strings",
          "mixed",
          ["delta", "atlas", "brook", "coral", "ember", "fjord"],
        ],
        ["a field of many types, downwards", { mixed: "desc" }, ["brook", "delta", "atlas", "coral", "ember", "fjord"]],
        ["the least in a list", "tags", ["atlas", "brook", "coral", "delta", "ember", "fjord"]],
        [
          "a field that nothing has",
          { none: { missing: "_first" } },
          ["atlas", "brook", "coral", "delta", "ember", "fjord"],
        ],
        [
          "the score and then a field",
          ["_score", { year: "desc" }],
          ["delta", "brook", "fjord", "atlas", "coral", "ember"],
        ],
      ])("%s", async (_, sort, expected) => {
        expect(await ids(library, { sort })).toEqual(expected);
      });

      it("fields, and returns their values and no score", async () => {
        const { hits, max_score } = await search(library, {
          sort: [{ year: "desc" }, "sold"],
          query: { terms: { lang: ["en", "fr"] } },
        });

        expect(max_score).toBeNull();
        expect(hits.map(({ id, score, sort }) => [id, score, sort])).toEqual([
          ["brook", null, [2004, null]],
          ["atlas", null, [1999, true]],
          ["coral", null, [1985, false]],
        ]);
      });
    });

    it("returns pages with the total number of hits", async () => {
      const index = await fill(
        Object.fromEntries(Array.from({ length: 25 }, (_, n) => [`r${String(n).padStart(2, "0")}`, { n: n % 3 }])),
      );

      const pages = await Promise.all([0, 10, 20, 30].map((from) => search(index, { from, sort: "n" })));

      expect(pages.map(({ total }) => total)).toEqual([25, 25, 25, 25]);
      expect(pages.map(({ hits }) => hits.length)).toEqual([10, 10, 5, 0]);
      expect(new Set(pages.flatMap(({ hits }) => hits.map(({ id }) => id))).size).toBe(25);
      expect((await search(index, { size: 0 })).max_score).toBeNull();
    });

    it("counts the hits by value", async () => {
      const { aggregations, hits } = await search(library, {
        size: 0,
        query: { bool: { must_not: { ids: { values: ["ember"] } } } },
        aggs: {
          tags: { terms: { field: "tags" } },
          years: { terms: { field: "year", size: 2 } },
          mixed: { terms: { field: "mixed" } },
          langs: { terms: { field: "lang.keyword" } },
          none: { terms: { field: "none" } },
        },
      });

      expect(hits).toEqual([]);
      const one = (key: Json, doc_count = 1) => ({ key, doc_count });
      expect(aggregations).toEqual({
        tags: { buckets: [one("water", 2), one("maps")], sum_other_doc_count: 0 },
        years: { buckets: [one(2004, 2), one(1985)], sum_other_doc_count: 2 },
        mixed: { buckets: [one(7, 2), one(true), one("eight"), one("seven")], sum_other_doc_count: 0 },
        langs: { buckets: [one("en", 2), one("fr"), one("ja")], sum_other_doc_count: 0 },
        none: { buckets: [], sum_other_doc_count: 0 },
      });
    });

    it("returns aggregations under any name", async () => {
      const aggs = JSON.parse(
        '{"__proto__":{"terms":{"field":"lang"}},"constructor":{"terms":{"field":"sold"}}}',
      ) as Json;

      const { aggregations } = await search(library, { aggs });

      expect(Object.entries(aggregations).map(([key, { buckets }]) => [key, buckets.length])).toEqual([
        ["__proto__", 4],
        ["constructor", 2],
      ]);
    });

    describe("keeps the newest version", () => {
      const at = (index: string, version: number, document: JsonObject | null) => ({
        index,
        id: "r",
        version,
        document,
      });
      const words = async (index: string) => (await search(index)).hits.map(({ source }) => source.v);

      it("when an older write arrives late", async () => {
        const index = newIndex();
        await write(at(index, 5, { v: "new" }));
        await write(at(index, 4, { v: "old" }));

        expect(await words(index)).toEqual(["new"]);
        expect(await found(index, { match: { v: "old" } })).toEqual([]);
      });

      it("when the writes of one record arrive in any order", async () => {
        const index = newIndex();
        await write(at(index, 2, { v: "two" }), at(index, 3, { v: "three" }), at(index, 1, null));

        expect(await words(index)).toEqual(["three"]);
      });

      it("and no longer finds the replaced one", async () => {
        const index = newIndex();
        await write(at(index, 1, { v: "old", gone: { deep: 1 } }));
        await write(at(index, 2, { v: "new" }));

        expect(await found(index, { match: { v: "old" } })).toEqual([]);
        expect(await found(index, { exists: { field: "gone" } })).toEqual([]);
        expect((await search(index, { aggs: { v: { terms: { field: "v" } } } })).aggregations.v?.buckets).toEqual([
          { key: "new", doc_count: 1 },
        ]);
      });

      it("with integers that doubles cannot tell apart", async () => {
        const index = newIndex();
        const integers = [9007199254740993n, 9007199254740994n, 10n ** 38n - 1n, -(2n ** 63n) - 1n];
        await write(...integers.map((n, id) => ({ index, id: String(id), version: 1, document: { n } })));

        expect(await found(index, { term: { n: 9007199254740993n } })).toEqual(["0"]);
        expect(await found(index, { term: { n: "9007199254740994" } })).toEqual(["1"]);
        expect(await found(index, { range: { n: { gt: 9007199254740993n } } })).toEqual(["1", "2"]);
        const { hits, aggregations } = await search(index, { sort: "n", aggs: { n: { terms: { field: "n" } } } });
        const sorted = [3, 0, 1, 2].map((at) => integers[at]);
        expect(hits.map(({ source }) => source.n)).toEqual(sorted);
        expect(hits.map(({ sort }) => sort)).toEqual(sorted.map((n) => [n]));
        expect(aggregations.n?.buckets.map(({ key }) => key)).toEqual(sorted);
      });

      it("when a write arrives after the deletion", async () => {
        const index = newIndex();
        await write(at(index, 1, { v: "first" }));
        await write(at(index, 3, null));
        await write({ ...at(index, 1, null), id: "another" });
        await write(at(index, 2, { v: "late" }));

        expect((await search(index)).total).toBe(0);
        expect(await found(index, { bool: { must_not: { exists: { field: "x" } } } })).toEqual([]);
      });

      it("when a deletion arrives first", async () => {
        const index = newIndex();
        await write(at(index, 3, null));
        await write(at(index, 2, { v: "late" }));

        expect((await search(index)).total).toBe(0);
      });

      it("when a deleted record is created again", async () => {
        const index = newIndex();
        await write(at(index, 1, { v: "first" }), at(index, 2, null));
        await write(at(index, 3, { v: "again" }));
        await write(at(index, 2, null));

        expect(await words(index)).toEqual(["again"]);
      });

      it("but replaces the same version in a replay, which another late write does not", async () => {
        const index = newIndex();
        await write(at(index, 5, { v: "before" }));
        await write({ ...at(index, 5, { v: "after" }), replay: true });
        await write(at(index, 5, { v: "before" }));

        expect(await words(index)).toEqual(["after"]);
        expect(await found(index, { match: { v: "before" } })).toEqual([]);

        await write({ ...at(index, 5, null), replay: true });
        expect(await words(index)).toEqual([]);
        await write({ ...at(index, 5, { v: "again" }), replay: true });
        expect(await words(index)).toEqual(["again"]);
      });

      it("when a replay of an older version arrives late, also of a deleted record", async () => {
        const index = newIndex();
        await write(at(index, 2, { v: "new" }));
        await write({ ...at(index, 1, { v: "old" }), replay: true });
        expect(await words(index)).toEqual(["new"]);

        await write(at(index, 3, null));
        await write({ ...at(index, 2, { v: "old" }), replay: true });
        expect(await words(index)).toEqual([]);
      });

      it("when a write is delivered twice", async () => {
        const index = newIndex();
        const twice = at(index, 7, { v: "same" });
        await write(twice, twice);
        await write(twice);

        expect(await words(index)).toEqual(["same"]);
        expect((await search(index, { query: { match: { v: "same" } } })).total).toBe(1);
      });
    });

    it("accepts records whose fields have different types", async () => {
      const shapes: Json[] = [
        "2024-01-01",
        1,
        true,
        null,
        [],
        {},
        { a: 1 },
        { a: { a: "x" } },
        [1, "x", { a: 2 }],
        "x".repeat(40_000),
        { "a.a": 1 },
        { "": 1 },
        { ".": { "..": 2 } },
      ];
      const index = await fill(Object.fromEntries(shapes.map((a, n) => [`r${n}`, { a }])));

      expect((await search(index)).total).toBe(shapes.length);
    });

    it("accepts a record with more fields than it indexes", async () => {
      const wide = Object.fromEntries(Array.from({ length: 3000 }, (_, n) => [`key${n}`, n]));
      const index = await fill({ wide, small: { key1: 1 } });

      expect(await found(index, { term: { key1: 1 } })).toEqual(["small", "wide"]);
      expect((await search(index)).total).toBe(2);
    });

    it("isolates indexes", async () => {
      const [one, other] = [await fill({ a: { t: "shared" } }), await fill({ b: { t: "shared" } })];

      expect(await found(one, { match: { t: "shared" } })).toEqual(["a"]);
      expect(await found(other, { match: { t: "shared" } })).toEqual(["b"]);
    });

    it("finds nothing in a missing index", async () => {
      expect(
        await search(newIndex(), { aggs: { n: { terms: { field: "n" } } }, query: { match: { a: "b" } }, sort: "a" }),
      ).toEqual({
        total: 0,
        max_score: null,
        hits: [],
        aggregations: { n: { buckets: [], sum_other_doc_count: 0 } },
      });
    });

    it("drops an index, and creates it again", async () => {
      const index = await fill({ a: { t: 1 } });
      await opened.engine.drop(index);
      await opened.engine.drop(newIndex());
      expect((await search(index)).total).toBe(0);

      await write({ index, id: "a", version: 1, document: { t: [{ u: "again" }] } });
      expect(await found(index, { match: { "t.u": "again" } })).toEqual(["a"]);
    });

    it("accepts concurrent writes to a new index", async () => {
      const index = newIndex();
      await Promise.all(
        Array.from({ length: 8 }, (_, n) => opened.engine.write([{ index, id: `r${n}`, version: 1, document: { n } }])),
      );
      await opened.settle();

      expect((await search(index)).total).toBe(8);
    });

    it("rejects invalid index names", async () => {
      for (const index of ["", "A", 'a"; drop table x; --', "a,b", "*", "../x"]) {
        await expect(search(index)).rejects.toThrow("Not the name of an index");
        await expect(opened.engine.write([{ index, id: "a", version: 1, document: {} }])).rejects.toThrow(
          "Not the name of an index",
        );
      }
    });

    it.each(LARGEST_BODIES)("accepts the maximum of %s", async (_, body, total) => {
      expect((await search(library, body)).total).toBe(total);
    });

    it(
      "answers or refuses any search, and fails at nothing",
      async () => {
        await fc.assert(
          fc.asyncProperty(hostileBodies, async (body) => {
            try {
              const { total, hits } = await search(library, body);
              expect(total).toBeLessThanOrEqual(Object.keys(RECORDS).length);
              expect(hits.length).toBeLessThanOrEqual(total);
              expect(Object.keys(RECORDS)).toEqual(expect.arrayContaining(hits.map(({ id }) => id)));
            } catch (error) {
              if (!(error instanceof Failure) || error.kind !== "INVALID_PARAMETERS") throw error;
            }
          }),
          { numRuns: 500 },
        );
      },
      START_TIMEOUT_MS,
    );

    it("responds to a ping", () => opened.engine.ping());
  });
};
