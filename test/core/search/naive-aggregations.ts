import { RE2JS } from "re2js";
import type { Aggregation, AggregationResult, TermsFilter } from "../../../core/search/aggregation.ts";
import {
  type Bucket,
  formatBucket,
  formatComposite,
  formatFilters,
  formatHistogram,
  formatPercentiles,
  formatRanges,
  formatSummary,
  formatTerms,
} from "../../../core/search/aggregation-results.ts";
import { compareCompositeKeys } from "../../../core/search/composite-keys.ts";
import { completeHistogram, createIntervals, orderBuckets } from "../../../core/search/order-buckets.ts";
import { decodeToNumber, encodeValue } from "../../../core/search/values.ts";
import { compareTexts } from "../../../lib/util/compare-texts.ts";
import { itemsOf, matchesClause } from "./naive-clauses.ts";
import type { Part } from "./naive-document.ts";
import { rankParts } from "./naive-rank.ts";

type Results = Record<string, AggregationResult>;

/** Computes aggregations over documents. The slow and simple reference of the engines. */
export const aggregateParts = (aggregations: readonly Aggregation[], parts: readonly Part[]): Results =>
  Object.fromEntries(aggregations.map((aggregation) => [aggregation.name, aggregatePart(aggregation, parts)]));

const aggregatePart = ({ of, aggs }: Aggregation, parts: readonly Part[]): AggregationResult => {
  const bucketOf = (inBucket: readonly Part[]) => ({ docCount: inBucket.length, aggs: aggregateParts(aggs, inBucket) });
  switch (of.is) {
    case "terms": {
      const valuesOf = (part: Part) => {
        const values = textsAt(part, of.paths);
        return values.length === 0 && of.missing !== undefined ? [of.missing] : values;
      };
      const buckets = [...groupParts(parts, valuesOf)]
        .filter(([key, inBucket]) => inBucket.length >= of.minDocCount && isWanted(of, key))
        .map(([key, inBucket]) => ({ key, ...bucketOf(inBucket) }));
      const ordered = orderBuckets(buckets, of.order, compareTexts);
      const others = ordered.slice(of.size).reduce((sum, { docCount }) => sum + docCount, 0);
      return formatTerms(ordered.slice(0, of.size), others);
    }
    case "range":
      return formatRanges(
        of,
        of.ranges.map(({ from = -Infinity, to }) => {
          const isInside = (value: number) => value >= from && (to === undefined || value < to);
          return bucketOf(parts.filter((part) => numbersAt(part, of.paths).some(isInside)));
        }),
      );
    case "histogram":
    case "dateHistogram": {
      const { round, has } = createIntervals(of);
      const buckets = [...groupParts(parts, (part) => numbersAt(part, of.paths).filter(has).map(round))]
        .map(([key, inBucket]) => ({ key, ...bucketOf(inBucket) }))
        .sort((a, b) => a.key - b.key);
      return formatHistogram(
        of,
        completeHistogram(of, buckets, () => aggregateParts(aggs, [])),
      );
    }
    case "composite": {
      const keysOf = (part: Part) =>
        of.sources.reduce<(string | null)[][]>(
          (keys, { paths, missingBucket, by }) => {
            const intervals =
              by.is === "terms" ? undefined : createIntervals(by.is === "histogram" ? { ...by, offset: 0 } : by);
            const values: (string | null)[] =
              intervals === undefined
                ? textsAt(part, paths)
                : numbersAt(part, paths)
                    .filter(intervals.has)
                    .map((value) => encodeValue(intervals.round(value)));
            if (values.length === 0 && missingBucket) values.push(null);
            return keys.flatMap((key) => values.map((value) => [...key, value]));
          },
          [[]],
        );
      const buckets: Bucket<(string | null)[]>[] = [
        ...groupParts(parts, (part) => keysOf(part).map((key) => JSON.stringify(key))),
      ]
        .map(([key, inBucket]) => ({ key: JSON.parse(key) as (string | null)[], ...bucketOf(inBucket) }))
        .filter(({ key }) => of.after === undefined || compareCompositeKeys(of.sources, key, of.after) > 0)
        .sort((a, b) => compareCompositeKeys(of.sources, a.key, b.key));
      return formatComposite(of, buckets.slice(0, of.size));
    }
    case "filter":
      return formatBucket(bucketOf(parts.filter((part) => matchesClause(part, of.filter))));
    case "filters": {
      const inFilter = of.filters.map(({ filter }) => parts.filter((part) => matchesClause(part, filter)));
      const others = parts.filter((part) => !inFilter.some((inBucket) => inBucket.includes(part)));
      return formatFilters(of, [...inFilter, ...(of.otherKey === undefined ? [] : [others])].map(bucketOf));
    }
    case "missing":
      return formatBucket(bucketOf(parts.filter((part) => textsAt(part, of.paths).length === 0)));
    case "nested":
      return formatBucket(bucketOf(parts.flatMap((part) => itemsOf(part, of.path))));
    case "topHits": {
      const hits = rankParts(parts, of.sort).slice(of.from, of.from + of.size);
      return {
        hits: {
          total: { value: parts.length, relation: "eq" },
          max_score: null,
          hits: hits.map(({ part, sort }) => ({ index: 0, id: part.id, score: null, sort: [...sort] })),
        },
      };
    }
    case "valueCount":
      return { value: parts.flatMap((part) => textsAt(part, of.paths)).length };
    case "cardinality":
      return { value: new Set(parts.flatMap((part) => textsAt(part, of.paths))).size };
    case "percentiles": {
      const numbers = parts.flatMap((part) => numbersAt(part, of.paths)).sort((a, b) => a - b);
      const at = (percent: number) => Math.min(numbers.length - 1, Math.floor((percent / 100) * numbers.length));
      return formatPercentiles(
        of,
        of.percents.map((percent) => numbers[at(percent)] ?? null),
      );
    }
    default: {
      const numbers = parts.flatMap((part) => numbersAt(part, of.paths));
      return formatSummary(of.is, {
        count: numbers.length,
        dates: parts.flatMap((part) => of.paths.flatMap((path) => part.fields.get(path)?.dates ?? [])).length,
        min: Math.min(...numbers),
        max: Math.max(...numbers),
        sum: numbers.reduce((sum, value) => sum + value, 0),
      });
    }
  }
};

