import type { Json } from "../../lib/json.ts";

/** A search, and the ids of its hits in their order. The total is the number of ids where it is not stated. */
export type OrderCase = readonly [what: string, body: Json, ids: readonly string[], total?: number];

/** Searches of the records of the contract. */
export const RECORD_ORDER_CASES: readonly OrderCase[] = [
  ["numbers, the missing last, ties by id", { sort: "year" }, ["coral", "atlas", "brook", "fjord", "delta", "ember"]],
  [
    "numbers downwards, the missing last",
    { sort: { year: "desc" } },
    ["delta", "brook", "fjord", "atlas", "coral", "ember"],
  ],
  [
    "numbers, the missing first",
    { sort: { year: { order: "asc", missing: "_first" } } },
    ["ember", "coral", "atlas", "brook", "fjord", "delta"],
  ],
  [
    "numbers downwards, the missing first",
    { sort: { year: { order: "desc", missing: "_first" } } },
    ["ember", "delta", "brook", "fjord", "atlas", "coral"],
  ],
  ["whole strings", { sort: ["title.keyword"] }, ["brook", "coral", "atlas", "fjord", "delta", "ember"]],
  [
    "two fields",
    { sort: [{ lang: "desc" }, { year: { order: "desc" } }] },
    ["delta", "brook", "atlas", "coral", "ember", "fjord"],
  ],
  ["booleans", { sort: "sold" }, ["coral", "atlas", "brook", "delta", "ember", "fjord"]],
  ["dates", { sort: { seen: "desc" } }, ["delta", "coral", "atlas", "brook", "ember", "fjord"]],
  [
    "a field of many types: booleans, numbers, strings",
    { sort: "mixed" },
    ["delta", "atlas", "brook", "coral", "ember", "fjord"],
  ],
  [
    "a field of many types, downwards",
    { sort: { mixed: "desc" } },
    ["brook", "delta", "atlas", "coral", "ember", "fjord"],
  ],
  [
    "the greatest of several values upwards",
    { sort: { mixed: { order: "asc", mode: "max" } } },
    ["atlas", "delta", "brook", "coral", "ember", "fjord"],
  ],
  ["the least in a list", { sort: "tags" }, ["atlas", "brook", "coral", "delta", "ember", "fjord"]],
  [
    "a field that nothing has",
    { sort: { none: { missing: "_first" } } },
    ["atlas", "brook", "coral", "delta", "ember", "fjord"],
  ],
  ["the id downwards", { sort: { _id: "desc" } }, ["fjord", "ember", "delta", "coral", "brook", "atlas"]],
  ["a page", { sort: "year", from: 1, size: 2 }, ["atlas", "brook"], 6],
  ["a page behind the last hit", { sort: "year", from: 6 }, [], 6],
  ["a page without hits", { size: 0 }, [], 6],
  ["hits after a position", { sort: "year", search_after: [1999], size: 2 }, ["brook", "fjord"], 6],
  [
    "hits after a position among ties",
    { sort: ["year", "_id"], search_after: [2004, "brook"] },
    ["fjord", "delta", "ember"],
    6,
  ],
  ["hits after a missing value", { sort: ["year", "_id"], search_after: [null, "ember"] }, [], 6],
  [
    "hits after a date",
    { sort: ["seen", "_id"], search_after: ["2024-03-01T10:00:00.000Z", "coral"], size: 1 },
    ["delta"],
    6,
  ],
  [
    "hits that a post_filter leaves",
    { sort: "year", query: { exists: { field: "year" } }, post_filter: { term: { lang: "en" } } },
    ["coral", "atlas"],
  ],
  [
    "one hit per value",
    { sort: "year", collapse: { field: "lang" } },
    ["coral", "brook", "fjord", "delta", "ember"],
    6,
  ],
  [
    "a page of one hit per value",
    { sort: { year: "desc" }, collapse: { field: "lang.keyword" }, from: 1, size: 2 },
    ["brook", "fjord"],
    6,
  ],
];

/** Searches of the products of the contract. */
export const PRODUCT_ORDER_CASES: readonly OrderCase[] = [
  ["nested objects that match", { sort: "_id", query: nested({ term: { "reviews.by": "bob" } }) }, ["anvil", "bolt"]],
  [
    "nested objects that match two conditions in one object",
    {
      sort: "_id",
      query: nested({
        bool: { must: [{ term: { "reviews.by": "ann" } }, { range: { "reviews.stars": { gte: 3 } } }] },
      }),
    },
    ["anvil"],
  ],
  [
    "conditions that different nested objects meet",
    {
      sort: "_id",
      query: { bool: { filter: [{ term: { "reviews.by": "bob" } }, { term: { "reviews.stars": 5 } }] } },
    },
    ["anvil"],
  ],
  [
    "conditions that no nested object meets together",
    {
      sort: "_id",
      query: nested({ bool: { filter: [{ term: { "reviews.by": "bob" } }, { term: { "reviews.stars": 5 } }] } }),
    },
    [],
  ],
  [
    "nested objects without something",
    { sort: "_id", query: nested({ bool: { must_not: { term: { "reviews.by": "ann" } } } }) },
    ["anvil", "bolt", "drill"],
  ],
  [
    "records without a nested object",
    { sort: "_id", query: { bool: { must_not: nested({ match_all: {} }) } } },
    ["clamp", "easel", "file"],
  ],
  [
    "places within a distance",
    { sort: "_id", query: distance("400km", { lat: 50.85, lon: 4.35 }) },
    ["anvil", "clamp"],
  ],
  ["places within a distance in miles", { sort: "_id", query: distance("170mi", "50.85,4.35") }, ["anvil"]],
  ["places within a distance of a list", { sort: "_id", query: distance("10km", [13.4, 52.5]) }, ["bolt"]],
  ["places in a box", { sort: "_id", query: box(53, -1, 48, 5) }, ["anvil", "clamp"]],
  ["places in a box over the date line", { sort: "_id", query: box(0, 150, -40, -150) }, ["drill"]],
  ["dates and numbers", { sort: "added", size: 2 }, ["anvil", "bolt"], 6],
  ["numbers before strings", { sort: "price" }, ["bolt", "clamp", "easel", "drill", "anvil", "file"]],
];

function nested(query: Json): Json {
  return { nested: { path: "reviews", query } };
}

function distance(value: string, place: Json): Json {
  return { geo_distance: { distance: value, place } };
}

function box(top: number, left: number, bottom: number, right: number): Json {
  return {
    geo_bounding_box: { place: { top_left: { lat: top, lon: left }, bottom_right: { lat: bottom, lon: right } } },
  };
}
