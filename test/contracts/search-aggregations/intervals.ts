import type { AggregationCase } from "./case.ts";

export const RANGES_CASES: readonly AggregationCase[] = [
  [
    "counts numbers in ranges",
    { range: { field: "price", ranges: [{ to: 35 }, { from: 35, to: 100 }, { from: 100 }] } },
    {
      buckets: [
        { key: "*-35.0", to: 35, doc_count: 1 },
        { key: "35.0-100.0", from: 35, to: 100, doc_count: 3 },
        { key: "100.0-*", from: 100, doc_count: 1 },
      ],
    },
  ],
  [
    "counts in ranges that overlap",
    { range: { field: "price", ranges: [{ from: 0 }, { from: 35, key: "dear" }, { to: 35.5, key: "cheap" }] } },
    {
      buckets: [
        { key: "cheap", to: 35.5, doc_count: 3 },
        { key: "0.0-*", from: 0, doc_count: 5 },
        { key: "dear", from: 35, doc_count: 4 },
      ],
    },
  ],
  [
    "counts in named ranges",
    {
      range: {
        field: "price",
        keyed: true,
        ranges: [
          { to: 50, key: "cheap" },
          { from: 50, key: "dear" },
        ],
      },
    },
    { buckets: { cheap: { to: 50, doc_count: 3 }, dear: { from: 50, doc_count: 2 } } },
  ],
  [
    "counts a record with several numbers once",
    { range: { field: "weight", ranges: [{ from: 1, to: 10 }, { from: 2.5 }] } },
    {
      buckets: [
        { key: "1.0-10.0", from: 1, to: 10, doc_count: 1 },
        { key: "2.5-*", from: 2.5, doc_count: 1 },
      ],
    },
  ],
  [
    "computes metrics in ranges",
    { range: { field: "price", ranges: [{ to: 35 }, { from: 35 }] }, aggs: { sum: { sum: { field: "price" } } } },
    {
      buckets: [
        { key: "*-35.0", to: 35, doc_count: 1, sum: { value: 0.5 } },
        { key: "35.0-*", from: 35, doc_count: 4, sum: { value: 279.5 } },
      ],
    },
  ],
  [
    "counts a range without bounds",
    { range: { field: "price", ranges: [{ key: "all" }] } },
    { buckets: [{ key: "all", doc_count: 5 }] },
  ],
  [
    "counts large and small bounds",
    { range: { field: "price", ranges: [{ from: 0.0001, to: 12345678 }] } },
    { buckets: [{ key: "1.0E-4-1.2345678E7", from: 0.0001, to: 12345678, doc_count: 5 }] },
  ],
  [
    "counts dates in ranges",
    {
      date_range: {
        field: "added",
        ranges: [{ to: "2024-02-01" }, { from: "2024-02-01", to: "2024-04-01" }, { from: "2024-04-01" }],
      },
    },
    {
      buckets: [
        {
          key: "*-2024-02-01T00:00:00.000Z",
          to: 1706745600000,
          to_as_string: "2024-02-01T00:00:00.000Z",
          doc_count: 1,
        },
        {
          key: "2024-02-01T00:00:00.000Z-2024-04-01T00:00:00.000Z",
          from: 1706745600000,
          from_as_string: "2024-02-01T00:00:00.000Z",
          to: 1711929600000,
          to_as_string: "2024-04-01T00:00:00.000Z",
          doc_count: 4,
        },
        {
          key: "2024-04-01T00:00:00.000Z-*",
          from: 1711929600000,
          from_as_string: "2024-04-01T00:00:00.000Z",
          doc_count: 1,
        },
      ],
    },
  ],
  [
    "counts dates in ranges with a format",
    { date_range: { field: "added", format: "MM-yyyy", ranges: [{ from: "02-2024", to: "04-2024" }] } },
    {
      buckets: [
        {
          key: "02-2024-04-2024",
          from: 1706745600000,
          from_as_string: "02-2024",
          to: 1711929600000,
          to_as_string: "04-2024",
          doc_count: 4,
        },
      ],
    },
  ],
  [
    "counts dates in ranges with date math",
    { date_range: { field: "added", ranges: [{ from: "2024-03-15||/M", to: "2024-03-15||+1M/M", key: "march" }] } },
    {
      buckets: [
        {
          key: "march",
          from: 1709251200000,
          from_as_string: "2024-03-01T00:00:00.000Z",
          to: 1711929600000,
          to_as_string: "2024-04-01T00:00:00.000Z",
          doc_count: 2,
        },
      ],
    },
  ],
  [
    "counts dates in ranges of a time zone",
    { date_range: { field: "added", time_zone: "Europe/Rome", ranges: [{ from: "2024-02-01", to: "2024-03-01" }] } },
    {
      buckets: [
        {
          key: "2024-02-01T00:00:00.000+01:00-2024-03-01T00:00:00.000+01:00",
          from: 1706742000000,
          from_as_string: "2024-02-01T00:00:00.000+01:00",
          to: 1709247600000,
          to_as_string: "2024-03-01T00:00:00.000+01:00",
          doc_count: 3,
        },
      ],
    },
  ],
  [
    "counts dates in ranges of milliseconds",
    { date_range: { field: "added", keyed: true, ranges: [{ from: 1706745600000, key: "later" }] } },
    { buckets: { later: { from: 1706745600000, from_as_string: "2024-02-01T00:00:00.000Z", doc_count: 5 } } },
  ],
];

