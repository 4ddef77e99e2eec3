import { describe, expect, it } from "@jest/globals";
import { translateAggregations } from "../../../adapters/search/opensearch/aggregations.ts";
import { parseSearch } from "../../../core/search/request.ts";
import { encodeValue } from "../../../core/search/values.ts";
import type { Json, JsonObject } from "../../../lib/json.ts";

/** Translates one aggregation. `at` finds a part of what is sent. */
const translate = (aggregation: Json, isSpread = false) => {
  const { aggregations } = parseSearch({ aggs: { it: aggregation } });
  const { bodies, read } = translateAggregations(aggregations, {
    level: "",
    isSpread,
    weigh: () => ({ exact: 1, average: 1 }),
    levelOf: () => "item.",
    toTopHits: ({ size }) => ({ top_hits: { size } }),
    readTopHits: () => ({}),
  });
  return {
    body: bodies["0"],
    at: (path: string) =>
      path.split(">").reduce<Json>((part, key) => (part as JsonObject)[key] as Json, bodies["0"] as Json),
    read,
  };
};

const TERMS = "aggs>at>aggs>values>terms";

describe("translateAggregations", () => {
  it("goes down to the values of a field, and back to the records that have them", () => {
    expect(translate({ terms: { field: "tag" }, aggs: { most: { max: { field: "n" } } } }).body).toEqual({
      nested: { path: "leaf" },
      aggs: {
        at: {
          filter: { terms: { "leaf.p": ["tag"] } },
          aggs: {
            values: {
              terms: {
                field: "leaf.v",
                size: 10,
                min_doc_count: 1,
                order: [{ _count: "desc" }, { _key: "asc" }],
              },
              aggs: {
                docs: {
                  reverse_nested: {},
                  aggs: {
                    "0": {
                      nested: { path: "leaf" },
                      aggs: {
                        at: {
                          filter: { terms: { "leaf.p": ["n"] } },
                          aggs: { values: { stats: { field: "leaf.n" } }, dates: { value_count: { field: "leaf.d" } } },
                        },
                      },
                    },
                  },
                },
              },
            },
          },
        },
      },
    });
  });

  it("asks each of several shards for more buckets, so that counts are rarely too low", () => {
    expect(translate({ terms: { field: "a" } }, true).at(`${TERMS}>shard_size`)).toBe(1000);
    expect(translate({ terms: { field: "a", size: 5000 } }, true).at(`${TERMS}>shard_size`)).toBe(5000);
  });

  it("goes back to the objects of a nested array, not to the record", () => {
    const { at } = translate({ nested: { path: "c" }, aggs: { k: { terms: { field: "c.k" } } } });

    expect(at("nested")).toEqual({ path: "item" });
    expect(at("aggs>at>filter")).toEqual({ term: { "item.at": "c" } });
    expect(at("aggs>at>aggs>0>nested")).toEqual({ path: "item.leaf" });
    expect(at("aggs>at>aggs>0>aggs>at>aggs>values>aggs>docs>reverse_nested")).toEqual({ path: "item" });
  });

  it("counts records, not paths, where a value can be at several", () => {
    expect(translate({ terms: { field: "a.keyword" } }).at(`${TERMS}>order`)).toEqual([
      { docs: "desc" },
      { _key: "asc" },
    ]);
  });

  it.each<[order: Json, path: string]>([
    [{ most: "asc" }, "docs>0>at>values.max"],
    [{ "spread.sum": "asc" }, "docs>1>at>values.sum"],
    [{ "share.99": "asc" }, "docs>2>at>values[99]"],
    [{ "some>kinds": "asc" }, "docs>3>0>at>values"],
    [{ some: "asc" }, "docs>3"],
    [{ "inner>least": "asc" }, "docs>4>at>0>at>values.min"],
  ])("orders by %j as %s", (order, path) => {
    const aggs = {
      most: { max: { field: "n" } },
      spread: { stats: { field: "n" } },
      share: { percentiles: { field: "n" } },
      some: { filter: { match_all: {} }, aggs: { kinds: { cardinality: { field: "k" } } } },
      inner: { nested: { path: "c" }, aggs: { least: { min: { field: "c.n" } } } },
    };

    expect(translate({ terms: { field: "a", order }, aggs }).at(`${TERMS}>order`)).toEqual([
      { [path]: "asc" },
      { _key: "asc" },
    ]);
  });

  it.each<[options: JsonObject, filters: JsonObject]>([
    [{ include: ["x"] }, { include: [encodeValue("x")] }],
    [{ exclude: ["x"] }, { exclude: [encodeValue("x")] }],
    [
      { include: "x.*", exclude: "y" },
      { include: "s(x.*)", exclude: "s(y)" },
    ],
    [{ include: ["x", "y"], exclude: "y" }, { include: [encodeValue("x")] }],
    [
      { include: "x.*", exclude: ["x.y"] },
      { include: "s(x.*)", exclude: "sx\\.y" },
    ],
  ])("filters values by %j", (options, filters) => {
    const { include, exclude } = translate({ terms: { field: "a", ...options } }).at(TERMS) as JsonObject;

    expect({ ...(include !== undefined && { include }), ...(exclude !== undefined && { exclude }) }).toEqual(filters);
  });

  it("counts records without a value beside those with the default one", () => {
    const { at } = translate({ terms: { field: "a", missing: "none" } });

    expect(at(`aggs>values>${TERMS}>exclude`)).toEqual([encodeValue("none")]);
    expect(at("aggs>missing>filter>bool>should")).toHaveLength(2);
  });

  it("refuses a regular expression that is too long together", () => {
    const options = { field: "a", include: "x.*", exclude: Array.from({ length: 200 }, (_, n) => `value${n}`) };

    expect(() => translate({ terms: options })).toThrow("more than 1000 characters");
  });

  it("reads answers of an index that does not exist", () => {
    const kinds: Json[] = [
      { terms: { field: "a", missing: "none" } },
      { histogram: { field: "a", interval: 1 } },
      { range: { field: "a", ranges: [{ to: 1 }] } },
      { filters: { filters: [{ match_all: {} }], other_bucket: true } },
      { missing: { field: "a" } },
      { nested: { path: "a" }, aggs: { n: { stats: { field: "a" } } } },
      { percentiles: { field: "a", percents: [50] } },
      { cardinality: { field: "a" } },
      { sum: { field: "a" } },
    ];

    expect(kinds.map((kind) => translate(kind).read(undefined).it)).toEqual([
      { doc_count_error_upper_bound: 0, sum_other_doc_count: 0, buckets: [] },
      { buckets: [] },
      { buckets: [{ key: "*-1.0", to: 1, doc_count: 0 }] },
      { buckets: [{ doc_count: 0 }, { doc_count: 0 }] },
      { doc_count: 0 },
      { doc_count: 0, n: { count: 0, min: null, max: null, avg: null, sum: 0 } },
      { values: { "50.0": null } },
      { value: 0 },
      { value: 0 },
    ]);
  });
});
