import type { SearchAnswer, SearchedIndex } from "../../../core/ports/search-engine.ts";
import {
  type AggregationResult,
  type CompositeKind,
  MAX_BUCKETS,
  TOO_MANY_BUCKETS,
  TooManyBucketsError,
} from "../../../core/search/aggregation.ts";
import { countBuckets } from "../../../core/search/order-buckets.ts";
import { searchIssue } from "../../../core/search/read-body.ts";
import type { SearchRequest } from "../../../core/search/request.ts";
import { isObject, type JsonObject } from "../../../lib/json.ts";
import type { AggregationScope } from "./aggregation-parts.ts";
import { translateAggregations } from "./aggregations.ts";
import { computeComposite } from "./aggregations-composite.ts";
import type { QueryScope } from "./query.ts";
import { isScored, type OpenSearchHit, type OpenSearchResponse, toHit, toSort } from "./search-body.ts";

type Search = (body: JsonObject) => Promise<OpenSearchResponse>;

/** What a search looks at. */
interface SearchedShards {
  readonly indexes: readonly SearchedIndex[];
  /** Whether documents are on several shards, each of which counts on its own. */
  readonly isSpread: boolean;
}

/**
 * Computes the aggregations of a search, beside the search for its hits: OpenSearch keeps the answers to searches
 * without hits in a cache.
 * @param body that of the search
 * @throws Failure INVALID_PARAMETERS when there are too many buckets
 */
export const runAggregations = async (
  request: SearchRequest,
  shards: SearchedShards,
  body: JsonObject,
  weigh: QueryScope["weigh"],
  search: Search,
): Promise<SearchAnswer["aggregations"]> => {
  if (request.aggregations.length === 0) return {};
  try {
    return await computeAll(request.aggregations, toAggregationScope(shards, weigh), body, search);
  } catch (error) {
    throw error instanceof TooManyBucketsError || isTooManyBuckets(error)
      ? searchIssue("aggs", TOO_MANY_BUCKETS)
      : error;
  }
};

const computeAll = async (
  aggregations: SearchRequest["aggregations"],
  scope: AggregationScope,
  body: JsonObject,
  search: Search,
): Promise<SearchAnswer["aggregations"]> => {
  const { query, min_score: minScore } = body;
  const compute = async (aggs: JsonObject): Promise<JsonObject | undefined> => {
    const searched = { size: 0, query: query ?? {}, aggs, track_total_hits: false };
    const response = await search({ ...searched, ...(minScore !== undefined && { min_score: minScore }) });
    return response.aggregations;
  };
  const composites = aggregations.filter(({ of }) => of.is === "composite");
  const others = translateAggregations(
    aggregations.filter((one) => !composites.includes(one)),
    scope,
  );
  const [answers, ...pages] = await Promise.all([
    Object.keys(others.bodies).length === 0 ? undefined : compute(others.bodies),
    ...composites.map(({ of, aggs }) =>
      computeComposite(of as CompositeKind, translateAggregations(aggs, scope), scope, compute),
    ),
  ]);
  const results = new Map<string, AggregationResult>([
    ...Object.entries(others.read(answers)),
    ...composites.map(({ name }, n) => [name, pages[n] as AggregationResult] as const),
  ]);
  const ordered = Object.fromEntries(aggregations.map(({ name }) => [name, results.get(name) ?? {}]));
  if (countBuckets(aggregations, ordered) > MAX_BUCKETS) throw new TooManyBucketsError();
  return ordered;
};

const toAggregationScope = ({ indexes, isSpread }: SearchedShards, weigh: QueryScope["weigh"]): AggregationScope => ({
  level: "",
  weigh,
  isSpread,
  levelOf: (path) => {
    const declared = indexes.map(({ definition }) => definition.nested).find((nested) => nested.includes(path));
    const parents = declared?.filter((other) => path.startsWith(`${other}.`)) ?? [];
    return "item.".repeat(parents.length + 1);
  },
  toTopHits: ({ from, size, sort }) => ({
    top_hits: {
      from,
      size,
      sort: toSort(sort),
      track_scores: isScored({ sort }),
      _source: false,
      docvalue_fields: ["g", "id", "r"],
    },
  }),
  readTopHits: ({ sort }, response) => {
    const {
      total = { value: 0, relation: "eq" },
      max_score = null,
      hits = [],
    } = isObject(response.hits) ? response.hits : {};
    const found = (Array.isArray(hits) ? hits : []) as unknown as readonly OpenSearchHit[];
    return {
      total,
      max_score: isScored({ sort }) && found.length > 0 ? max_score : null,
      hits: found.map((hit) => ({ ...toHit({ sort, collapse: undefined }, indexes, hit) }) as unknown as JsonObject),
    };
  },
});

/** OpenSearch refuses more buckets than its setting `search.max_buckets`, 65,535 by default. */
const isTooManyBuckets = (error: unknown): boolean =>
  JSON.stringify((error as { meta?: { body?: unknown } } | undefined)?.meta?.body ?? null).includes(
    "too_many_buckets_exception",
  );
