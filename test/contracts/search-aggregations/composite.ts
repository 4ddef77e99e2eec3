import type { AggregationCase } from "./case.ts";

export const COMPOSITE_CASES: readonly AggregationCase[] = [
  [
    "one source",
    { composite: { sources: [{ tag: { terms: { field: "tags" } } }] } },
    {
      after_key: { tag: "wood" },
      buckets: [
        { key: { tag: "electric" }, doc_count: 1 },
        { key: { tag: "heavy" }, doc_count: 2 },
        { key: { tag: "iron" }, doc_count: 3 },
        { key: { tag: "wood" }, doc_count: 2 },
      ],
    },
  ],
  [
    "a page",
    { composite: { size: 2, sources: [{ tag: { terms: { field: "tags" } } }] } },
    {
      after_key: { tag: "heavy" },
      buckets: [
        { key: { tag: "electric" }, doc_count: 1 },
        { key: { tag: "heavy" }, doc_count: 2 },
      ],
    },
  ],
  [
    "the next page",
    { composite: { size: 2, sources: [{ tag: { terms: { field: "tags" } } }], after: { tag: "heavy" } } },
    {
      after_key: { tag: "wood" },
      buckets: [
        { key: { tag: "iron" }, doc_count: 3 },
        { key: { tag: "wood" }, doc_count: 2 },
      ],
    },
  ],
  [
    "the page after the last",
    { composite: { size: 2, sources: [{ tag: { terms: { field: "tags" } } }], after: { tag: "wood" } } },
    { buckets: [] },
  ],
  [
    "downwards",
    { composite: { size: 3, sources: [{ tag: { terms: { field: "tags", order: "desc" } } }] } },
    {
      after_key: { tag: "heavy" },
      buckets: [
        { key: { tag: "wood" }, doc_count: 2 },
        { key: { tag: "iron" }, doc_count: 3 },
        { key: { tag: "heavy" }, doc_count: 2 },
      ],
    },
  ],
  [
    "records without a value",
    { composite: { size: 2, sources: [{ tag: { terms: { field: "tags", missing_bucket: true } } }] } },
    {
      after_key: { tag: "electric" },
      buckets: [
        { key: { tag: null }, doc_count: 1 },
        { key: { tag: "electric" }, doc_count: 1 },
      ],
    },
  ],
  [
    "records without a value, downwards",
    {
      composite: {
        sources: [{ tag: { terms: { field: "tags", missing_bucket: true, order: "desc" } } }],
        after: { tag: "heavy" },
      },
    },
    {
      after_key: { tag: null },
      buckets: [
        { key: { tag: "electric" }, doc_count: 1 },
        { key: { tag: null }, doc_count: 1 },
      ],
    },
  ],
  [
    "after those without a value",
    {
      composite: {
        size: 1,
        sources: [{ tag: { terms: { field: "tags", missing_bucket: true } } }],
        after: { tag: null },
      },
    },
    { after_key: { tag: "electric" }, buckets: [{ key: { tag: "electric" }, doc_count: 1 }] },
  ],
  [
    "two sources",
    { composite: { sources: [{ brand: { terms: { field: "brand" } } }, { tag: { terms: { field: "tags" } } }] } },
    {
      after_key: { brand: "Cato", tag: "wood" },
      buckets: [
        { key: { brand: "Acme", tag: "heavy" }, doc_count: 1 },
        { key: { brand: "Acme", tag: "iron" }, doc_count: 2 },
        { key: { brand: "Bolton", tag: "electric" }, doc_count: 1 },
        { key: { brand: "Bolton", tag: "heavy" }, doc_count: 1 },
        { key: { brand: "Bolton", tag: "iron" }, doc_count: 1 },
        { key: { brand: "Bolton", tag: "wood" }, doc_count: 1 },
        { key: { brand: "Cato", tag: "wood" }, doc_count: 1 },
      ],
    },
  ],
  [
    "the next page of two sources",
    {
      composite: {
        size: 2,
        sources: [{ brand: { terms: { field: "brand" } } }, { tag: { terms: { field: "tags", order: "desc" } } }],
        after: { brand: "Acme", tag: "iron" },
      },
    },
    {
      after_key: { brand: "Bolton", tag: "wood" },
      buckets: [
        { key: { brand: "Acme", tag: "heavy" }, doc_count: 1 },
        { key: { brand: "Bolton", tag: "wood" }, doc_count: 1 },
      ],
    },
  ],
  [
    "two sources, records without a value",
    {
      composite: {
        sources: [
          { brand: { terms: { field: "brand", missing_bucket: true } } },
          { stock: { terms: { field: "stock", missing_bucket: true, order: "desc" } } },
        ],
      },
    },
    {
      after_key: { brand: "Cato", stock: null },
      buckets: [
        { key: { brand: null, stock: "unknown" }, doc_count: 1 },
        { key: { brand: "Acme", stock: true }, doc_count: 2 },
        { key: { brand: "Bolton", stock: true }, doc_count: 1 },
        { key: { brand: "Bolton", stock: false }, doc_count: 1 },
        { key: { brand: "Cato", stock: null }, doc_count: 1 },
      ],
    },
  ],
  [
    "intervals of numbers",
    { composite: { sources: [{ price: { histogram: { field: "price", interval: 50 } } }] } },
    {
      after_key: { price: 100 },
      buckets: [
        { key: { price: 0 }, doc_count: 3 },
        { key: { price: 50 }, doc_count: 1 },
        { key: { price: 100 }, doc_count: 1 },
      ],
    },
  ],
  [
    "intervals of dates",
    {
      composite: {
        sources: [
          {
            month: {
              date_histogram: {
                field: "added",
                calendar_interval: "month",
                time_zone: "Europe/Rome",
                format: "yyyy-MM",
              },
            },
          },
        ],
      },
    },
    {
      after_key: { month: 1727733600000 },
      buckets: [
        { key: { month: "2024-02" }, doc_count: 3 },
        { key: { month: "2024-03" }, doc_count: 2 },
        { key: { month: "2024-10" }, doc_count: 1 },
      ],
    },
  ],
  [
    "the next page of dates",
    {
      composite: {
        size: 1,
        sources: [{ month: { date_histogram: { field: "added", calendar_interval: "month" } } }],
        after: { month: 1706745600000 },
      },
    },
    { after_key: { month: 1709251200000 }, buckets: [{ key: { month: 1709251200000 }, doc_count: 2 }] },
  ],
  [
    "three sources with metrics",
    {
      composite: {
        size: 3,
        sources: [
          { brand: { terms: { field: "brand" } } },
          { price: { histogram: { field: "price", interval: 100 } } },
          { tag: { terms: { field: "tags" } } },
        ],
      },
      aggs: { sum: { sum: { field: "price" } } },
    },
    {
      after_key: { brand: "Acme", price: 100, tag: "iron" },
      buckets: [
        { key: { brand: "Acme", price: 0, tag: "iron" }, doc_count: 1, sum: { value: 0.5 } },
        { key: { brand: "Acme", price: 100, tag: "heavy" }, doc_count: 1, sum: { value: 120 } },
        { key: { brand: "Acme", price: 100, tag: "iron" }, doc_count: 1, sum: { value: 120 } },
      ],
    },
  ],
];
