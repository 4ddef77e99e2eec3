import { describe, expect, it } from "@jest/globals";
import { parseSearch } from "../../../core/search/request.ts";
import { toOpenSearchShape } from "../../../core/search/response.ts";
import type { Json, JsonObject } from "../../../lib/json.ts";

const source: JsonObject = {
  title: "Sea",
  size: { width: 2, height: 3 },
  tags: [{ name: "a", at: 1 }, { at: 2 }],
  list: [1, 2],
};

const formatResponse = (body: Json, found: JsonObject = source) =>
  toOpenSearchShape({
    request: parseSearch(body),
    answer: {
      total: 7,
      max_score: 1.5,
      hits: [{ id: "r1", score: 1.5, source: found }],
      aggregations: {
        sold: {
          buckets: [
            { key: true, doc_count: 4 },
            { key: "no", doc_count: 1 },
          ],
          sum_other_doc_count: 2,
        },
      },
    },
    index: "shop-books",
    took: 12,
  });
const formatSource = (_source: Json, found?: JsonObject) =>
  ((formatResponse({ _source }, found).hits as JsonObject).hits as JsonObject[])[0]?._source;

describe("toOpenSearchShape", () => {
  it("formats a result like OpenSearch", () => {
    expect(formatResponse({ aggs: { sold: { terms: { field: "sold" } } } })).toEqual({
      took: 12,
      timed_out: false,
      _shards: { total: 1, successful: 1, skipped: 0, failed: 0 },
      hits: {
        total: { value: 7, relation: "eq" },
        max_score: 1.5,
        hits: [{ _index: "shop-books", _id: "r1", _score: 1.5, _source: source }],
      },
      aggregations: {
        sold: {
          doc_count_error_upper_bound: 0,
          sum_other_doc_count: 2,
          buckets: [
            { key: 1, key_as_string: "true", doc_count: 4 },
            { key: "no", doc_count: 1 },
          ],
        },
      },
    });
  });

  it("leaves out parts that the request does not ask for", () => {
    const answer = formatResponse({ track_total_hits: false, _source: false });

    expect(answer).not.toHaveProperty("aggregations");
    expect(answer).not.toHaveProperty("hits.total");
    expect(answer).not.toHaveProperty("hits.hits.0._source");
    expect(answer).not.toHaveProperty("hits.hits.0.sort");
  });

  it.each<[source: Json, expected: Json]>([
    [true, source],
    ["title", { title: "Sea" }],
    [["size", "list"], { size: { width: 2, height: 3 }, list: [1, 2] }],
    ["size.w*", { size: { width: 2 } }],
    ["*.name", { tags: [{ name: "a" }] }],
    ["tags.at", { tags: [{ at: 1 }, { at: 2 }] }],
    [["none"], {}],
    [{ excludes: ["size.*", "t*"] }, { size: {}, list: [1, 2] }],
    [
      { includes: ["size", "tags"], excludes: ["*.at"] },
      { size: { width: 2, height: 3 }, tags: [{ name: "a" }, {}] },
    ],
    ["*", source],
  ])("returns only the fields that _source selects: %j", (_source, expected) => {
    expect(formatSource(_source)).toEqual(expected);
  });

  it("filters keys such as __proto__ like any other", () => {
    const odd = JSON.parse('{"__proto__": {"a": 1, "b": 2}}') as JsonObject;

    expect(JSON.stringify(formatSource("__proto__.a", odd))).toBe('{"__proto__":{"a":1}}');
    expect(formatSource("constructor", odd)).toEqual({});
  });

  it.each<[source: Json, expected: Json]>([
    ["s*", { size: { width: 2, height: 3 } }],
    ["size.*th", { size: { width: 2 } }],
    ["*i*e*e*", { size: { height: 3 } }],
    ["title*", { title: "Sea" }],
    ["title**", { title: "Sea" }],
    ["titles", {}],
    ["titl", {}],
    ["t*x", {}],
    [{}, source],
    [{ excludes: ["title"] }, { size: source.size as Json, tags: source.tags as Json, list: [1, 2] }],
    [{ includes: ["title", "size"], excludes: ["size"] }, { title: "Sea" }],
    ["x".repeat(256), {}],
  ])("matches the pattern of _source with the whole path: %j", (_source, expected) => {
    expect(formatSource(_source)).toEqual(expected);
  });

  it("matches patterns that backtrack at each character", () => {
    // 120 stars over 5,000 characters: an exponential matcher would not end.
    expect(formatSource("*a".repeat(120), { ["a".repeat(5000)]: { ["b".repeat(5000)]: 1 } })).toEqual({
      ["a".repeat(5000)]: { ["b".repeat(5000)]: 1 },
    });
    expect(formatSource(`${"*a".repeat(120)}b`, { ["a".repeat(5000)]: 1 })).toEqual({});
  });

  it("returns the sort values of a hit", () => {
    const request = parseSearch({ sort: "n" });
    const hits = [{ id: "r1", score: null, source, sort: [5, "x"] }];
    const answer = { total: 1, max_score: null, hits, aggregations: {} };

    expect(toOpenSearchShape({ request, answer, index: "b-c", took: 1 })).toMatchObject({
      hits: { hits: [{ _score: null, sort: [5, "x"] }] },
    });
  });
});
