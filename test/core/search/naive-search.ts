import type { IndexDefinition } from "../../../core/ports/search-engine.ts";
import { type AggregationResult, MAX_BUCKETS, TooManyBucketsError } from "../../../core/search/aggregation.ts";
import { countBuckets } from "../../../core/search/order-buckets.ts";
import type { SearchRequest } from "../../../core/search/request.ts";
import type { Json, JsonObject } from "../../../lib/json.ts";
import { aggregateParts } from "./naive-aggregations.ts";
import { matchesClause } from "./naive-clauses.ts";
import { toPart } from "./naive-document.ts";
import { bestValue, rankParts } from "./naive-rank.ts";

export interface NaiveAnswer {
  readonly total: number;
  readonly hits: readonly { readonly id: string; readonly sort?: readonly Json[] }[];
  readonly aggregations: Readonly<Record<string, AggregationResult>>;
}

/**
 * Searches documents one by one: the reference of the engines for everything but scores. Hits without `sort` are in the
 * order of their ids.
 */
export const searchNaively = (
  documents: Readonly<Record<string, JsonObject>>,
  definition: Pick<IndexDefinition, "nested" | "excluded">,
  request: SearchRequest,
): NaiveAnswer => {
  const matching = Object.entries(documents)
    .map(([id, document]) => toPart(id, document, definition))
    .filter((part) => matchesClause(part, request.query));
  const { postFilter, sort, searchAfter, from, size, collapse } = request;
  const found = postFilter === undefined ? matching : matching.filter((part) => matchesClause(part, postFilter));
  const seen = new Set<string | undefined>();
  const ranked = rankParts(found, sort, searchAfter).filter(({ part }) => {
    if (collapse === undefined) return true;
    const value = bestValue(part, collapse.paths, "min");
    const isNew = !seen.has(value);
    seen.add(value);
    return isNew;
  });
  const aggregations = aggregateParts(request.aggregations, matching);
  if (countBuckets(request.aggregations, aggregations) > MAX_BUCKETS) throw new TooManyBucketsError();
  return {
    total: found.length,
    hits: ranked
      .slice(from, from + size)
      .map(({ part, sort: values }) => ({ id: part.id, ...(sort.length > 0 && { sort: values }) })),
    aggregations,
  };
};
