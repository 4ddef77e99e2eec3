import type { AggregationResult, MetricKind } from "../../../core/search/aggregation.ts";
import { formatPercentiles, formatSummary } from "../../../core/search/aggregation-results.ts";
import { isObject, type JsonObject } from "../../../lib/json.ts";
import { type AggregationScope, onValues, partOf, type Translation } from "./aggregation-parts.ts";

/** OpenSearch's maximum: up to it, the number of different values is close to exact. */
const MAX_PRECISION_THRESHOLD = 40_000;

/** Translates an aggregation whose answer is a number or a few. */
export const translateMetric = (kind: MetricKind, scope: AggregationScope): Translation => {
  const { level } = scope;
  const [values, numbers] = [{ field: `${level}leaf.v` }, { field: `${level}leaf.n` }];
  const translation = (aggs: JsonObject, read: (answer: JsonObject | undefined) => AggregationResult): Translation => ({
    body: onValues(scope, kind.paths, aggs),
    read: (answer) => read(partOf(answer, "at")),
  });
  switch (kind.is) {
    case "valueCount":
      return translation({ values: { value_count: values } }, readValue);
    case "cardinality":
      return translation(
        { values: { cardinality: { ...values, precision_threshold: MAX_PRECISION_THRESHOLD } } },
        readValue,
      );
    case "percentiles": {
      const body = { percentiles: { ...numbers, percents: [...kind.percents], keyed: false } };
      return translation({ values: body }, (at) => {
        const found = at === undefined ? [] : partOf(at, "values")?.values;
        const list = Array.isArray(found) ? found.filter(isObject) : [];
        return formatPercentiles(
          kind,
          kind.percents.map((_, index) => readNumber(list[index]?.value)),
        );
      });
    }
    default:
      return translation({ values: { stats: numbers }, dates: { value_count: { field: `${level}leaf.d` } } }, (at) => {
        const stats = partOf(at, "values");
        return formatSummary(kind.is, {
          count: readNumber(stats?.count) ?? 0,
          dates: readNumber(partOf(at, "dates")?.value) ?? 0,
          min: readNumber(stats?.min) ?? Infinity,
          max: readNumber(stats?.max) ?? -Infinity,
          sum: readNumber(stats?.sum) ?? 0,
        });
      });
  }
};

const readValue = (at: JsonObject | undefined): AggregationResult => ({
  value: readNumber(partOf(at, "values")?.value) ?? 0,
});

const readNumber = (value: unknown): number | null => (typeof value === "number" ? value : null);
