import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { Failure } from "../../core/errors.ts";
import type { Json, JsonObject } from "../../lib/json.ts";
import fc from "../fast-check.ts";
import { withoutRevisions } from "./compare-hits.ts";
import type { Documents, FilledCollection, OpenedSearch } from "./open-search.ts";
import { SINGLE_BUCKETS_CASES, TOP_HITS_CASES } from "./search-aggregations/buckets.ts";
import type { AggregationCase } from "./search-aggregations/case.ts";
import { COMPOSITE_CASES } from "./search-aggregations/composite.ts";
import { HISTOGRAMS_CASES, RANGES_CASES } from "./search-aggregations/intervals.ts";
import { METRICS_CASES } from "./search-aggregations/metrics.ts";
import { TERMS_CASES } from "./search-aggregations/terms.ts";
import { hostileBodies, LARGEST_BODIES } from "./search-bodies.ts";
import { CLAUSE_CASES, type ClauseCase } from "./search-clause-cases.ts";
import { type OrderCase, PRODUCT_ORDER_CASES, RECORD_ORDER_CASES } from "./search-order-cases.ts";
import { PRODUCTS, PRODUCTS_METADATA } from "./search-products.ts";
import { RECORDS, SCRIPTS } from "./search-records.ts";
import { scoreContract } from "./search-scores.ts";

/** Maximum time to start an engine, including its download. */
const START_TIMEOUT_MS = 180_000;

const AGGREGATION_CASES: readonly (readonly [kind: string, cases: readonly AggregationCase[]])[] = [
  ["terms", TERMS_CASES],
  ["range and date_range", RANGES_CASES],
  ["histogram and date_histogram", HISTOGRAMS_CASES],
  ["filter, filters, missing and nested", SINGLE_BUCKETS_CASES],
  ["metrics", METRICS_CASES],
  ["top_hits", TOP_HITS_CASES],
  ["composite", COMPOSITE_CASES],
];

const bucketsOf = (answer: JsonObject | undefined): JsonObject[] => (answer?.buckets ?? []) as JsonObject[];

