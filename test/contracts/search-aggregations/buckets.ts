import type { AggregationCase } from "./case.ts";

export const SINGLE_BUCKETS_CASES: readonly AggregationCase[] = [
  [
    "filter",
    { filter: { term: { "brand.keyword": "Acme" } }, aggs: { price: { sum: { field: "price" } } } },
    { doc_count: 2, price: { value: 120.5 } },
  ],
  ["filter by words", { filter: { match: { name: "drill easel" } } }, { doc_count: 2 }],
  [
    "filter that nothing matches",
    { filter: { match_none: {} }, aggs: { price: { avg: { field: "price" } } } },
    { doc_count: 0, price: { value: null } },
  ],
  [
    "filters by name",
    { filters: { filters: { iron: { term: { tags: "iron" } }, cheap: { range: { price: { lt: 50 } } } } } },
    { buckets: { iron: { doc_count: 3 }, cheap: { doc_count: 3 } } },
  ],
  [
    "filters in a list",
    { filters: { filters: [{ term: { tags: "iron" } }, { term: { tags: "wood" } }] } },
    { buckets: [{ doc_count: 3 }, { doc_count: 2 }] },
  ],
  [
    "filters with a bucket for others",
    {
      filters: { filters: { iron: { term: { tags: "iron" } } }, other_bucket_key: "rest" },
      aggs: { names: { terms: { field: "name" } } },
    },
    {
      buckets: {
        iron: {
          doc_count: 3,
          names: {
            doc_count_error_upper_bound: 0,
            sum_other_doc_count: 0,
            buckets: [
              { key: "Anvil", doc_count: 1 },
              { key: "Bolt", doc_count: 1 },
              { key: "Clamp", doc_count: 1 },
            ],
          },
        },
        rest: {
          doc_count: 3,
          names: {
            doc_count_error_upper_bound: 0,
            sum_other_doc_count: 0,
            buckets: [
              { key: "Drill", doc_count: 1 },
              { key: "Easel", doc_count: 1 },
              { key: "File", doc_count: 1 },
            ],
          },
        },
      },
    },
  ],
  [
    "filters in a list with a bucket for others",
    { filters: { filters: [{ term: { tags: "iron" } }], other_bucket: true } },
    { buckets: [{ doc_count: 3 }, { doc_count: 3 }] },
  ],
  [
    "missing",
    { missing: { field: "tags" }, aggs: { names: { terms: { field: "name" } } } },
    {
      doc_count: 1,
      names: { doc_count_error_upper_bound: 0, sum_other_doc_count: 0, buckets: [{ key: "File", doc_count: 1 }] },
    },
  ],
  ["missing for null", { missing: { field: "brand" } }, { doc_count: 1 }],
  [
    "nested objects",
    {
      nested: { path: "reviews" },
      aggs: { stars: { stats: { field: "reviews.stars" } }, by: { terms: { field: "reviews.by" } } },
    },
    {
      doc_count: 5,
      stars: { count: 5, min: 1, max: 5, avg: 2.8, sum: 14 },
      by: {
        doc_count_error_upper_bound: 0,
        sum_other_doc_count: 0,
        buckets: [
          { key: "ann", doc_count: 2 },
          { key: "bob", doc_count: 2 },
          { key: "cat", doc_count: 1 },
        ],
      },
    },
  ],
  [
    "nested objects that a filter matches",
    {
      nested: { path: "reviews" },
      aggs: {
        good: { filter: { range: { "reviews.stars": { gte: 4 } } }, aggs: { by: { terms: { field: "reviews.by" } } } },
      },
    },
    {
      doc_count: 5,
      good: {
        doc_count: 2,
        by: {
          doc_count_error_upper_bound: 0,
          sum_other_doc_count: 0,
          buckets: [
            { key: "ann", doc_count: 1 },
            { key: "bob", doc_count: 1 },
          ],
        },
      },
    },
  ],
  [
    "nested objects by date",
    {
      nested: { path: "reviews" },
      aggs: {
        months: {
          date_histogram: { field: "reviews.at", calendar_interval: "month", format: "yyyy-MM" },
          aggs: { stars: { avg: { field: "reviews.stars" } } },
        },
      },
    },
    {
      doc_count: 5,
      months: {
        buckets: [
          { key_as_string: "2024-02", key: 1706745600000, doc_count: 2, stars: { value: 4 } },
          { key_as_string: "2024-03", key: 1709251200000, doc_count: 1, stars: { value: 4 } },
          { key_as_string: "2024-04", key: 1711929600000, doc_count: 2, stars: { value: 1 } },
        ],
      },
    },
  ],
  [
    "nested objects without a value",
    { nested: { path: "reviews" }, aggs: { none: { missing: { field: "reviews.text" } } } },
    { doc_count: 5, none: { doc_count: 5 } },
  ],
  [
    "nested objects within terms",
    {
      terms: { field: "brand" },
      aggs: { reviews: { nested: { path: "reviews" }, aggs: { stars: { avg: { field: "reviews.stars" } } } } },
    },
    {
      doc_count_error_upper_bound: 0,
      sum_other_doc_count: 0,
      buckets: [
        { key: "Acme", doc_count: 2, reviews: { doc_count: 3, stars: { value: 4 } } },
        { key: "Bolton", doc_count: 2, reviews: { doc_count: 2, stars: { value: 1 } } },
        { key: "Cato", doc_count: 1, reviews: { doc_count: 0, stars: { value: null } } },
      ],
    },
  ],
  ["a path that is not nested", { nested: { path: "place" } }, { doc_count: 0 }],
];

export const TOP_HITS_CASES: readonly AggregationCase[] = [
  [
    "the first hits",
    { top_hits: { size: 2, sort: [{ price: "desc" }, "name"] } },
    {
      hits: {
        total: { value: 6, relation: "eq" },
        max_score: null,
        hits: [
          { index: 0, id: "file", score: null, sort: ["free", "File"] },
          { index: 0, id: "anvil", score: null, sort: [120, "Anvil"] },
        ],
      },
    },
  ],
  [
    "hits of a page",
    { top_hits: { from: 1, size: 1, sort: { price: { order: "asc", missing: "_first" } } } },
    {
      hits: {
        total: { value: 6, relation: "eq" },
        max_score: null,
        hits: [{ index: 0, id: "clamp", score: null, sort: [35] }],
      },
    },
  ],
  [
    "the cheapest of each brand",
    { terms: { field: "brand" }, aggs: { cheapest: { top_hits: { size: 1, sort: "price" } } } },
    {
      doc_count_error_upper_bound: 0,
      sum_other_doc_count: 0,
      buckets: [
        {
          key: "Acme",
          doc_count: 2,
          cheapest: {
            hits: {
              total: { value: 2, relation: "eq" },
              max_score: null,
              hits: [{ index: 0, id: "bolt", score: null, sort: [0.5] }],
            },
          },
        },
        {
          key: "Bolton",
          doc_count: 2,
          cheapest: {
            hits: {
              total: { value: 2, relation: "eq" },
              max_score: null,
              hits: [{ index: 0, id: "clamp", score: null, sort: [35] }],
            },
          },
        },
        {
          key: "Cato",
          doc_count: 1,
          cheapest: {
            hits: {
              total: { value: 1, relation: "eq" },
              max_score: null,
              hits: [{ index: 0, id: "easel", score: null, sort: [35] }],
            },
          },
        },
      ],
    },
  ],
];
