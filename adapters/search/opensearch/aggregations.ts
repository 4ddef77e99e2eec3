import type {
  Aggregation,
  AggregationResult,
  DateHistogramKind,
  HistogramKind,
  RangeKind,
  TopHitsKind,
} from "../../../core/search/aggregation.ts";
import {
  formatBucket,
  formatFilters,
  formatHistogram,
  formatRanges,
} from "../../../core/search/aggregation-results.ts";
import { completeHistogram } from "../../../core/search/order-buckets.ts";
import { isObject, type Json, type JsonObject } from "../../../lib/json.ts";
import { translateMetric } from "./aggregations-metrics.ts";
import { translateTerms } from "./aggregations-terms.ts";
import { type QueryScope, toQuery } from "./query.ts";

/** What aggregations are translated with. */
export interface AggregationScope extends QueryScope {
  /** The level of the objects of a nested array: see {@link QueryScope}. */
  readonly levelOf: (path: string) => string;
  readonly toTopHits: (kind: TopHitsKind) => JsonObject;
  /** Parses the response to what `toTopHits` returned. */
  readonly readTopHits: (kind: TopHitsKind, response: JsonObject) => JsonObject;
}

/** One aggregation in OpenSearch's terms, and what reads the answer to it: `undefined` if the index does not exist. */
export interface Translation {
  readonly body: JsonObject;
  readonly read: (answer: JsonObject | undefined) => AggregationResult;
}

/** Aggregations beside each other. They are named by their positions, since OpenSearch restricts names. */
export interface Translations {
  readonly bodies: JsonObject;
  readonly read: (answers: JsonObject | undefined) => Record<string, AggregationResult>;
}

/** Translates aggregations to OpenSearch's language. */
export const translateAggregations = (aggregations: readonly Aggregation[], scope: AggregationScope): Translations => {
  const translations = aggregations.map((aggregation) => translate(aggregation, scope));
  return {
    bodies: Object.fromEntries(translations.map(({ body }, index) => [String(index), body])),
    read: (answers) =>
      Object.fromEntries(
        aggregations.map(({ name }, index) => [name, translations[index]?.read(partOf(answers, String(index))) ?? {}]),
      ),
  };
};

const translate = (aggregation: Aggregation, scope: AggregationScope): Translation => {
  const { of, aggs } = aggregation;
  const inner = () => translateAggregations(aggs, scope);
  switch (of.is) {
    case "terms":
      return translateTerms(of, aggs, scope);
    case "range":
      return translateRange(of, inner(), scope);
    case "histogram":
    case "dateHistogram":
      return translateHistogram(of, inner(), scope);
    case "composite":
      throw new TypeError("composite is computed on its own");
    case "filter":
      return singleBucket({ filter: toQuery(of.filter, scope) }, inner());
    case "filters": {
      const { filters, otherKey } = of;
      const { bodies, read } = inner();
      const keyed = Object.fromEntries(filters.map(({ filter }, index) => [String(index), toQuery(filter, scope)]));
      return {
        body: {
          filters: { filters: keyed, ...(otherKey !== undefined && { other_bucket_key: "other" }) },
          aggs: bodies,
        },
        read: (answer) => {
          const buckets = partOf(answer, "buckets");
          const keys = [...filters.keys(), ...(otherKey === undefined ? [] : ["other"])];
          return formatFilters(
            of,
            keys.map((key) => readBucket(partOf(buckets, String(key)), read)),
          );
        },
      };
    }
    case "missing":
      return singleBucket({ filter: { bool: { must_not: [hasValue(scope, of.paths)] } } }, inner());
    case "nested": {
      const level = scope.levelOf(of.path);
      const at = singleBucket(
        { filter: { term: { [`${level}at`]: of.path } } },
        translateAggregations(aggs, { ...scope, level }),
      );
      return {
        body: { nested: { path: level.slice(0, -1) }, aggs: { at: at.body } },
        read: (answer) => at.read(partOf(answer, "at")),
      };
    }
    case "topHits":
      return { body: scope.toTopHits(of), read: (answer) => ({ hits: scope.readTopHits(of, answer ?? {}) }) };
    default:
      return translateMetric(of, scope);
  }
};

