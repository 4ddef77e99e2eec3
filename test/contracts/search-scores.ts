import { describe, expect, it } from "@jest/globals";
import type { Json } from "../../lib/json.ts";
import type { FilledCollection, OpenedSearch } from "./open-search.ts";
import { RECORDS } from "./search-records.ts";

/** What engines with scores answer besides. */
export const scoreContract = (opened: () => OpenedSearch): void => {
  const ids = async (collection: FilledCollection, body: Json): Promise<string[]> =>
    (await collection.search(body)).hits.map(({ id }) => id);

  describe("scores", () => {
    it("by the frequency of words, with boosts of fields", async () => {
      const collection = await opened().fill({
        often: { title: "sea and sea and sea", note: "x" },
        once: { title: "a very long title in which the sea comes up one single time and no more", note: "x" },
        noted: { title: "x", note: "sea" },
        never: { title: "land", note: "land" },
      });

      expect(await ids(collection, { query: { match: { title: "sea" } } })).toEqual(["often", "once"]);
      const boosted = { multi_match: { query: "sea", fields: ["title", "note^50"] } };
      expect((await ids(collection, { query: boosted }))[0]).toBe("noted");
      const optional = {
        bool: { should: [{ match: { title: "sea" } }, { term: { note: "sea" } }], must: { match_all: {} } },
      };
      expect((await ids(collection, { query: optional })).at(-1)).toBe("never");
    });

    it("the greatest first", async () => {
      const collection = await opened().fill(RECORDS);

      const { hits, maxScore } = await collection.search({ query: { match: { title: "sea" } } });

      const scores = hits.map(({ score }) => Number(score));
      expect(scores[0]).toBeGreaterThan(0);
      expect(maxScore).toBe(scores[0]);
      expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    });

    it.each<[what: string, query: Json, ids: string[]]>([
      ["boost", boosts({ a: 1, b: 3, c: 2 }), ["b", "c", "a"]],
      ["constant_score", constants({ a: 2, b: 1, c: 3 }), ["c", "a", "b"]],
      [
        "dis_max by the best",
        { dis_max: { queries: [boosts({ a: 1, b: 2 }), boosts({ a: 3, c: 1 })] } },
        ["a", "b", "c"],
      ],
      [
        "boosting",
        {
          boosting: {
            positive: { match_all: {} },
            negative: { terms: { k: ["a", "c"] } },
            negative_boost: 0.5,
          },
        },
        ["b", "a", "c"],
      ],
    ])("%s", async (_, query, expected) => {
      const collection = await opened().fill({ a: { k: "a" }, b: { k: "b" }, c: { k: "c" } });

      expect(await ids(collection, { query, sort: ["_score", "_id"] })).toEqual(expected);
    });

    it.each<[what: string, query: Json | URLSearchParams]>([
      ["a word", { match: { title: "sea" } }],
      [
        "words in several fields",
        { multi_match: { query: "sea cloud", fields: ["title^3", "body"], tie_breaker: 0.3 } },
      ],
      [
        "clauses within clauses",
        {
          bool: {
            must: { match_all: {} },
            filter: { exists: { field: "title" } },
            should: [
              { match_phrase: { title: "the sea" } },
              { constant_score: { filter: { term: { lang: "en" } }, boost: 4 } },
              { bool: { must: { match: { title: "sea" } }, must_not: { term: { lang: "fr" } } } },
              {
                boosting: {
                  positive: { range: { year: { gte: 1900 } } },
                  negative: { term: { lang: "en" } },
                  negative_boost: 0.5,
                },
              },
            ],
          },
        },
      ],
      ["the words of a person", new URLSearchParams("q=the open vally")],
      [
        "more words than it has searches for",
        new URLSearchParams("q=open fields and no sea at all the valley of grass"),
      ],
    ])("and explains that of %s", async (_, query) => {
      const collection = await opened().fill(RECORDS);

      const found = (await collection.explain?.(query)) ?? [];

      expect(found.length).toBeGreaterThan(0);
      for (const { score, explanation } of found) expect(explanation?.value).toBeCloseTo(score, 4);
    });

    it("hits of an aggregation", async () => {
      const collection = await opened().fill({
        a: { t: "sea sea", k: 1 },
        b: { t: "sea and land", k: 1 },
        c: { t: "x" },
      });

      const { aggregations } = await collection.search({
        query: { match: { t: "sea" } },
        size: 0,
        aggs: { k: { terms: { field: "k" }, aggs: { best: { top_hits: { size: 1 } } } } },
      });

      expect(aggregations.k?.buckets).toMatchObject([
        { best: { hits: { total: { value: 2 }, hits: [{ id: "a", score: expect.any(Number) }] } } },
      ]);
    });

    it("leaves out hits below min_score, also from aggregations", async () => {
      const collection = await opened().fill({ a: { k: "a" }, b: { k: "b" }, c: { k: "c" } });

      const { total, hits, aggregations } = await collection.search({
        query: constants({ a: 1, b: 2, c: 3 }),
        min_score: 2,
        aggs: { k: { terms: { field: "k" } } },
      });

      expect({ total, ids: hits.map(({ id }) => id) }).toEqual({ total: 2, ids: ["c", "b"] });
      expect(aggregations.k?.buckets).toEqual([
        { key: "b", doc_count: 1 },
        { key: "c", doc_count: 1 },
      ]);
    });
  });

  it("searches several collections together, exactly", async () => {
    const collections = [
      await opened().fill({ a: { tag: ["x", "y"], n: 3 }, b: { tag: "x", n: 1 } }),
      await opened().fill({ c: { tag: ["y", "z"], n: 2 }, d: { n: 4 } }),
    ];

    const { hits, total, aggregations } = await opened().searchTogether(collections, {
      sort: "n",
      aggs: {
        tags: { terms: { field: "tag", missing: "none" }, aggs: { n: { sum: { field: "n" } } } },
        kinds: { cardinality: { field: "tag" } },
        pages: { composite: { size: 2, sources: [{ tag: { terms: { field: "tag" } } }] } },
      },
    });

    expect({ total, hits: hits.map(({ index, id }) => [index, id]) }).toEqual({
      total: 4,
      hits: [
        [0, "b"],
        [1, "c"],
        [0, "a"],
        [1, "d"],
      ],
    });
    expect(aggregations.tags?.buckets).toEqual([
      { key: "x", doc_count: 2, n: { value: 4 } },
      { key: "y", doc_count: 2, n: { value: 5 } },
      { key: "none", doc_count: 1, n: { value: 4 } },
      { key: "z", doc_count: 1, n: { value: 2 } },
    ]);
    expect(aggregations.kinds).toEqual({ value: 3 });
    expect(aggregations.pages).toEqual({
      after_key: { tag: "y" },
      buckets: [
        { key: { tag: "x" }, doc_count: 2 },
        { key: { tag: "y" }, doc_count: 2 },
      ],
    });
  });
};

/** Scores records by a field. */
function boosts(byKey: Readonly<Record<string, number>>): Json {
  return {
    bool: { should: Object.entries(byKey).map(([value, boost]) => ({ term: { "k.keyword": { value, boost } } })) },
  };
}

function constants(byKey: Readonly<Record<string, number>>): Json {
  const clauses = Object.entries(byKey).map(([k, boost]) => ({ constant_score: { filter: { term: { k } }, boost } }));
  return { bool: { should: clauses } };
}
