import type { Aggregation, DateHistogramKind, HistogramKind, RangeKind } from "../../../core/search/aggregation.ts";
import {
  formatBucket,
  formatFilters,
  formatHistogram,
  formatRanges,
} from "../../../core/search/aggregation-results.ts";
import { completeHistogram } from "../../../core/search/order-buckets.ts";
import type { JsonObject } from "../../../lib/json.ts";
import {
  type AggregationScope,
  bucketsOf,
  hasValue,
  onDocuments,
  onValues,
  partOf,
  readBucket,
  type Translation,
  type Translations,
  toDateInterval,
} from "./aggregation-parts.ts";
import { translateMetric } from "./aggregations-metrics.ts";
import { translateTerms } from "./aggregations-terms.ts";
import { toQuery } from "./query.ts";

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
      return translateTerms(of, aggs, inner(), scope);
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
