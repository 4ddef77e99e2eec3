import type { AggregationCase } from "./case.ts";

export const METRICS_CASES: readonly AggregationCase[] = [
  ["min", { min: { field: "price" } }, { value: 0.5 }],
  ["max", { max: { field: "price" } }, { value: 120 }],
  ["avg", { avg: { field: "price" } }, { value: 56 }],
  ["sum", { sum: { field: "price" } }, { value: 280 }],
  ["stats", { stats: { field: "price" } }, { count: 5, min: 0.5, max: 120, avg: 56, sum: 280 }],
  [
    "stats of several numbers of a record",
    { stats: { field: "weight" } },
    { count: 2, min: 2, max: 2.5, avg: 2.25, sum: 4.5 },
  ],
  [
    "stats of dates",
    { stats: { field: "reviews.at" } },
    {
      count: 5,
      min: 1706745600000,
      max: 1712016000000,
      avg: 1709562240000,
      sum: 8547811200000,
      min_as_string: "2024-02-01T00:00:00.000Z",
      max_as_string: "2024-04-02T00:00:00.000Z",
      avg_as_string: "2024-03-04T14:24:00.000Z",
      sum_as_string: "2240-11-14T00:00:00.000Z",
    },
  ],
  [
    "max of dates",
    { max: { field: "reviews.at" } },
    { value: 1712016000000, value_as_string: "2024-04-02T00:00:00.000Z" },
  ],
  ["max of dates and numbers", { max: { field: "added" } }, { value: 1729989000000 }],
  ["stats of nothing", { stats: { field: "nothing" } }, { count: 0, min: null, max: null, avg: null, sum: 0 }],
  ["sum of nothing", { sum: { field: "nothing" } }, { value: 0 }],
  ["avg of strings", { avg: { field: "name" } }, { value: null }],
  ["value_count", { value_count: { field: "tags" } }, { value: 8 }],
  ["value_count of strings and numbers", { value_count: { field: "price" } }, { value: 6 }],
  ["value_count of dates, once each", { value_count: { field: "added" } }, { value: 6 }],
  ["cardinality", { cardinality: { field: "tags" } }, { value: 4 }],
  ["cardinality of strings and numbers", { cardinality: { field: "price" } }, { value: 5 }],
  ["cardinality of nothing", { cardinality: { field: "nothing" } }, { value: 0 }],
  [
    "percentiles",
    { percentiles: { field: "price" } },
    { values: { "1.0": 0.5, "5.0": 0.5, "25.0": 35, "50.0": 35, "75.0": 89.5, "95.0": 120, "99.0": 120 } },
  ],
  [
    "percentiles in a list",
    { percentiles: { field: "price", percents: [0, 50, 99.9, 100], keyed: false } },
    {
      values: [
        { key: 0, value: 0.5 },
        { key: 50, value: 35 },
        { key: 99.9, value: 120 },
        { key: 100, value: 120 },
      ],
    },
  ],
  ["percentiles of nothing", { percentiles: { field: "nothing", percents: [50] } }, { values: { "50.0": null } }],
];
