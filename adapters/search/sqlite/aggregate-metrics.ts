import type { AggregationResult, MetricKind } from "../../../core/search/aggregation.ts";
import { formatPercentiles, formatSummary, type NumberSummary } from "../../../core/search/aggregation-results.ts";
import type { DocGroup } from "./aggregate.ts";
import { columnsOf, isDate, visitNumbers, visitTexts } from "./aggregate-values.ts";
import type { Column } from "./segment.ts";

/** Computes an aggregation whose answer is a number or a few. */
export const aggregateMetric = (kind: MetricKind, groups: readonly DocGroup[]): AggregationResult => {
  switch (kind.is) {
    case "valueCount":
      return { value: countValues(kind.paths, groups) };
    case "cardinality":
      return { value: countDifferentValues(kind.paths, groups) };
    case "percentiles":
      return formatPercentiles(kind, findPercentiles(kind, groups));
    default:
      return formatSummary(kind.is, summarize(kind.paths, groups));
  }
};

const summarize = (paths: readonly string[], groups: readonly DocGroup[]): NumberSummary => {
  let [count, dates, min, max, sum] = [0, 0, Infinity, -Infinity, 0];
  for (const group of groups) {
    visitNumbers(group, paths, (_, value) => {
      count++;
      if (value < min) min = value;
      if (value > max) max = value;
      sum += value;
    });
    for (const column of columnsOf(group.segment, paths))
      column.visitValues(group.docs, (n) => {
        if (isDate(column.value(n))) dates++;
      });
  }
  return { count, dates, min, max, sum };
};

/** Percentiles of all numbers, exactly: the first number that more than this share of the numbers are not above. */
const findPercentiles = (
  { paths, percents }: Extract<MetricKind, { is: "percentiles" }>,
  groups: readonly DocGroup[],
): (number | null)[] => {
  const numbers: number[] = [];
  for (const group of groups) visitNumbers(group, paths, (_, value) => numbers.push(value));
  const sorted = Float64Array.from(numbers).sort();
  return percents.map((percent) => {
    if (sorted.length === 0) return null;
    return sorted[Math.min(sorted.length - 1, Math.floor((percent / 100) * sorted.length))] as number;
  });
};

const countValues = (paths: readonly string[], groups: readonly DocGroup[]): number => {
  let count = 0;
  for (const group of groups)
    visitTexts(group, paths, () => {
      count++;
    });
  return count;
};

const countDifferentValues = (paths: readonly string[], groups: readonly DocGroup[]): number => {
  const numbers = new Map<Column, Set<number>>();
  for (const group of groups)
    visitTexts(group, paths, (column, n) => {
      const seen = numbers.get(column);
      if (seen === undefined) numbers.set(column, new Set([n]));
      else seen.add(n);
    });
  const [first, ...others] = numbers;
  if (first === undefined || others.length === 0) return first?.[1].size ?? 0;
  const texts = new Set<string>();
  for (const [column, seen] of numbers) for (const n of seen) texts.add(column.value(n));
  return texts.size;
};
