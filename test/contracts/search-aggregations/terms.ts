import type { AggregationCase } from "./case.ts";

export const TERMS_CASES: readonly AggregationCase[] = [
  [
    "counts by value, the most frequent first",
    { terms: { field: "tags" } },
    {
      doc_count_error_upper_bound: 0,
      sum_other_doc_count: 0,
      buckets: [
        { key: "iron", doc_count: 3 },
        { key: "heavy", doc_count: 2 },
        { key: "wood", doc_count: 2 },
        { key: "electric", doc_count: 1 },
      ],
    },
  ],
  [
    "limits the number of buckets",
    { terms: { field: "tags", size: 2 } },
    {
      doc_count_error_upper_bound: 0,
      sum_other_doc_count: 3,
      buckets: [
        { key: "iron", doc_count: 3 },
        { key: "heavy", doc_count: 2 },
      ],
    },
  ],
  [
    "orders by key",
    { terms: { field: "tags", order: { _key: "asc" } } },
    {
      doc_count_error_upper_bound: 0,
      sum_other_doc_count: 0,
      buckets: [
        { key: "electric", doc_count: 1 },
        { key: "heavy", doc_count: 2 },
        { key: "iron", doc_count: 3 },
        { key: "wood", doc_count: 2 },
      ],
    },
  ],
  [
    "orders by key downwards",
    { terms: { field: "tags", order: { _key: "desc" }, size: 2 } },
    {
      doc_count_error_upper_bound: 0,
      sum_other_doc_count: 3,
      buckets: [
        { key: "wood", doc_count: 2 },
        { key: "iron", doc_count: 3 },
      ],
    },
  ],
  [
    "orders by count upwards",
    { terms: { field: "tags", order: { _count: "asc" } } },
    {
      doc_count_error_upper_bound: 0,
      sum_other_doc_count: 0,
      buckets: [
        { key: "electric", doc_count: 1 },
        { key: "heavy", doc_count: 2 },
        { key: "wood", doc_count: 2 },
        { key: "iron", doc_count: 3 },
      ],
    },
  ],
  [
    "orders by several",
    { terms: { field: "tags", order: [{ _count: "asc" }, { _key: "desc" }] } },
    {
      doc_count_error_upper_bound: 0,
      sum_other_doc_count: 0,
      buckets: [
        { key: "electric", doc_count: 1 },
        { key: "wood", doc_count: 2 },
        { key: "heavy", doc_count: 2 },
        { key: "iron", doc_count: 3 },
      ],
    },
  ],
  [
    "orders by a metric",
    { terms: { field: "brand", order: { cheapest: "asc" } }, aggs: { cheapest: { min: { field: "price" } } } },
    {
      doc_count_error_upper_bound: 0,
      sum_other_doc_count: 0,
      buckets: [
        { key: "Acme", doc_count: 2, cheapest: { value: 0.5 } },
        { key: "Bolton", doc_count: 2, cheapest: { value: 35 } },
        { key: "Cato", doc_count: 1, cheapest: { value: 35 } },
      ],
    },
  ],
  [
    "orders by a number of stats",
    { terms: { field: "brand", order: { "price.avg": "desc" } }, aggs: { price: { stats: { field: "price" } } } },
    {
      doc_count_error_upper_bound: 0,
      sum_other_doc_count: 0,
      buckets: [
        { key: "Bolton", doc_count: 2, price: { count: 2, min: 35, max: 89.5, avg: 62.25, sum: 124.5 } },
        { key: "Acme", doc_count: 2, price: { count: 2, min: 0.5, max: 120, avg: 60.25, sum: 120.5 } },
        { key: "Cato", doc_count: 1, price: { count: 1, min: 35, max: 35, avg: 35, sum: 35 } },
      ],
    },
  ],
  [
    "orders by the size of a filter",
    {
      terms: { field: "tags", order: { stocked: "desc" }, size: 2 },
      aggs: { stocked: { filter: { term: { stock: true } } } },
    },
    {
      doc_count_error_upper_bound: 0,
      sum_other_doc_count: 3,
      buckets: [
        { key: "heavy", doc_count: 2, stocked: { doc_count: 2 } },
        { key: "iron", doc_count: 3, stocked: { doc_count: 2 } },
      ],
    },
  ],
  [
    "orders by a metric in a filter",
    {
      terms: { field: "tags", order: { "stocked>top": "desc" } },
      aggs: { stocked: { filter: { term: { stock: true } }, aggs: { top: { max: { field: "price" } } } } },
    },
    {
      doc_count_error_upper_bound: 0,
      sum_other_doc_count: 0,
      buckets: [
        { key: "heavy", doc_count: 2, stocked: { doc_count: 2, top: { value: 120 } } },
        { key: "iron", doc_count: 3, stocked: { doc_count: 2, top: { value: 120 } } },
        { key: "electric", doc_count: 1, stocked: { doc_count: 1, top: { value: 89.5 } } },
        { key: "wood", doc_count: 2, stocked: { doc_count: 0, top: { value: null } } },
      ],
    },
  ],
  [
    "orders by a metric of nested objects",
    {
      terms: { field: "tags", order: { "reviews>stars.avg": "desc" } },
      aggs: { reviews: { nested: { path: "reviews" }, aggs: { stars: { stats: { field: "reviews.stars" } } } } },
    },
    {
      doc_count_error_upper_bound: 0,
      sum_other_doc_count: 0,
      buckets: [
        { key: "iron", doc_count: 3, reviews: { doc_count: 3, stars: { count: 3, min: 3, max: 5, avg: 4, sum: 12 } } },
        {
          key: "heavy",
          doc_count: 2,
          reviews: { doc_count: 4, stars: { count: 4, min: 1, max: 5, avg: 2.5, sum: 10 } },
        },
        {
          key: "electric",
          doc_count: 1,
          reviews: { doc_count: 2, stars: { count: 2, min: 1, max: 1, avg: 1, sum: 2 } },
        },
        {
          key: "wood",
          doc_count: 2,
          reviews: { doc_count: 0, stars: { count: 0, min: null, max: null, avg: null, sum: 0 } },
        },
      ],
    },
  ],
  [
    "orders by a percentile",
    {
      terms: { field: "brand", order: { "price.50": "asc" } },
      aggs: { price: { percentiles: { field: "price", percents: [50] } } },
    },
    {
      doc_count_error_upper_bound: 0,
      sum_other_doc_count: 0,
      buckets: [
        { key: "Cato", doc_count: 1, price: { values: { "50.0": 35 } } },
        { key: "Bolton", doc_count: 2, price: { values: { "50.0": 89.5 } } },
        { key: "Acme", doc_count: 2, price: { values: { "50.0": 120 } } },
      ],
    },
  ],
  [
    "orders by the number of different values",
    { terms: { field: "brand", order: { kinds: "desc" } }, aggs: { kinds: { cardinality: { field: "tags" } } } },
    {
      doc_count_error_upper_bound: 0,
      sum_other_doc_count: 0,
      buckets: [
        { key: "Bolton", doc_count: 2, kinds: { value: 4 } },
        { key: "Acme", doc_count: 2, kinds: { value: 2 } },
        { key: "Cato", doc_count: 1, kinds: { value: 1 } },
      ],
    },
  ],
  [
    "includes values in a list",
    { terms: { field: "tags", include: ["iron", "wood", "none"] } },
    {
      doc_count_error_upper_bound: 0,
      sum_other_doc_count: 0,
      buckets: [
        { key: "iron", doc_count: 3 },
        { key: "wood", doc_count: 2 },
      ],
    },
  ],
  [
    "excludes values in a list",
    { terms: { field: "tags", exclude: ["iron", "wood"] } },
    {
      doc_count_error_upper_bound: 0,
      sum_other_doc_count: 0,
      buckets: [
        { key: "heavy", doc_count: 2 },
        { key: "electric", doc_count: 1 },
      ],
    },
  ],
  [
    "includes values by a regular expression",
    { terms: { field: "tags", include: "[ew].*" } },
    {
      doc_count_error_upper_bound: 0,
      sum_other_doc_count: 0,
      buckets: [
        { key: "wood", doc_count: 2 },
        { key: "electric", doc_count: 1 },
      ],
    },
  ],
  [
    "excludes values by a regular expression",
    { terms: { field: "tags", exclude: ".*o.*" } },
    {
      doc_count_error_upper_bound: 0,
      sum_other_doc_count: 0,
      buckets: [
        { key: "heavy", doc_count: 2 },
        { key: "electric", doc_count: 1 },
      ],
    },
  ],
  [
    "includes by a list and excludes by a regular expression",
    { terms: { field: "tags", include: ["iron", "wood"], exclude: "w.*" } },
    { doc_count_error_upper_bound: 0, sum_other_doc_count: 0, buckets: [{ key: "iron", doc_count: 3 }] },
  ],
  [
    "includes by a regular expression and excludes by a list",
    { terms: { field: "tags", include: ".*o.*", exclude: ["wood"] } },
    { doc_count_error_upper_bound: 0, sum_other_doc_count: 0, buckets: [{ key: "iron", doc_count: 3 }] },
  ],
  [
    "includes nothing",
    { terms: { field: "tags", include: ["none"] } },
    { doc_count_error_upper_bound: 0, sum_other_doc_count: 0, buckets: [] },
  ],
  [
    "gives records without a value a bucket",
    { terms: { field: "tags", missing: "none" } },
    {
      doc_count_error_upper_bound: 0,
      sum_other_doc_count: 0,
      buckets: [
        { key: "iron", doc_count: 3 },
        { key: "heavy", doc_count: 2 },
        { key: "wood", doc_count: 2 },
        { key: "electric", doc_count: 1 },
        { key: "none", doc_count: 1 },
      ],
    },
  ],
  [
    "gives records without a value the bucket of a present one",
    { terms: { field: "tags", missing: "wood" } },
    {
      doc_count_error_upper_bound: 0,
      sum_other_doc_count: 0,
      buckets: [
        { key: "iron", doc_count: 3 },
        { key: "wood", doc_count: 3 },
        { key: "heavy", doc_count: 2 },
        { key: "electric", doc_count: 1 },
      ],
    },
  ],
  [
    "gives records without a value a bucket behind others",
    { terms: { field: "tags", missing: "none", size: 2 } },
    {
      doc_count_error_upper_bound: 0,
      sum_other_doc_count: 4,
      buckets: [
        { key: "iron", doc_count: 3 },
        { key: "heavy", doc_count: 2 },
      ],
    },
  ],
  [
    "gives records without a value an excluded bucket",
    { terms: { field: "tags", missing: "none", exclude: "n.*" } },
    {
      doc_count_error_upper_bound: 0,
      sum_other_doc_count: 0,
      buckets: [
        { key: "iron", doc_count: 3 },
        { key: "heavy", doc_count: 2 },
        { key: "wood", doc_count: 2 },
        { key: "electric", doc_count: 1 },
      ],
    },
  ],
  [
    "leaves out rare values",
    { terms: { field: "tags", min_doc_count: 2 } },
    {
      doc_count_error_upper_bound: 0,
      sum_other_doc_count: 0,
      buckets: [
        { key: "iron", doc_count: 3 },
        { key: "heavy", doc_count: 2 },
        { key: "wood", doc_count: 2 },
      ],
    },
  ],
  [
    "counts booleans and strings",
    { terms: { field: "stock" } },
    {
      doc_count_error_upper_bound: 0,
      sum_other_doc_count: 0,
      buckets: [
        { key: 1, key_as_string: "true", doc_count: 3 },
        { key: 0, key_as_string: "false", doc_count: 1 },
        { key: "unknown", doc_count: 1 },
      ],
    },
  ],
  [
    "counts numbers and strings",
    { terms: { field: "price" } },
    {
      doc_count_error_upper_bound: 0,
      sum_other_doc_count: 0,
      buckets: [
        { key: 35, doc_count: 2 },
        { key: 0.5, doc_count: 1 },
        { key: 89.5, doc_count: 1 },
        { key: 120, doc_count: 1 },
        { key: "free", doc_count: 1 },
      ],
    },
  ],
  [
    "counts whole strings",
    { terms: { field: "name.keyword", size: 3 } },
    {
      doc_count_error_upper_bound: 0,
      sum_other_doc_count: 3,
      buckets: [
        { key: "Anvil", doc_count: 1 },
        { key: "Bolt", doc_count: 1 },
        { key: "Clamp", doc_count: 1 },
      ],
    },
  ],
  [
    "counts dates as strings",
    { terms: { field: "added", size: 2, order: { _key: "asc" } } },
    {
      doc_count_error_upper_bound: 0,
      sum_other_doc_count: 4,
      buckets: [
        { key: 1706745600000, doc_count: 1 },
        { key: "2024-01-31T23:30:00Z", doc_count: 1 },
      ],
    },
  ],
  [
    "counts a field that nothing has",
    { terms: { field: "nothing" } },
    { doc_count_error_upper_bound: 0, sum_other_doc_count: 0, buckets: [] },
  ],
  [
    "counts within buckets",
    {
      terms: { field: "brand" },
      aggs: { tags: { terms: { field: "tags" } }, stocked: { filter: { term: { stock: true } } } },
    },
    {
      doc_count_error_upper_bound: 0,
      sum_other_doc_count: 0,
      buckets: [
        {
          key: "Acme",
          doc_count: 2,
          tags: {
            doc_count_error_upper_bound: 0,
            sum_other_doc_count: 0,
            buckets: [
              { key: "iron", doc_count: 2 },
              { key: "heavy", doc_count: 1 },
            ],
          },
          stocked: { doc_count: 2 },
        },
        {
          key: "Bolton",
          doc_count: 2,
          tags: {
            doc_count_error_upper_bound: 0,
            sum_other_doc_count: 0,
            buckets: [
              { key: "electric", doc_count: 1 },
              { key: "heavy", doc_count: 1 },
              { key: "iron", doc_count: 1 },
              { key: "wood", doc_count: 1 },
            ],
          },
          stocked: { doc_count: 1 },
        },
        {
          key: "Cato",
          doc_count: 1,
          tags: { doc_count_error_upper_bound: 0, sum_other_doc_count: 0, buckets: [{ key: "wood", doc_count: 1 }] },
          stocked: { doc_count: 0 },
        },
      ],
    },
  ],
  [
    "counts three levels deep",
    {
      terms: { field: "brand", size: 1 },
      aggs: { tags: { terms: { field: "tags", size: 1 }, aggs: { names: { terms: { field: "name" } } } } },
    },
    {
      doc_count_error_upper_bound: 0,
      sum_other_doc_count: 3,
      buckets: [
        {
          key: "Acme",
          doc_count: 2,
          tags: {
            doc_count_error_upper_bound: 0,
            sum_other_doc_count: 1,
            buckets: [
              {
                key: "iron",
                doc_count: 2,
                names: {
                  doc_count_error_upper_bound: 0,
                  sum_other_doc_count: 0,
                  buckets: [
                    { key: "Anvil", doc_count: 1 },
                    { key: "Bolt", doc_count: 1 },
                  ],
                },
              },
            ],
          },
        },
      ],
    },
  ],
];
