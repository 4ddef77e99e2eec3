import type { Json, JsonObject } from "../../lib/json.ts";
import type {
  AggregationResult,
  CompositeKind,
  DateHistogramKind,
  DateStyle,
  FiltersKind,
  HistogramKind,
  MetricKind,
  RangeKind,
} from "./aggregation.ts";
import { formatAfterKey, formatCompositeKey } from "./composite-keys.ts";
import { formatDate } from "./dates/format-date.ts";
import { formatDouble } from "./format-double.ts";
import { decodeValue } from "./values.ts";

/** A bucket before it is formatted. */
export interface Bucket<Key> {
  readonly key: Key;
  readonly docCount: number;
  /** The answers to the aggregations below it, by name. */
  readonly aggs: Readonly<Record<string, AggregationResult>>;
}

/** The answer to `terms`. @param others number of documents of the values beyond the requested number of buckets */
export const formatTerms = (buckets: readonly Bucket<string>[], others: number): AggregationResult => ({
  doc_count_error_upper_bound: 0,
  sum_other_doc_count: others,
  buckets: buckets.map(({ key, docCount, aggs }) => ({ ...formatTermsKey(key), doc_count: docCount, ...aggs })),
});

const formatTermsKey = (encoded: string): JsonObject => {
  const key = decodeValue(encoded);
  return typeof key === "boolean" ? { key: Number(key), key_as_string: String(key) } : { key };
};

/** The answer to `range` and `date_range`. @param buckets one per range, in their order; their keys do not count */
export const formatRanges = (kind: RangeKind, buckets: readonly Omit<Bucket<never>, "key">[]): AggregationResult => {
  const { ranges, dates } = kind;
  const entries = ranges.map(({ key, from, to }, index) => {
    const bound = (name: string, value: number | undefined): JsonObject =>
      value === undefined ? {} : { [name]: value, ...(dates && { [`${name}_as_string`]: formatDate(value, dates) }) };
    const { docCount = 0, aggs = {} } = buckets[index] ?? {};
    return [key, { ...bound("from", from), ...bound("to", to), doc_count: docCount, ...aggs }] as const;
  });
  return { buckets: kind.keyed ? Object.fromEntries(entries) : entries.map(([key, bucket]) => ({ key, ...bucket })) };
};

/** The answer to a histogram. @param buckets in the order of the answer */
export const formatHistogram = (
  kind: HistogramKind | DateHistogramKind,
  buckets: readonly Bucket<number>[],
): AggregationResult => {
  const dates = kind.is === "dateHistogram" ? kind.dates : undefined;
  const entries = buckets.map(({ key, docCount, aggs }) => {
    const text = dates === undefined ? formatDouble(key) : formatDate(key, dates);
    return [text, { ...(dates && { key_as_string: text }), key, doc_count: docCount, ...aggs }] as const;
  });
  return { buckets: kind.keyed ? Object.fromEntries(entries) : entries.map(([, bucket]) => bucket) };
};

/** The answer to `filters`. @param buckets one per filter, then the one of other documents, if there is one */
export const formatFilters = (kind: FiltersKind, buckets: readonly Omit<Bucket<never>, "key">[]): AggregationResult => {
  const keys = [...kind.filters.map(({ key }) => key), ...(kind.otherKey === undefined ? [] : [kind.otherKey])];
  const formatted = buckets.map(formatBucket);
  return {
    buckets: kind.keyed ? Object.fromEntries(keys.map((key, index) => [key, formatted[index] ?? {}])) : formatted,
  };
};

/** The answer to an aggregation with one bucket. */
export const formatBucket = ({ docCount, aggs }: Omit<Bucket<never>, "key">): AggregationResult => ({
  doc_count: docCount,
  ...aggs,
});

/** The answer to `composite`. @param buckets those of this page, in order */
export const formatComposite = (
  { sources }: CompositeKind,
  buckets: readonly Bucket<readonly (string | null)[]>[],
): AggregationResult => {
  const last = buckets.at(-1);
  return {
    ...(last && {
      after_key: Object.fromEntries(sources.map(({ name }, n) => [name, formatAfterKey(last.key[n] ?? null)])),
    }),
    buckets: buckets.map(({ key, docCount, aggs }) => ({
      key: Object.fromEntries(sources.map((source, n) => [source.name, formatCompositeKey(source, key[n] ?? null)])),
      doc_count: docCount,
      ...aggs,
    })),
  };
};

/** A summary of numbers. */
export interface NumberSummary {
  readonly count: number;
  /** How many of them are dates. */
  readonly dates: number;
  readonly min: number;
  readonly max: number;
  readonly sum: number;
}

const ISO: DateStyle = { format: undefined, timeZone: "UTC" };

/** The answer to `min`, `max`, `avg`, `sum` and `stats`. Dates are also written as texts. */
export const formatSummary = (is: SummaryKind, { count, dates, min, max, sum }: NumberSummary): AggregationResult => {
  const values = {
    min: count === 0 ? null : min,
    max: count === 0 ? null : max,
    avg: count === 0 ? null : sum / count,
    sum,
  };
  const areDates = count > 0 && dates === count;
  const asText = (name: string, value: number | null): JsonObject =>
    areDates && value !== null ? { [`${name}_as_string`]: formatDate(Math.round(value), ISO) } : {};
  if (is !== "stats") return { value: values[is], ...asText("value", values[is]) };
  const texts = Object.entries(values).map(([name, value]) => asText(name, value));
  return Object.assign({ count, ...values }, ...texts) as JsonObject;
};

export type SummaryKind = "min" | "max" | "avg" | "sum" | "stats";

/** The answer to `percentiles`. @param values one per percent, `null` without numbers */
export const formatPercentiles = (
  { percents, keyed }: Extract<MetricKind, { is: "percentiles" }>,
  values: readonly (number | null)[],
): AggregationResult => ({
  values: keyed
    ? Object.fromEntries(percents.map((percent, n) => [formatDouble(percent), values[n] ?? null]))
    : percents.map((percent, n): Json => ({ key: percent, value: values[n] ?? null })),
});