/** What every search engine answers. */
export const searchContract = (name: string, open: () => Promise<OpenedSearch>): void => {
  describe(`search engine ${name}`, () => {
    let opened: OpenedSearch;
    let records: FilledCollection;
    let products: FilledCollection;
    beforeAll(async () => {
      opened = await open();
      records = await opened.fill(RECORDS);
      products = await opened.fill(PRODUCTS, PRODUCTS_METADATA);
    }, START_TIMEOUT_MS);
    afterAll(() => opened[Symbol.asyncDispose](), START_TIMEOUT_MS);

    const findAll = async (collection: FilledCollection, query: Json): Promise<string[]> =>
      (await collection.search({ query, size: 100 })).hits.map(({ id }) => id).sort();

    for (const [kind, cases] of Object.entries(CLAUSE_CASES))
      describe(`finds by ${kind}`, () => {
        it.each<ClauseCase>(cases)("%s", async (_, query, ids) => {
          const { hits, total } = await records.search({ query, size: 100 });

          expect({ ids: hits.map(({ id }) => id).sort(), total }).toEqual({ ids, total: ids.length });
        });
      });

    describe("sorts and pages", () => {
      const check = async (collection: FilledCollection, [, body, ids, total = ids.length]: OrderCase) => {
        const found = await collection.search(body);

        expect({ ids: found.hits.map(({ id }) => id), total: found.total }).toEqual({ ids, total });
      };

      it.each(RECORD_ORDER_CASES.map((one) => [one[0], one] as const))("by %s", (_, one) => check(records, one));
      it.each(PRODUCT_ORDER_CASES.map((one) => [one[0], one] as const))("%s", (_, one) => check(products, one));

      it("by fields, and returns their values and no score", async () => {
        const { hits } = await records.search({
          sort: [{ year: "desc" }, "sold"],
          query: { terms: { lang: ["en", "fr"] } },
        });

        expect(hits.map(({ id, score, sort }) => [id, score, sort])).toEqual([
          ["brook", null, [2004, null]],
          ["atlas", null, [1999, true]],
          ["coral", null, [1985, false]],
        ]);
      });

      it("returns each hit on one page", async () => {
        const rows = Array.from({ length: 25 }, (_, n) => [`r${String(n).padStart(2, "0")}`, { n: n % 3 }] as const);
        const collection = await opened.fill(Object.fromEntries(rows));

        const pages = await Promise.all([0, 10, 20, 30].map((from) => collection.search({ from, sort: "n" })));

        expect(pages.map(({ total }) => total)).toEqual([25, 25, 25, 25]);
        expect(pages.map(({ hits }) => hits.length)).toEqual([10, 10, 5, 0]);
        expect(new Set(pages.flatMap(({ hits }) => hits.map(({ id }) => id))).size).toBe(25);
      });
    });

    describe("aggregates by", () => {
      for (const [kind, cases] of AGGREGATION_CASES)
        describe(kind, () => {
          it.each<AggregationCase>(cases)("%s", async (_, aggregation, answer) => {
            const { aggregations } = await products.search({ size: 0, aggs: { it: aggregation } });

            expect(withoutRevisions(aggregations.it ?? null)).toEqual(answer);
          });
        });

      it("what the query finds, without post_filter, page and sort", async () => {
        const { aggregations, total } = await products.search({
          query: { term: { tags: "iron" } },
          post_filter: { term: { tags: "wood" } },
          size: 1,
          sort: "name",
          aggs: { names: { terms: { field: "name" } }, price: { max: { field: "price" } } },
        });

        expect(total).toBe(1);
        expect(aggregations).toEqual({
          names: {
            doc_count_error_upper_bound: 0,
            sum_other_doc_count: 0,
            buckets: ["Anvil", "Bolt", "Clamp"].map((key) => ({ key, doc_count: 1 })),
          },
          price: { value: 120 },
        });
      });

      it("several aggregations under any name", async () => {
        const aggs = JSON.parse(
          '{"__proto__":{"terms":{"field":"tags"}},"constructor":{"composite":{"sources":[{"__proto__":{"terms":{"field":"brand"}}}]}}}',
        ) as Json;

        const { aggregations } = await products.search({ size: 0, aggs });

        expect(Object.keys(aggregations)).toEqual(["__proto__", "constructor"]);
        expect(JSON.stringify(aggregations.constructor)).toBe(
          '{"after_key":{"__proto__":"Cato"},"buckets":[{"key":{"__proto__":"Acme"},"doc_count":2},{"key":{"__proto__":"Bolton"},"doc_count":2},{"key":{"__proto__":"Cato"},"doc_count":1}]}',
        );
      });

      it("all pages of composite together", async () => {
        const sources = ["brand", "tags", "stock"].map((field) => ({
          [field]: { terms: { field, missing_bucket: true } },
        }));
        const keys: Json[] = [];
        let after: Json | undefined;
        do {
          const composite = { size: 2, sources, ...(after !== undefined && { after }) };
          const { aggregations } = await products.search({ size: 0, aggs: { it: { composite } } });
          const { buckets, after_key } = aggregations.it as { buckets: JsonObject[]; after_key?: Json };
          keys.push(...buckets.map(({ key }) => key as Json));
          after = after_key;
        } while (after !== undefined);

        const whole = await products.search({ size: 0, aggs: { it: { composite: { size: 100, sources } } } });
        expect(keys).toEqual(bucketsOf(whole.aggregations.it).map(({ key }) => key));
        expect(keys).toHaveLength(8);
      });

      it("composite with numbers whose distance is more than the interval", async () => {
        const collection = await opened.fill({ a: { n: 1e300, t: "x" }, b: { n: -1e300, t: "y" }, c: { n: 1 } });
        const keysOf = async (sources: Json) => {
          const { aggregations } = await collection.search({ size: 0, aggs: { it: { composite: { sources } } } });
          return bucketsOf(aggregations.it).map(({ key }) => Object.values(key as JsonObject));
        };
        const histogram = (order: string) => ({ n: { histogram: { field: "n", interval: 0.5, order } } });

        expect(await keysOf([histogram("desc")])).toEqual([[1e300], [1], [-1e300]]);
        expect(await keysOf([histogram("asc"), { t: { terms: { field: "t" } } }])).toEqual([
          [-1e300, "y"],
          [1e300, "x"],
        ]);
      });

      it("nothing in an empty collection", async () => {
        const empty = await opened.fill({});
        const aggs = {
          terms: { terms: { field: "a", missing: "none" } },
          histogram: { histogram: { field: "a", interval: 1 } },
          composite: { composite: { sources: [{ a: { terms: { field: "a", missing_bucket: true } } }] } },
          stats: { stats: { field: "a" } },
        };

        expect(await empty.search({ query: { match: { a: "b" } }, sort: "a", aggs })).toMatchObject({
          total: 0,
          hits: [],
          aggregations: {
            terms: { buckets: [], sum_other_doc_count: 0 },
            histogram: { buckets: [] },
            composite: { buckets: [] },
            stats: { count: 0, min: null, max: null, avg: null, sum: 0 },
          },
        });
      });

      it.each<[what: string, aggs: Json]>([
        ["intervals", { it: { histogram: { field: "price", interval: 0.001 } } }],
        [
          "buckets within buckets",
          {
            it: {
              terms: { field: "tags" },
              aggs: { it: { histogram: { field: "nothing", interval: 1, extended_bounds: { min: 0, max: 3000 } } } },
            },
          },
        ],
      ])("refuses too many %s", async (_, aggs) => {
        await expect(products.search({ size: 0, aggs })).rejects.toMatchObject(
          name === "naive" ? { name: "TooManyBucketsError" } : { kind: "INVALID_PARAMETERS" },
        );
      });
    });

    describe("reads", () => {
      it.each(SCRIPTS)("%s by its words", async (text, ...words) => {
        const collection = await opened.fill({ it: { text }, other: { text: "something else" } });

        for (const word of words)
          expect([word, await findAll(collection, { match: { text: { query: word, operator: "and" } } })]).toEqual([
            word,
            ["it"],
          ]);
      });

      it("keys such as __proto__", async () => {
        const document = JSON.parse('{"__proto__":{"x":["é"]},"e":"","l":[[],{}]}') as JsonObject;
        const collection = await opened.fill({ odd: document });

        expect(await findAll(collection, { match: { "__proto__.x": "É" } })).toEqual(["odd"]);
        expect(await findAll(collection, { exists: { field: "__proto__" } })).toEqual(["odd"]);
        expect(await findAll(collection, { exists: { field: "constructor" } })).toEqual([]);
      });

      it("integers that doubles cannot tell apart", async () => {
        const integers = [9007199254740993n, 9007199254740994n, 10n ** 38n - 1n, -(2n ** 63n) - 1n];
        const documents: Documents = Object.fromEntries(integers.map((n, id) => [String(id), { n }]));
        const collection = await opened.fill(documents);

        expect(await findAll(collection, { term: { n: 9007199254740993n } })).toEqual(["0"]);
        expect(await findAll(collection, { term: { n: "9007199254740994" } })).toEqual(["1"]);
        expect(await findAll(collection, { range: { n: { gt: 9007199254740993n } } })).toEqual(["1", "2"]);
        const { hits, aggregations } = await collection.search({ sort: "n", aggs: { n: { terms: { field: "n" } } } });
        const sorted = [3, 0, 1, 2].map((at) => integers[at]);
        expect(hits.map(({ sort }) => sort)).toEqual(sorted.map((n) => [n]));
        expect(bucketsOf(aggregations.n).map(({ key }) => key)).toEqual(sorted);
      });

      it("records whose fields have different types", async () => {
        const shapes: Json[] = [
          ...["2024-01-01", 1, true, null, [], {}, { a: 1 }, { a: { a: "x" } }, [1, "x", { a: 2 }], "x".repeat(40_000)],
          ...[{ "a.a": 1 }, { "": 1 }, { ".": { "..": 2 } }],
        ];
        const collection = await opened.fill(Object.fromEntries(shapes.map((a, n) => [`r${n}`, { a }])));

        expect((await collection.search({})).total).toBe(shapes.length);
      });

      it("a record with more fields than are indexed", async () => {
        const wide = Object.fromEntries(Array.from({ length: 3000 }, (_, n) => [`key${n}`, n]));
        const collection = await opened.fill({ wide, small: { key1: 1 } });

        expect(await findAll(collection, { term: { key1: 1 } })).toEqual(["small", "wide"]);
        expect((await collection.search({})).total).toBe(2);
      });

      it("many different keys", async () => {
        const row = (from: number): JsonObject =>
          Object.fromEntries(Array.from({ length: 90 }, (_, n) => [`key${from + n}`, [`blue${from + n} sky`, "sea"]]));
        const documents = Object.fromEntries(Array.from({ length: 6 }, (_, n) => [`r${n}`, { a: row(n * 80) }]));
        const collection = await opened.fill(documents);
        const anywhere = (query: string, options: JsonObject = {}) =>
          findAll(collection, { multi_match: { query, ...options } });

        expect(await anywhere("sky", { operator: "and", type: "cross_fields" })).toEqual(Object.keys(documents));
        expect(await anywhere("blue484")).toEqual(["r5"]);
        expect(await anywhere("blue48", { type: "bool_prefix" })).toEqual(["r0", "r5"]);
        expect(await anywhere("bluu484", { fuzziness: 1, prefix_length: 3 })).toEqual(["r5"]);
        expect(await anywhere("blue484 sky", { type: "phrase" })).toEqual(["r5"]);
        // The words are in two texts, and in two fields.
        expect(await anywhere("sky sea", { type: "phrase" })).toEqual([]);
        expect(await anywhere("sea blue485", { type: "phrase", slop: 3 })).toEqual([]);
        expect(await findAll(collection, { match: { "a.key484": "sky" } })).toEqual(["r5"]);
        expect(await findAll(collection, { term: { "a.key83.keyword": "sea" } })).toEqual(["r0", "r1"]);
        expect(await findAll(collection, { exists: { field: "a.key410" } })).toEqual(["r5"]);
        expect(await findAll(collection, { exists: { field: "a" } })).toHaveLength(6);
        const { aggregations } = await collection.search({
          size: 0,
          aggs: { it: { terms: { field: "a.key484.keyword" } } },
        });
        expect(bucketsOf(aggregations.it).map(({ key }) => key)).toEqual(["blue484 sky", "sea"]);
      });
    });

    it("separates collections", async () => {
      const [one, other] = [await opened.fill({ a: { t: "shared" } }), await opened.fill({ b: { t: "shared" } })];

      expect(await findAll(one, { match: { t: "shared" } })).toEqual(["a"]);
      expect(await findAll(other, { match: { t: "shared" } })).toEqual(["b"]);
    });

    it.each(LARGEST_BODIES)("accepts the maximum of %s", async (_, body, total) => {
      expect((await records.search(body)).total).toBe(total);
    });

    it(
      "answers or refuses any search, and fails at nothing",
      async () => {
        await fc.assert(
          fc.asyncProperty(hostileBodies, async (body) => {
            try {
              const { total, hits } = await records.search(body);
              expect(total).toBeLessThanOrEqual(Object.keys(RECORDS).length);
              expect(hits.length).toBeLessThanOrEqual(total);
              expect(Object.keys(RECORDS)).toEqual(expect.arrayContaining(hits.map(({ id }) => id)));
            } catch (error) {
              if (!(error instanceof Failure) || error.kind !== "INVALID_PARAMETERS") throw error;
            }
          }),
          { numRuns: 300 },
        );
      },
      START_TIMEOUT_MS,
    );

    if (name !== "naive") scoreContract(() => opened);
  });
};
