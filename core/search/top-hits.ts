import { isObject, type Json, type JsonObject } from "../../lib/json.ts";
import type { Aggregation, AggregationResult, TopHitsKind } from "./aggregation.ts";

type Results = Readonly<Record<string, AggregationResult>>;

/** A hit of a `top_hits` aggregation, as an engine returns it. */
export interface TopHit {
  readonly index: number;
  readonly id: string;
  readonly score: number | null;
  readonly sort?: readonly Json[];
  readonly of: TopHitsKind;
}

/** All hits of the `top_hits` in the results of aggregations. */
export const listTopHits = (aggregations: readonly Aggregation[], results: Results): TopHit[] => {
  const found: TopHit[] = [];
  replaceTopHits(aggregations, results, (hit) => {
    found.push(hit);
    return undefined;
  });
  return found;
};

/** Replaces the hits of the `top_hits` in the results of aggregations. @param show returns `undefined` to leave one out */
export const replaceTopHits = (
  aggregations: readonly Aggregation[],
  results: Results,
  show: (hit: TopHit) => JsonObject | undefined,
): Results => {
  const replaceIn = (spec: readonly Aggregation[], container: JsonObject): JsonObject => {
    const byName = new Map(spec.map((aggregation) => [aggregation.name, aggregation]));
    return Object.fromEntries(
      Object.entries(container).map(([name, value]) => {
        const aggregation = byName.get(name);
        return [name, aggregation !== undefined && isObject(value) ? replaceOne(aggregation, value) : value];
      }),
    );
  };
  const replaceOne = ({ of, aggs }: Aggregation, result: JsonObject): JsonObject => {
    if (of.is === "topHits") return showHits(of, result, show);
    if (aggs.length === 0) return result;
    const { buckets } = result;
    if (Array.isArray(buckets))
      return { ...result, buckets: buckets.map((bucket) => (isObject(bucket) ? replaceIn(aggs, bucket) : bucket)) };
    if (!isObject(buckets)) return replaceIn(aggs, result);
    const entries = Object.entries(buckets);
    return {
      ...result,
      buckets: Object.fromEntries(entries.map(([key, one]) => [key, isObject(one) ? replaceIn(aggs, one) : one])),
    };
  };
  return replaceIn(aggregations, results) as Results;
};

const showHits = (of: TopHitsKind, result: JsonObject, show: (hit: TopHit) => JsonObject | undefined): JsonObject => {
  const { hits } = result;
  if (!isObject(hits) || !Array.isArray(hits.hits)) return result;
  const shown = hits.hits.flatMap((hit) => {
    if (!isObject(hit)) return [];
    const { index, id, score = null, sort } = hit;
    return (
      show({
        index: Number(index),
        id: String(id),
        score: score as number | null,
        ...(Array.isArray(sort) && { sort }),
        of,
      }) ?? []
    );
  });
  return { ...result, hits: { ...hits, hits: shown } };
};
