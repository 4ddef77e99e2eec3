import type { Json, JsonObject } from "../../lib/json.ts";
import type { SearchAnswer, SearchHit, TermsBuckets } from "../ports/search-engine.ts";
import { project } from "./projection.ts";
import type { SearchRequest } from "./request.ts";

export interface AnsweredSearch {
  readonly request: SearchRequest;
  readonly answer: SearchAnswer;
  /** What the hits' `_index` says: `<bucket>-<collection>`. */
  readonly index: string;
  /** In ms. */
  readonly took: number;
}

/** An engine's answer as OpenSearch's search API words it. */
export const toOpenSearchShape = ({ request, answer, index, took }: AnsweredSearch): JsonObject => ({
  took,
  timed_out: false,
  _shards: { total: 1, successful: 1, skipped: 0, failed: 0 },
  hits: {
    ...(request.countTotal && { total: { value: answer.total, relation: "eq" } }),
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
  ...(source !== false && { _source: project(hit.source, source) }),
  ...(hit.sort && { sort: [...hit.sort] }),
});

const toTerms = ({ buckets, sum_other_doc_count }: TermsBuckets): Json => ({
  doc_count_error_upper_bound: 0,
  sum_other_doc_count,
  buckets: buckets.map(({ key, doc_count }) =>
    typeof key === "boolean" ? { key: Number(key), key_as_string: String(key), doc_count } : { key, doc_count },
  ),
});