const singleBucket = (body: JsonObject, { bodies, read }: Translations): Translation => ({
  body: { ...body, aggs: bodies },
  read: (answer) => formatBucket(readBucket(answer, read)),
});

/** The objects or records that have a value at one of the paths. */
export const hasValue = ({ level }: QueryScope, paths: readonly string[], value?: string): JsonObject => ({
  nested: {
    path: `${level}leaf`,
    query: {
      bool: {
        filter: [
          { terms: { [`${level}leaf.p`]: [...paths] } },
          value === undefined ? { exists: { field: `${level}leaf.v` } } : { term: { [`${level}leaf.v`]: value } },
        ],
      },
    },
  },
});

/** An aggregation over the values at the paths, and over dates if it wants them. */
export const onValues = ({ level }: QueryScope, paths: readonly string[], aggs: JsonObject): JsonObject => ({
  nested: { path: `${level}leaf` },
  aggs: { at: { filter: { terms: { [`${level}leaf.p`]: [...paths] } }, aggs } },
});

/** The path of an aggregation that {@link onValues} made. */
export const VALUES_PATH = "at>values";

/** The aggregations below a bucket of values: they are about the documents that have these values. */
export const onDocuments = ({ level }: QueryScope, { bodies }: Translations): JsonObject => ({
  docs: { reverse_nested: level === "" ? {} : { path: level.slice(0, -1) }, aggs: bodies },
});

export const readBucket = (
  answer: JsonObject | undefined,
  read: Translations["read"],
): { docCount: number; aggs: Record<string, AggregationResult> } => ({
  docCount: Number(answer?.doc_count ?? 0),
  aggs: read(answer),
});

/** An object within an answer. */
export const partOf = (answer: JsonObject | undefined, ...keys: readonly string[]): JsonObject | undefined => {
  let part: Json | undefined = answer;
  for (const key of keys) part = isObject(part) ? part[key] : undefined;
  return isObject(part) ? part : undefined;
};

/** The buckets of an answer. */
export const bucketsOf = (answer: JsonObject | undefined): JsonObject[] => {
  const buckets = answer?.buckets;
  return Array.isArray(buckets) ? buckets.filter(isObject) : [];
};

const translateRange = (kind: RangeKind, inner: Translations, scope: AggregationScope): Translation => {
  const ranges = kind.ranges.map(({ from, to }, index) => ({
    key: String(index),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
  }));
  const values = { range: { field: `${scope.level}leaf.n`, ranges, keyed: true }, aggs: onDocuments(scope, inner) };
  return {
    body: onValues(scope, kind.paths, { values }),
    read: (answer) => {
      const buckets = partOf(answer, "at", "values", "buckets");
      return formatRanges(
        kind,
        ranges.map(({ key }) => readBucket(partOf(buckets, key, "docs"), inner.read)),
      );
    },
  };
};

const translateHistogram = (
  kind: HistogramKind | DateHistogramKind,
  inner: Translations,
  scope: AggregationScope,
): Translation => {
  const field = `${scope.level}leaf.${kind.is === "histogram" ? "n" : "i"}`;
  const options = { field, min_doc_count: Math.max(1, kind.minDocCount) };
  const histogram: JsonObject =
    kind.is === "histogram"
      ? { histogram: { ...options, interval: kind.interval, offset: kind.offset } }
      : { date_histogram: { ...options, ...toDateInterval(kind) } };
  return {
    body: onValues(scope, kind.paths, { values: { ...histogram, aggs: onDocuments(scope, inner) } }),
    read: (answer) => {
      const buckets = bucketsOf(partOf(answer, "at", "values")).map((bucket) => ({
        key: Number(bucket.key),
        ...readBucket(partOf(bucket, "docs"), inner.read),
      }));
      return formatHistogram(
        kind,
        completeHistogram(kind, buckets, () => inner.read(undefined)),
      );
    },
  };
};

/** The interval, time zone and offset of a date histogram. */
export const toDateInterval = ({
  interval,
  offsetMs,
  dates,
}: Pick<DateHistogramKind, "interval" | "offsetMs" | "dates">): JsonObject => ({
  ...("fixedMs" in interval ? { fixed_interval: `${interval.fixedMs}ms` } : { calendar_interval: interval.calendar }),
  time_zone: dates.timeZone,
  offset: `${offsetMs}ms`,
});
