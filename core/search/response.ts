import type { Json, JsonObject } from "../../lib/json.ts";
import type { SearchAnswer, SearchHit, TermsBuckets } from "../ports/search-engine.ts";
import type { SearchRequest } from "./request.ts";
import { applySourceFilter } from "./source-filter.ts";

export interface SearchResult {
  readonly request: SearchRequest;
  readonly answer: SearchAnswer;
  /** Whether the total is exact, or a lower limit (`gte`). Default: exact. */
  readonly totalRelation?: "eq" | "gte";
  /** The `_index` of the hits: `<bucket>-<collection>`. */
  readonly index: string;
  /** Milliseconds. */
  readonly took: number;
}

/**
 * Formats an engine's answer as the response of OpenSearch's search API.
 * @example
 * const started = Date.now();
 * const answer = await engine.search(index, request);
 * const body = toOpenSearchShape({ request, answer, index: "blog-posts", took: Date.now() - started });
 */
export const toOpenSearchShape = ({
  request,
  answer,
  totalRelation = "eq",
  index,
  took,
}: SearchResult): JsonObject => ({
  took,
  timed_out: false,
  _shards: { total: 1, successful: 1, skipped: 0, failed: 0 },
  hits: {
    ...(request.countTotal && { total: { value: answer.total, relation: totalRelation } }),
    max_score: answer.max_score,
    hits: answer.hits.map((hit) => toHit(hit, index, request)),
  },
  ...(request.aggregations.length > 0 && {
    aggregations: Object.fromEntries(
      Object.entries(answer.aggregations).map(([name, terms]) => [name, toTerms(terms)]),
    ),
  }),
});

const toHit = (hit: SearchHit, index: string, { source }: SearchRequest): JsonObject => ({
  _index: index,
  _id: hit.id,
  _score: hit.score,
  ...(source !== false && { _source: applySourceFilter(hit.source, source) }),
  ...(hit.sort && { sort: [...hit.sort] }),
});

const toTerms = ({ buckets, sum_other_doc_count }: TermsBuckets): Json => ({
  doc_count_error_upper_bound: 0,
  sum_other_doc_count,
  buckets: buckets.map(({ key, doc_count }) =>
    typeof key === "boolean" ? { key: Number(key), key_as_string: String(key), doc_count } : { key, doc_count },
  ),
});
