import { describe, expect, it } from "@jest/globals";
import { listFromIds, listRef, objectRef, RESOURCES } from "../../../core/resources.ts";
import { parseSearch } from "../../../core/search/request.ts";
import { formatOutcome } from "../../../core/search/response.ts";
import { readSearchSettings, toIndexDefinition } from "../../../core/search/search-settings.ts";
import type { SearchTarget } from "../../../core/search/search-target.ts";
import type { SearchOutcome } from "../../../core/search/search-targets.ts";
import type { Json, JsonObject } from "../../../lib/json.ts";

const source: JsonObject = {
  title: "Sea",
  size: { width: 2, height: 3 },
  tags: [{ name: "a", at: 1 }, { at: 2 }],
  list: [1, 2],
};

const COLLECTION = objectRef(listFromIds(RESOURCES.core.collection, ["shop"]), "books");
const TARGET: SearchTarget = {
  collection: COLLECTION,
  records: listRef(RESOURCES.core.record, COLLECTION),
  settings: readSearchSettings({}),
  shared: undefined,
  read: undefined,
  type: undefined,
  index: {
    list: listRef(RESOURCES.core.record, COLLECTION),
    generation: "g1",
    timestamp: 1000,
    definition: toIndexDefinition(readSearchSettings({}), ""),
    document: async (record) => record,
    readable: undefined,
  },
};

const OUTCOME: SearchOutcome = {
  total: 7,
  totalRelation: "eq",
  maxScore: 1.5,
  hits: [{ index: 0, id: "r1", score: 1.5, target: TARGET, record: source, document: source }],
  aggregations: {},
  suggest: {},
  documents: new Map(),
  timestamps: [1000],
  reflects: [1000],
};

const formatResponse = (body: Json, found: JsonObject = source, outcome: Partial<SearchOutcome> = {}) =>
  formatOutcome(
    { ...OUTCOME, hits: OUTCOME.hits.map((hit) => ({ ...hit, document: found })), ...outcome },
    { request: parseSearch(body), targets: [TARGET], took: 12 },
  );
const formatSource = (_source: Json, found?: JsonObject) =>
  ((formatResponse({ _source }, found).hits as JsonObject).hits as JsonObject[])[0]?._source;

describe("formatOutcome", () => {
  it("formats a result like OpenSearch, with the time that it reflects", () => {
    expect(formatResponse({ query: { match_all: {} } })).toEqual({
      took: 12,
      timed_out: false,
      _shards: { total: 1, successful: 1, skipped: 0, failed: 0 },
      hits: {
        total: { value: 7, relation: "eq" },
        max_score: 1.5,
        hits: [{ _index: "shop-books", _id: "r1", _score: 1.5, _source: source }],
      },
      reflects: { timestamp: "1000", lag: 0 },
    });
  });

  it.each<[limit: boolean | number, total: Json | undefined]>([
    [true, { value: 7, relation: "eq" }],
    [7, { value: 7, relation: "eq" }],
    [6, { value: 6, relation: "gte" }],
    [0, { value: 0, relation: "gte" }],
    [false, undefined],
  ])("counts hits up to track_total_hits: %j", (limit, total) => {
    expect((formatResponse({ track_total_hits: limit }).hits as JsonObject).total).toEqual(total);
  });

  it("states by how much an answer is behind", () => {
    expect(formatResponse({}, source, { reflects: [940] }).reflects).toEqual({ timestamp: "940", lag: 60 });
  });

  it("names type and record of hits of several collections", () => {
    const answer = formatOutcome(
      { ...OUTCOME, timestamps: [1000, 2000], reflects: [1000, 1500] },
      { request: parseSearch({}), targets: [TARGET, TARGET], took: 1, typeOf: () => "book" },
    );

    expect(answer).toMatchObject({
      hits: { hits: [{ _type: "book", _uri: "/buckets/shop/collections/books/records/r1" }] },
      reflects: { lag: 500, collections: { "/buckets/shop/collections/books": "1500" } },
    });
  });

  it("shows the documents of top_hits, and leaves out those that the user may not read", () => {
    const hit = (id: string) => ({ index: 0, id, score: null, sort: [1] });
    const buckets = [
      {
        key: "a",
        doc_count: 2,
        first: { hits: { total: { value: 2, relation: "eq" }, hits: [hit("r1"), hit("r2")] } },
      },
    ];
    const aggs = {
      tags: { terms: { field: "tag" }, aggs: { first: { top_hits: { size: 2, sort: "n", _source: ["title"] } } } },
    };
    const answer = formatResponse({ aggs }, source, {
      aggregations: { tags: { buckets } },
      documents: new Map([["0/r1", { target: TARGET, record: source, document: source }]]),
    });

    expect(answer.aggregations).toEqual({
      tags: {
        buckets: [
          {
            key: "a",
            doc_count: 2,
            first: {
              hits: {
                total: { value: 2, relation: "eq" },
                hits: [{ _index: "shop-books", _id: "r1", _score: null, _source: { title: "Sea" }, sort: [1] }],
              },
            },
          },
        ],
      },
    });
  });

  it("refuses documents that do not fit into a response", () => {
    const large = { text: "x".repeat(5_000_001) };

    expect(() => formatResponse({}, large)).toThrow(/more than 5000000 characters\. Ask for fewer hits by size/);
    expect(formatResponse({ _source: "none" }, large)).toHaveProperty("hits.hits.0._source", {});
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

  it("returns the value by which a hit is collapsed", () => {
    const hits = OUTCOME.hits.map((hit) => ({ ...hit, collapsed: "red" }));

    expect(formatResponse({ collapse: { field: "color.keyword" } }, source, { hits })).toMatchObject({
      hits: { hits: [{ fields: { "color.keyword": ["red"] } }] },
    });
  });

  it("returns the sort values of a hit", () => {
    const [hit] = OUTCOME.hits;
    const hits = hit === undefined ? [] : [{ ...hit, score: null, sort: [5, "x"] }];

    expect(formatResponse({ sort: "n" }, source, { hits })).toMatchObject({
      hits: { hits: [{ _score: null, sort: [5, "x"] }] },
    });
  });
});