/** The values of a document, each once. */
const textsAt = (part: Part, paths: readonly string[]): string[] => [
  ...new Set(paths.flatMap((path) => part.fields.get(path)?.values ?? [])),
];

const numbersAt = (part: Part, paths: readonly string[]): number[] =>
  paths
    .flatMap((path) => [...(part.fields.get(path)?.values ?? []), ...(part.fields.get(path)?.dates ?? [])])
    .map(decodeToNumber)
    .filter((value) => !Number.isNaN(value));

/** Groups documents by each of their keys. */
const groupParts = <Key>(parts: readonly Part[], keysOf: (part: Part) => readonly Key[]): Map<Key, Part[]> => {
  const groups = new Map<Key, Part[]>();
  for (const part of parts)
    for (const key of new Set(keysOf(part))) groups.set(key, [...(groups.get(key) ?? []), part]);
  return groups;
};

const isWanted = (
  { include, exclude }: { readonly include: TermsFilter | undefined; readonly exclude: TermsFilter | undefined },
  value: string,
): boolean => (include === undefined || isIn(include, value)) && (exclude === undefined || !isIn(exclude, value));

const isIn = (filter: TermsFilter, value: string): boolean =>
  "anyOf" in filter
    ? filter.anyOf.includes(value)
    : value.startsWith("s") && RE2JS.compile(filter.pattern, RE2JS.DOTALL).matches(value.slice(1));
