import { describe, expect, it } from "@jest/globals";
import { Failure } from "../../../core/errors.ts";
import type { Aggregation } from "../../../core/search/aggregation.ts";
import { MAX_AGGREGATION_DEPTH, MAX_AGGREGATIONS } from "../../../core/search/parse-aggregations.ts";
import { parseSearch } from "../../../core/search/request.ts";
import { encodeValue } from "../../../core/search/values.ts";
import type { Json, JsonObject } from "../../../lib/json.ts";

const parse = (aggs: Json): readonly Aggregation[] => parseSearch({ aggs }).aggregations;
const parseOne = (aggregation: Json) => parse({ it: aggregation })[0]?.of;

const issueOf = (aggs: Json): string => {
  try {
    parse(aggs);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const [issue] = error.details as readonly { name: string | null; description: string }[];
    return `${issue?.name}: ${issue?.description}`;
  }
  throw new Error("The aggregations are valid.");
};

const many = (count: number): JsonObject =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`a${n}`, { max: { field: "n" } }]));
const deep = (levels: number): JsonObject => ({
  it: { terms: { field: "a" }, ...(levels > 1 && { aggs: deep(levels - 1) }) },
});

describe("parseAggregations", () => {
  it("uses OpenSearch's defaults", () => {
    expect(parseOne({ terms: { field: "lang.keyword" } })).toEqual({
      is: "terms",
      paths: ["lang", "lang.keyword"],
      size: 10,
      order: [
        { by: "count", order: "desc" },
        { by: "key", order: "asc" },
      ],
      include: undefined,
      exclude: undefined,
      missing: undefined,
      minDocCount: 1,
    });
    expect(parseOne({ date_histogram: { field: "at", calendar_interval: "1M" } })).toEqual({
      is: "dateHistogram",
      paths: ["at"],
      minDocCount: 0,
      order: [{ by: "key", order: "asc" }],
      keyed: false,
      interval: { calendar: "month" },
      offsetMs: 0,
      dates: { format: undefined, timeZone: "UTC" },
      extendedBounds: undefined,
    });
    expect(parseOne({ percentiles: { field: "n" } })).toMatchObject({
      percents: [1, 5, 25, 50, 75, 95, 99],
      keyed: true,
    });
    expect(parseOne({ top_hits: {} })).toEqual({
      is: "topHits",
      from: 0,
      size: 3,
      sort: [],
      source: parseSearch({}).source,
    });
  });

  it("reads sub-aggregations under both names", () => {
    const [one] = parse({ one: { filter: { match_all: {} }, aggregations: { two: { sum: { field: "n" } } } } });

    expect(one?.aggs).toEqual([{ name: "two", of: { is: "sum", paths: ["n"] }, aggs: [] }]);
  });

  it("finds equal values of other types in include and exclude", () => {
    expect(parseOne({ terms: { field: "a", include: ["5", true] } })).toMatchObject({
      include: { anyOf: ["5", 5, true, "true"].map(encodeValue) },
    });
  });

  it("reads time zones and offsets", () => {
    const options = { field: "at", fixed_interval: "90m", offset: "-2h", time_zone: "europe/rome" };

    expect(parseOne({ date_histogram: options })).toMatchObject({
      interval: { fixedMs: 5_400_000 },
      offsetMs: -7_200_000,
      dates: { timeZone: "Europe/Rome" },
    });
  });

  it("sorts ranges, and names them by their bounds", () => {
    expect(parseOne({ range: { field: "n", ranges: [{ from: 5 }, { to: 5 }, { from: 1, to: 2 }] } })).toMatchObject({
      ranges: [
        { key: "*-5.0", to: 5 },
        { key: "1.0-2.0", from: 1, to: 2 },
        { key: "5.0-*", from: 5 },
      ],
    });
  });

  it("accepts the maximum", () => {
    expect(parse(many(MAX_AGGREGATIONS))).toHaveLength(MAX_AGGREGATIONS);
    expect(parse(deep(MAX_AGGREGATION_DEPTH))).toHaveLength(1);
  });

  it.each<[aggregation: Json, issue: string]>([
    [{ term: { field: "a" } }, "aggs.it.term: term is not supported. Use one of: avg, cardinality, composite"],
    [{}, "aggs.it: must have exactly one kind"],
    [{ terms: { field: "a" }, max: { field: "a" } }, "aggs.it: must have exactly one kind"],
    [5, "aggs.it: must be an object"],
    [{ terms: {} }, "aggs.it.terms.field: must be a non-empty string"],
    [{ terms: { field: "a*" } }, "aggs.it.terms.field: must be the name of a field"],
    [{ terms: { field: "_id" } }, "aggs.it.terms.field: is not a field of records"],
    [{ terms: { field: "a", script: "x" } }, "aggs.it.terms.script: script is not supported"],
    [{ terms: { field: "a", size: 0 } }, "aggs.it.terms.size: must be from 1 to 10000"],
    [{ terms: { field: "a", size: 10_001 } }, "aggs.it.terms.size: must be from 1 to 10000"],
    [{ terms: { field: "a", min_doc_count: 0 } }, "aggs.it.terms.min_doc_count: must be 1 or more"],
    [{ terms: { field: "a", order: "asc" } }, "aggs.it.terms.order: must be an object with one key"],
    [{ terms: { field: "a", order: { _key: "up" } } }, "aggs.it.terms.order._key: must be one of: asc, desc"],
    [{ terms: { field: "a", order: { n: "asc" } } }, "aggs.it.terms.order.n: must be _count, _key, or the name"],
    [
      { terms: { field: "a", order: { s: "asc" } }, aggs: { s: { stats: { field: "n" } } } },
      "aggs.it.terms.order.s: must name a number of s: s.count, s.min, s.max, s.avg, s.sum",
    ],
    [
      { terms: { field: "a", order: { t: "asc" } }, aggs: { t: { terms: { field: "n" } } } },
      "aggs.it.terms.order.t: compares by t, which has no single number",
    ],
    [
      { terms: { field: "a", order: { "t>m": "asc" } }, aggs: { t: { terms: { field: "n" } } } },
      "aggs.it.terms.order.t>m: goes through t, which has more than one bucket",
    ],
    [{ terms: { field: "a", include: 5 } }, "aggs.it.terms.include: must be a regular expression or an array"],
    [{ terms: { field: "a", include: "(" } }, "aggs.it.terms.include: "],
    [{ terms: { field: "a", missing: null } }, "aggs.it.terms.missing: must be a string, a number or a boolean"],
    [{ terms: { field: "a", missing: "x".repeat(257) } }, "aggs.it.terms.missing: must have at most 256 characters"],
    [{ range: { field: "a", ranges: [] } }, "aggs.it.range.ranges: must have at least one range"],
    [{ range: { field: "a", ranges: [{ from: "x" }] } }, "aggs.it.range.ranges.0.from: must be a number"],
    [
      { date_range: { field: "a", ranges: [{ from: "soon" }] } },
      "aggs.it.date_range.ranges.0.from: must be a date such as",
    ],
    [
      { date_range: { field: "a", ranges: [{}], format: "bb" } },
      "aggs.it.date_range.format: must be a pattern such as",
    ],
    [
      { date_range: { field: "a", ranges: [{}], time_zone: "Mars" } },
      "aggs.it.date_range.time_zone: must be a time zone",
    ],
    [{ histogram: { field: "a", interval: 0 } }, "aggs.it.histogram.interval: must be greater than 0"],
    [{ histogram: { field: "a" } }, "aggs.it.histogram.interval: must be a number"],
    [
      { histogram: { field: "a", interval: 1, extended_bounds: { min: 2, max: 1 } } },
      "aggs.it.histogram.extended_bounds: must have a min that is not above max",
    ],
    [{ histogram: { field: "a", interval: 1, missing: 0 } }, "aggs.it.histogram.missing: missing is not supported"],
    [
      { date_histogram: { field: "a" } },
      "aggs.it.date_histogram: must have either calendar_interval or fixed_interval",
    ],
    [
      { date_histogram: { field: "a", calendar_interval: "2d" } },
      "aggs.it.date_histogram.calendar_interval: must be one of",
    ],
    [
      { date_histogram: { field: "a", fixed_interval: "1M" } },
      "aggs.it.date_histogram.fixed_interval: must be a number of",
    ],
    [{ date_histogram: { field: "a", interval: "1d" } }, "aggs.it.date_histogram.interval: interval is not supported"],
    [
      { date_histogram: { field: "a", fixed_interval: "1d", offset: "6" } },
      "aggs.it.date_histogram.offset: must be a number of",
    ],
    [{ filter: { mach: {} } }, "aggs.it.filter.mach: mach is not supported"],
    [{ filters: { filters: {} } }, "aggs.it.filters.filters: must have from 1 to 100 clauses"],
    [{ filters: { filters: 1 } }, "aggs.it.filters.filters: must be an object or array of clauses"],
    [{ nested: {} }, "aggs.it.nested.path: must be a non-empty string"],
    [
      { nested: { path: "a" }, aggs: { top: { top_hits: {} } } },
      "aggs.it.aggs.top.top_hits: must be outside of nested",
    ],
    [{ max: { field: "n" }, aggs: many(1) }, "aggs.it.aggs: is not possible below max, which has no buckets"],
    [{ terms: { field: "a" }, aggs: {}, aggregations: {} }, "aggs.it.aggregations: is the same as aggs"],
    [{ terms: { field: "a" }, aggs: { key: { max: { field: "n" } } } }, "aggs.it.aggs.key: must have another name"],
    [{ percentiles: { field: "n", percents: [101] } }, "aggs.it.percentiles.percents: must have numbers from 0 to 100"],
    [{ top_hits: { size: 101 } }, "aggs.it.top_hits.size: from + size must be at most 100"],
    [{ top_hits: { size: 0 } }, "aggs.it.top_hits.size: must be 1 or more"],
    [{ composite: { sources: [] } }, "aggs.it.composite.sources: must have at least one source"],
    [{ composite: { sources: [{ a: { max: {} } }] } }, "aggs.it.composite.sources.0.a.max: max is not supported"],
    [
      { composite: { sources: [{ a: { terms: { field: "a" } } }, { a: { terms: { field: "b" } } }] } },
      "aggs.it.composite.sources: must have different names",
    ],
    [
      { composite: { sources: [{ a: { terms: { field: "a" } } }], after: {} } },
      "aggs.it.composite.after.a: is missing. Use the after_key of the previous page",
    ],
    [
      { composite: { sources: [{ a: { terms: { field: "a" } } }], after: { a: null } } },
      "aggs.it.composite.after.a: must not be null without missing_bucket",
    ],
    [
      { composite: { sources: [{ a: { histogram: { field: "a", interval: 1 } } }], after: { a: "x" } } },
      "aggs.it.composite.after.a: must be the value of an after_key",
    ],
    [
      { terms: { field: "a" }, aggs: { c: { composite: { sources: [{ a: { terms: { field: "a" } } }] } } } },
      "aggs.it.aggs.c.composite: must be outside of other aggregations",
    ],
  ])("refuses %j", (aggregation, issue) => {
    expect(issueOf({ it: aggregation })).toContain(issue);
  });

  it("refuses too many aggregations, levels and special characters in names", () => {
    expect(issueOf(many(MAX_AGGREGATIONS + 1))).toContain(`exceeds the maximum of ${MAX_AGGREGATIONS} aggregations`);
    expect(issueOf(deep(MAX_AGGREGATION_DEPTH + 1))).toContain(`is more than ${MAX_AGGREGATION_DEPTH} levels deep`);
    expect(issueOf({ "a>b": { max: { field: "n" } } })).toContain("must have a name without [, ] and >");
  });
});
