import type { AggregationResult, DateHistogramKind, TopHitsKind } from "../../../core/search/aggregation.ts";
import { isObject, type Json, type JsonObject } from "../../../lib/json.ts";
import type { QueryScope } from "./query.ts";

/** What aggregations are translated with. */
export interface AggregationScope extends QueryScope {
  /** Whether documents are on several shards, each of which counts on its own. */
  readonly isSpread: boolean;
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
