import {
  type Aggregation,
  type AggregationResult,
  type DateHistogramKind,
  type HistogramKind,
  MAX_BUCKETS,
  type RangeKind,
} from "../../../core/search/aggregation.ts";
import { formatHistogram, formatRanges } from "../../../core/search/aggregation-results.ts";
import { completeHistogram, createIntervals } from "../../../core/search/order-buckets.ts";
import { countWhile } from "../../../lib/util/count-while.ts";
import { getOrCreate } from "../../../lib/util/get-or-create.ts";
import type { AggregationRun, DocGroup } from "./aggregate.ts";
import { BucketDocs, visitNumbers } from "./aggregate-values.ts";

/** Computes `range` and `date_range`. */
export const aggregateRanges = (
  kind: RangeKind,
  aggs: readonly Aggregation[],
  groups: readonly DocGroup[],
  run: AggregationRun,
): AggregationResult => {
  run.chargeBuckets(kind.ranges.length);
  const docs = new BucketDocs(groups);
  const bounds = kind.ranges.map(({ from = -Infinity, to = Infinity }) => ({ from, to }));
  for (const [index, group] of groups.entries())
    visitNumbers(group, kind.paths, (doc, value) => {
      for (let range = 0; range < bounds.length; range++) {
        const { from, to } = bounds[range] as { from: number; to: number };
        if (value >= from && (value < to || to === Infinity)) docs.add(range, index, doc);
      }
    });
  return formatRanges(
    kind,
    bounds.map((_, range) => run.bucketOf(aggs, docs.groupsOf(range))),
  );
};

/** Computes `histogram` and `date_histogram`. */
export const aggregateHistogram = (
  kind: HistogramKind | DateHistogramKind,
  aggs: readonly Aggregation[],
  groups: readonly DocGroup[],
  run: AggregationRun,
): AggregationResult => {
  const docs = new BucketDocs(groups);
  const numbers = new Map<number, number>();
  const round = createRound(kind);
  for (const [index, group] of groups.entries())
    visitNumbers(group, kind.paths, (doc, value) => {
      const key = round(value);
      if (key === undefined) return;
      docs.add(
        getOrCreate(numbers, key, () => numbers.size),
        index,
        doc,
      );
    });
  if (kind.minDocCount <= 1) run.chargeBuckets(numbers.size);
  const buckets = [...numbers.keys()]
    .sort((a, b) => a - b)
    .map((key) => ({ key, ...run.bucketOf(aggs, docs.groupsOf(numbers.get(key) as number)) }));
  const complete = completeHistogram(kind, buckets, () => run.bucketOf(aggs, []).aggs);
  run.chargeBuckets(complete.length - (kind.minDocCount <= 1 ? numbers.size : 0));
  return formatHistogram(kind, complete);
};

/**
 * Rounds values to the starts of intervals, `undefined` for those in none. Remembers them, since time zones take long to
 * compute.
 */
export const createRound = (kind: Parameters<typeof createIntervals>[0]): ((value: number) => number | undefined) => {
  const intervals = createIntervals(kind);
  if (kind.is === "histogram") return intervals.round;
  const starts: number[] = [];
  const ends: number[] = [];
  return (value) => {
    const low = countWhile(starts, (start) => start <= value);
    if (low > 0 && value < (ends[low - 1] as number)) return starts[low - 1] as number;
    if (!intervals.has(value)) return undefined;
    const start = intervals.round(value);
    if (starts.length < MAX_BUCKETS && starts[low - 1] !== start) {
      starts.splice(low, 0, start);
      ends.splice(low, 0, intervals.next(start));
    }
    return start;
  };
};
