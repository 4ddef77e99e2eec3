import { isObject, type Json } from "../../lib/json.ts";
import type {
  Aggregation,
  AggregationResult,
  BucketOrder,
  DateHistogramKind,
  HistogramKind,
  MetricPath,
} from "./aggregation.ts";
import { MAX_BUCKETS, TooManyBucketsError } from "./aggregation.ts";
import type { Bucket } from "./aggregation-results.ts";
import { createRounding, isTime, type Rounding } from "./dates/round-date.ts";

/** Sorts buckets. Those without the number that is compared come last. */
export const orderBuckets = <Key>(
  buckets: readonly Bucket<Key>[],
  order: readonly BucketOrder[],
  compareKeys: (a: Key, b: Key) => number,
): Bucket<Key>[] =>
  buckets.toSorted((a, b) => {
    for (const { by, order: direction } of order) {
      const sign = direction === "asc" ? 1 : -1;
      const result =
        by === "count"
          ? sign * (a.docCount - b.docCount)
          : by === "key"
            ? sign * compareKeys(a.key, b.key)
            : compareMetrics(readMetric(a.aggs, by) ?? by.empty, readMetric(b.aggs, by) ?? by.empty, sign);
      if (result !== 0) return result;
    }
    return 0;
  });

const compareMetrics = (a: number | undefined, b: number | undefined, sign: number): number => {
  if (a === undefined || b === undefined) return (a === undefined ? 1 : 0) - (b === undefined ? 1 : 0);
  return a === b ? 0 : sign * (a < b ? -1 : 1);
};

/** The number at a path in the answers below a bucket; `undefined` if there is none. */
const readMetric = (
  aggs: Readonly<Record<string, AggregationResult>>,
  { names, property }: MetricPath,
): number | undefined => {
  let found: Json | undefined = aggs;
  for (const name of names) found = isObject(found) && Object.hasOwn(found, name) ? found[name] : undefined;
  if (!isObject(found)) return undefined;
  const value = readNumber(found, property);
  return typeof value === "number" ? value : undefined;
};

const readNumber = (answer: AggregationResult, property: string | undefined): Json | undefined => {
  const { values, doc_count: count, value } = answer;
  if (property === undefined || property === "_count") return count ?? value;
  if (values === undefined) return answer[property];
  if (Array.isArray(values)) return values.filter(isObject).find(({ key }) => key === Number(property))?.value;
  return isObject(values) ? Object.entries(values).find(([key]) => Number(key) === Number(property))?.[1] : undefined;
};

/**
 * The buckets of a histogram in the order of the answer, with the empty ones between others and within its bounds.
 * @param buckets those with documents, in the order of their keys
 * @param empty the answers to the aggregations below an empty bucket
 * @throws TooManyBucketsError
 */
export const completeHistogram = (
  kind: HistogramKind | DateHistogramKind,
  buckets: readonly Bucket<number>[],
  empty: () => Bucket<number>["aggs"],
): readonly Bucket<number>[] => {
  const { minDocCount, order } = kind;
  const complete =
    minDocCount === 0
      ? addEmptyBuckets(kind, buckets, empty)
      : buckets.filter(({ docCount }) => docCount >= minDocCount);
  const [first] = order;
  return first?.by === "key" && first.order === "asc" ? complete : orderBuckets(complete, order, (a, b) => a - b);
};

const addEmptyBuckets = (
  kind: HistogramKind | DateHistogramKind,
  buckets: readonly Bucket<number>[],
  empty: () => Bucket<number>["aggs"],
): Bucket<number>[] => {
  const { round, next } = createIntervals(kind);
  const { min, max } = kind.extendedBounds ?? { min: Infinity, max: -Infinity };
  const last = Math.max(max === -Infinity ? max : round(max), buckets.at(-1)?.key ?? -Infinity);
  let start = Math.min(min === Infinity ? min : round(min), buckets[0]?.key ?? Infinity);
  const complete: Bucket<number>[] = [];
  const present = buckets.values();
  let { value: bucket } = present.next();
  while (start <= last) {
    if (complete.length === MAX_BUCKETS) throw new TooManyBucketsError();
    if (bucket !== undefined && bucket.key <= start) {
      start = bucket.key;
      complete.push(bucket);
      ({ value: bucket } = present.next());
    } else {
      complete.push({ key: start, docCount: 0, aggs: empty() });
    }
    start = next(start);
  }
  return complete;
};

export interface Intervals extends Rounding {
  /** Whether a number is in an interval. */
  has(value: number): boolean;
}

/** The intervals of a histogram. */
export const createIntervals = (
  kind:
    | Pick<HistogramKind, "is" | "interval" | "offset">
    | Pick<DateHistogramKind, "is" | "interval" | "offsetMs" | "dates">,
): Intervals => {
  if (kind.is === "dateHistogram")
    return { has: isTime, ...createRounding(kind.interval, kind.dates.timeZone, kind.offsetMs) };
  const { interval, offset } = kind;
  const startOf = (position: number) => position * interval + offset;
  return {
    has: () => true,
    round: (value) => startOf(Math.floor((value - offset) / interval)),
    next: (start) => startOf(Math.round((start - offset) / interval) + 1),
  };
};

/** The number of buckets in answers. */
export const countBuckets = (aggregations: readonly Aggregation[], answers: Readonly<Record<string, Json>>): number => {
  let count = 0;
  const visit = (specs: readonly Aggregation[], container: Readonly<Record<string, Json>>): void => {
    for (const { name, aggs } of specs) {
      const answer = Object.hasOwn(container, name) ? container[name] : undefined;
      if (!isObject(answer)) continue;
      const { buckets } = answer;
      const inner = buckets === undefined ? [answer] : Object.values(buckets ?? {});
      if (buckets !== undefined) count += inner.length;
      if (aggs.length > 0) for (const one of inner) if (isObject(one)) visit(aggs, one);
    }
  };
  visit(aggregations, answers);
  return count;
};
