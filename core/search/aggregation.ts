import type { JsonObject } from "../../lib/json.ts";
import type { Clause } from "./clause.ts";
import type { SortKey } from "./request.ts";
import type { SourceFilter } from "./source-filter.ts";

/** One parsed aggregation. `aggs` are computed for each of its buckets. */
export interface Aggregation {
  readonly name: string;
  readonly of: AggregationKind;
  readonly aggs: readonly Aggregation[];
}

/**
 * What an aggregation computes. `paths` are those of one field (see `fieldPaths`). Values are encoded by `encodeValue`.
 * Numeric aggregations use numbers, and dates as milliseconds since 1970; they ignore other values. Equal values of one
 * record count once.
 */
export type AggregationKind = BucketKind | MetricKind | TopHitsKind;

type BucketKind =
  | TermsKind
  | RangeKind
  | HistogramKind
  | DateHistogramKind
  | CompositeKind
  | { readonly is: "filter"; readonly filter: Clause }
  | FiltersKind
  /** Counts the objects in the arrays at the path, instead of the records. */
  | { readonly is: "nested"; readonly path: string }
  /** Records without a value other than null. */
  | { readonly is: "missing"; readonly paths: readonly string[] };

/** One bucket per value: strings, numbers and booleans. */
export interface TermsKind {
  readonly is: "terms";
  readonly paths: readonly string[];
  /** Maximum number of buckets. */
  readonly size: number;
  readonly order: readonly BucketOrder[];
  readonly include: TermsFilter | undefined;
  readonly exclude: TermsFilter | undefined;
  /** The value of records that have none. */
  readonly missing: string | undefined;
  /** At least 1. */
  readonly minDocCount: number;
}

export interface BucketOrder {
  /** What to compare: the number of documents, the value, or a metric below the bucket. */
  readonly by: "count" | "key" | MetricPath;
  readonly order: "asc" | "desc";
}

/** Names of aggregations, of which all but the last are single buckets, and the property of a `stats` or percentiles. */
export interface MetricPath {
  readonly names: readonly string[];
  readonly property: string | undefined;
  /** What counts for buckets without the metric; `undefined` for one that is last in any order. */
  readonly empty: number | undefined;
}

/** Values that buckets may have: those in a list, or strings that match an anchored RE2 pattern. */
export type TermsFilter = { readonly anyOf: readonly string[] } | { readonly pattern: string };

/** One bucket per range of numbers, `from` inclusive and `to` exclusive. A record counts in each range that it is in. */
export interface RangeKind {
  readonly is: "range";
  readonly paths: readonly string[];
  /** In ascending order of `from`, then `to`. */
  readonly ranges: readonly NumberRange[];
  readonly keyed: boolean;
  /** How dates are formatted; `undefined` for ranges of numbers. */
  readonly dates: DateStyle | undefined;
}

export interface NumberRange {
  readonly key: string;
  readonly from: number | undefined;
  readonly to: number | undefined;
}

/** A date pattern, and the time zone in which it is written and rounded. */
export interface DateStyle {
  /** `undefined` for ISO 8601 with milliseconds. */
  readonly format: string | undefined;
  /** Name that `findTimeZone` returns: IANA name, `UTC` or offset such as `+01:00`. */
  readonly timeZone: string;
}

interface BucketSeries {
  readonly paths: readonly string[];
  /** 0 also returns the empty buckets between others, and within `extendedBounds`. */
  readonly minDocCount: number;
  readonly extendedBounds: { readonly min: number; readonly max: number } | undefined;
  readonly order: readonly BucketOrder[];
  readonly keyed: boolean;
}

/** One bucket per interval of numbers. */
export interface HistogramKind extends BucketSeries {
  readonly is: "histogram";
  readonly interval: number;
  readonly offset: number;
}

/** One bucket per interval of time. Numbers are milliseconds since 1970. */
export interface DateHistogramKind extends BucketSeries {
  readonly is: "dateHistogram";
  readonly interval: DateInterval;
  readonly offsetMs: number;
  readonly dates: DateStyle;
}

export type CalendarUnit = "minute" | "hour" | "day" | "week" | "month" | "quarter" | "year";
export type DateInterval = { readonly calendar: CalendarUnit } | { readonly fixedMs: number };

export interface FiltersKind {
  readonly is: "filters";
  readonly filters: readonly { readonly key: string; readonly filter: Clause }[];
  /** Whether the buckets of the answer have names. */
  readonly keyed: boolean;
  /** The name of the bucket for records that match no filter; `undefined` for none. */
  readonly otherKey: string | undefined;
}

/** One bucket per combination of the values of several sources, in their order, in pages. */
export interface CompositeKind {
  readonly is: "composite";
  readonly sources: readonly CompositeSource[];
  readonly size: number;
  /** The last combination of the previous page: a value of each source, `null` for records that have none. */
  readonly after: readonly (string | null)[] | undefined;
}

export interface CompositeSource {
  readonly name: string;
  readonly paths: readonly string[];
  readonly order: "asc" | "desc";
  /** Whether records without a value have a bucket with the key `null`. */
  readonly missingBucket: boolean;
  readonly by:
    | { readonly is: "terms" }
    | { readonly is: "histogram"; readonly interval: number }
    | {
        readonly is: "dateHistogram";
        readonly interval: DateInterval;
        readonly offsetMs: number;
        readonly dates: DateStyle;
      };
}

export type MetricKind =
  | {
      readonly is: "min" | "max" | "avg" | "sum" | "stats";
      readonly paths: readonly string[];
    }
  /** The number of values, of any type. */
  | { readonly is: "valueCount"; readonly paths: readonly string[] }
  /** The number of different values, of any type. */
  | { readonly is: "cardinality"; readonly paths: readonly string[] }
  | {
      readonly is: "percentiles";
      readonly paths: readonly string[];
      readonly percents: readonly number[];
      readonly keyed: boolean;
    };

/** The first documents of a bucket. */
export interface TopHitsKind {
  readonly is: "topHits";
  readonly from: number;
  readonly size: number;
  /** Sorts by relevance when empty. */
  readonly sort: readonly SortKey[];
  readonly source: SourceFilter;
}

/**
 * The answer to an aggregation in OpenSearch's shape. The hits of `topHits` have only what the engine knows: `index` (the
 * position in the searched indexes), `id`, `score` and `sort`. The caller replaces them by documents.
 */
export type AggregationResult = JsonObject;

/** Maximum number of buckets in an answer. */
export const MAX_BUCKETS = 10_000;

export const TOO_MANY_BUCKETS = `The aggregations have more than ${MAX_BUCKETS} buckets. Use a smaller size, a larger interval or fewer aggs.`;

/** An answer has more than {@link MAX_BUCKETS} buckets. */
export class TooManyBucketsError extends Error {
  constructor() {
    super(TOO_MANY_BUCKETS);
    this.name = "TooManyBucketsError";
  }
}