export const HISTOGRAMS_CASES: readonly AggregationCase[] = [
  [
    "counts numbers by interval, with empty ones",
    { histogram: { field: "price", interval: 50 } },
    {
      buckets: [
        { key: 0, doc_count: 3 },
        { key: 50, doc_count: 1 },
        { key: 100, doc_count: 1 },
      ],
    },
  ],
  [
    "leaves out empty intervals",
    { histogram: { field: "price", interval: 50, min_doc_count: 1 } },
    {
      buckets: [
        { key: 0, doc_count: 3 },
        { key: 50, doc_count: 1 },
        { key: 100, doc_count: 1 },
      ],
    },
  ],
  [
    "moves intervals by an offset",
    { histogram: { field: "price", interval: 50, offset: 10, min_doc_count: 1 } },
    {
      buckets: [
        { key: -40, doc_count: 1 },
        { key: 10, doc_count: 2 },
        { key: 60, doc_count: 1 },
        { key: 110, doc_count: 1 },
      ],
    },
  ],
  [
    "extends intervals to bounds",
    { histogram: { field: "price", interval: 50, extended_bounds: { min: -60, max: 210 } } },
    {
      buckets: [
        { key: -100, doc_count: 0 },
        { key: -50, doc_count: 0 },
        { key: 0, doc_count: 3 },
        { key: 50, doc_count: 1 },
        { key: 100, doc_count: 1 },
        { key: 150, doc_count: 0 },
        { key: 200, doc_count: 0 },
      ],
    },
  ],
  [
    "extends intervals when nothing is found",
    { histogram: { field: "nothing", interval: 5, extended_bounds: { min: 0, max: 9 } } },
    {
      buckets: [
        { key: 0, doc_count: 0 },
        { key: 5, doc_count: 0 },
      ],
    },
  ],
  [
    "orders intervals by count",
    { histogram: { field: "price", interval: 50, min_doc_count: 1, order: { _count: "desc" } } },
    {
      buckets: [
        { key: 0, doc_count: 3 },
        { key: 50, doc_count: 1 },
        { key: 100, doc_count: 1 },
      ],
    },
  ],
  [
    "orders intervals downwards",
    { histogram: { field: "price", interval: 50, min_doc_count: 1, order: { _key: "desc" } } },
    {
      buckets: [
        { key: 100, doc_count: 1 },
        { key: 50, doc_count: 1 },
        { key: 0, doc_count: 3 },
      ],
    },
  ],
  [
    "returns intervals by name",
    { histogram: { field: "price", interval: 50, keyed: true } },
    {
      buckets: {
        "0.0": { key: 0, doc_count: 3 },
        "50.0": { key: 50, doc_count: 1 },
        "100.0": { key: 100, doc_count: 1 },
      },
    },
  ],
  [
    "counts several numbers of a record",
    { histogram: { field: "weight", interval: 0.5 } },
    {
      buckets: [
        { key: 2, doc_count: 1 },
        { key: 2.5, doc_count: 1 },
      ],
    },
  ],
  [
    "counts intervals of decimal numbers",
    { histogram: { field: "price", interval: 0.25, min_doc_count: 1 } },
    {
      buckets: [
        { key: 0.5, doc_count: 1 },
        { key: 35, doc_count: 2 },
        { key: 89.5, doc_count: 1 },
        { key: 120, doc_count: 1 },
      ],
    },
  ],
  [
    "computes metrics in empty intervals",
    {
      histogram: { field: "price", interval: 50 },
      aggs: {
        max: { max: { field: "price" } },
        sum: { sum: { field: "price" } },
        tags: { terms: { field: "tags", size: 1 } },
      },
    },
    {
      buckets: [
        {
          key: 0,
          doc_count: 3,
          max: { value: 35 },
          sum: { value: 70.5 },
          tags: { doc_count_error_upper_bound: 0, sum_other_doc_count: 2, buckets: [{ key: "iron", doc_count: 2 }] },
        },
        {
          key: 50,
          doc_count: 1,
          max: { value: 89.5 },
          sum: { value: 89.5 },
          tags: {
            doc_count_error_upper_bound: 0,
            sum_other_doc_count: 1,
            buckets: [{ key: "electric", doc_count: 1 }],
          },
        },
        {
          key: 100,
          doc_count: 1,
          max: { value: 120 },
          sum: { value: 120 },
          tags: { doc_count_error_upper_bound: 0, sum_other_doc_count: 1, buckets: [{ key: "heavy", doc_count: 1 }] },
        },
      ],
    },
  ],
  [
    "counts dates by month, with empty ones",
    { date_histogram: { field: "reviews.at", calendar_interval: "month" } },
    {
      buckets: [
        { key_as_string: "2024-02-01T00:00:00.000Z", key: 1706745600000, doc_count: 1 },
        { key_as_string: "2024-03-01T00:00:00.000Z", key: 1709251200000, doc_count: 1 },
        { key_as_string: "2024-04-01T00:00:00.000Z", key: 1711929600000, doc_count: 1 },
      ],
    },
  ],
  [
    "counts dates by month of a time zone",
    { date_histogram: { field: "added", calendar_interval: "month", time_zone: "Europe/Rome", min_doc_count: 1 } },
    {
      buckets: [
        { key_as_string: "2024-02-01T00:00:00.000+01:00", key: 1706742000000, doc_count: 3 },
        { key_as_string: "2024-03-01T00:00:00.000+01:00", key: 1709247600000, doc_count: 2 },
        { key_as_string: "2024-10-01T00:00:00.000+02:00", key: 1727733600000, doc_count: 1 },
      ],
    },
  ],
  [
    "counts dates by day of a time zone with an offset",
    { date_histogram: { field: "added", calendar_interval: "1d", time_zone: "-08:00", min_doc_count: 1 } },
    {
      buckets: [
        { key_as_string: "2024-01-31T00:00:00.000-08:00", key: 1706688000000, doc_count: 3 },
        { key_as_string: "2024-03-30T00:00:00.000-08:00", key: 1711785600000, doc_count: 2 },
        { key_as_string: "2024-10-26T00:00:00.000-08:00", key: 1729929600000, doc_count: 1 },
      ],
    },
  ],
  [
    "counts dates by day on which clocks change",
    { date_histogram: { field: "added", calendar_interval: "day", time_zone: "Europe/London", min_doc_count: 1 } },
    {
      buckets: [
        { key_as_string: "2024-01-31T00:00:00.000Z", key: 1706659200000, doc_count: 1 },
        { key_as_string: "2024-02-01T00:00:00.000Z", key: 1706745600000, doc_count: 2 },
        { key_as_string: "2024-03-31T00:00:00.000Z", key: 1711843200000, doc_count: 2 },
        { key_as_string: "2024-10-27T00:00:00.000+01:00", key: 1729983600000, doc_count: 1 },
      ],
    },
  ],
  [
    "counts dates by hour when clocks are set back",
    { date_histogram: { field: "added", calendar_interval: "hour", time_zone: "Europe/Rome", min_doc_count: 1 } },
    {
      buckets: [
        { key_as_string: "2024-02-01T00:00:00.000+01:00", key: 1706742000000, doc_count: 1 },
        { key_as_string: "2024-02-01T01:00:00.000+01:00", key: 1706745600000, doc_count: 1 },
        { key_as_string: "2024-02-01T08:00:00.000+01:00", key: 1706770800000, doc_count: 1 },
        { key_as_string: "2024-03-31T01:00:00.000+01:00", key: 1711843200000, doc_count: 2 },
        { key_as_string: "2024-10-27T02:00:00.000+02:00", key: 1729987200000, doc_count: 1 },
      ],
    },
  ],
  [
    "counts dates by week",
    { date_histogram: { field: "added", calendar_interval: "week", min_doc_count: 1 } },
    {
      buckets: [
        { key_as_string: "2024-01-29T00:00:00.000Z", key: 1706486400000, doc_count: 3 },
        { key_as_string: "2024-03-25T00:00:00.000Z", key: 1711324800000, doc_count: 2 },
        { key_as_string: "2024-10-21T00:00:00.000Z", key: 1729468800000, doc_count: 1 },
      ],
    },
  ],
  [
    "counts dates by quarter",
    { date_histogram: { field: "added", calendar_interval: "1q", format: "yyyy-Q" } },
    {
      buckets: [
        { key_as_string: "2024-1", key: 1704067200000, doc_count: 5 },
        { key_as_string: "2024-2", key: 1711929600000, doc_count: 0 },
        { key_as_string: "2024-3", key: 1719792000000, doc_count: 0 },
        { key_as_string: "2024-4", key: 1727740800000, doc_count: 1 },
      ],
    },
  ],
  [
    "counts dates by year",
    { date_histogram: { field: "added", calendar_interval: "year", format: "yyyy" } },
    { buckets: [{ key_as_string: "2024", key: 1704067200000, doc_count: 6 }] },
  ],
  [
    "counts dates by a fixed interval",
    { date_histogram: { field: "reviews.at", fixed_interval: "30d" } },
    {
      buckets: [
        { key_as_string: "2024-01-18T00:00:00.000Z", key: 1705536000000, doc_count: 1 },
        { key_as_string: "2024-02-17T00:00:00.000Z", key: 1708128000000, doc_count: 1 },
        { key_as_string: "2024-03-18T00:00:00.000Z", key: 1710720000000, doc_count: 1 },
      ],
    },
  ],
  [
    "counts dates by a fixed interval of a time zone",
    { date_histogram: { field: "added", fixed_interval: "12h", time_zone: "America/New_York", min_doc_count: 1 } },
    {
      buckets: [
        { key_as_string: "2024-01-31T12:00:00.000-05:00", key: 1706720400000, doc_count: 2 },
        { key_as_string: "2024-02-01T00:00:00.000-05:00", key: 1706763600000, doc_count: 1 },
        { key_as_string: "2024-03-30T12:00:00.000-04:00", key: 1711814400000, doc_count: 2 },
        { key_as_string: "2024-10-26T12:00:00.000-04:00", key: 1729958400000, doc_count: 1 },
      ],
    },
  ],
  [
    "moves days by an offset",
    { date_histogram: { field: "added", calendar_interval: "day", offset: "+6h", min_doc_count: 1 } },
    {
      buckets: [
        { key_as_string: "2024-01-31T06:00:00.000Z", key: 1706680800000, doc_count: 2 },
        { key_as_string: "2024-02-01T06:00:00.000Z", key: 1706767200000, doc_count: 1 },
        { key_as_string: "2024-03-30T06:00:00.000Z", key: 1711778400000, doc_count: 2 },
        { key_as_string: "2024-10-26T06:00:00.000Z", key: 1729922400000, doc_count: 1 },
      ],
    },
  ],
  [
    "moves days by a negative offset",
    { date_histogram: { field: "added", calendar_interval: "day", offset: "-1h", min_doc_count: 1 } },
    {
      buckets: [
        { key_as_string: "2024-01-31T23:00:00.000Z", key: 1706742000000, doc_count: 3 },
        { key_as_string: "2024-03-30T23:00:00.000Z", key: 1711839600000, doc_count: 2 },
        { key_as_string: "2024-10-26T23:00:00.000Z", key: 1729983600000, doc_count: 1 },
      ],
    },
  ],
  [
    "extends dates to bounds",
    {
      date_histogram: {
        field: "reviews.at",
        calendar_interval: "month",
        format: "yyyy-MM",
        extended_bounds: { min: "2023-11", max: "2024-04" },
      },
    },
    {
      buckets: [
        { key_as_string: "2023-11", key: 1698796800000, doc_count: 0 },
        { key_as_string: "2023-12", key: 1701388800000, doc_count: 0 },
        { key_as_string: "2024-01", key: 1704067200000, doc_count: 0 },
        { key_as_string: "2024-02", key: 1706745600000, doc_count: 1 },
        { key_as_string: "2024-03", key: 1709251200000, doc_count: 1 },
        { key_as_string: "2024-04", key: 1711929600000, doc_count: 1 },
      ],
    },
  ],
  [
    "returns dates by name",
    { date_histogram: { field: "added", calendar_interval: "year", format: "yyyy", keyed: true } },
    { buckets: { "2024": { key_as_string: "2024", key: 1704067200000, doc_count: 6 } } },
  ],
  [
    "computes metrics by date",
    {
      date_histogram: { field: "added", calendar_interval: "quarter", min_doc_count: 1, order: { price: "desc" } },
      aggs: { price: { avg: { field: "price" } } },
    },
    {
      buckets: [
        { key_as_string: "2024-01-01T00:00:00.000Z", key: 1704067200000, doc_count: 5, price: { value: 61.25 } },
        { key_as_string: "2024-10-01T00:00:00.000Z", key: 1727740800000, doc_count: 1, price: { value: 35 } },
      ],
    },
  ],
];
