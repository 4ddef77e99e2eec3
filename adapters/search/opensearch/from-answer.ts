import type { SearchAnswer, TermsBuckets } from "../../../core/ports/search-engine.ts";
import type { SearchRequest } from "../../../core/search/request.ts";
import { decodeValue } from "../../../core/search/values.ts";
import type { Json, JsonObject } from "../../../lib/json.ts";
import { isScored } from "./to-dsl.ts";

interface Terms {
  readonly buckets: readonly { readonly key: string; readonly doc_count: number }[];
  readonly sum_other_doc_count: number;
}

/** The part of OpenSearch's answer that is read. */
export interface OpenSearchAnswer {
  readonly timed_out: boolean;
  readonly _shards: { readonly failed: number };
  readonly hits: {
    readonly total: { readonly value: number };
    readonly max_score: number | null;
    readonly hits: readonly {
      readonly _id: string;
      readonly _score: number | null;
      readonly _source: { readonly doc: string };
      readonly sort: readonly Json[];
    }[];
  };
  /** Absent when there is no index. */
  readonly aggregations?: Readonly<Record<string, { readonly at: { readonly values: Terms } }>>;
}

export const fromAnswer = (request: SearchRequest, { hits, aggregations }: OpenSearchAnswer): SearchAnswer => ({
  total: hits.total.value,
  max_score: isScored(request) && request.size > 0 && hits.total.value > 0 ? hits.max_score : null,
  hits: hits.hits.map((hit) => ({
    id: hit._id,
    score: isScored(request) ? hit._score : null,
    source: JSON.parse(hit._source.doc) as JsonObject,
    ...(request.sort.length > 0 && { sort: request.sort.map((key, index) => told(key.by, hit.sort[index])) }),
  })),
  aggregations: Object.fromEntries(
    request.aggregations.map(({ name }, index) => [name, toBuckets(aggregations?.[index]?.at.values)]),
  ),
});

const told = (by: "score" | "values", value: Json | undefined): Json =>
  by === "values" && typeof value === "string" ? decodeValue(value) : (value ?? null);

const toBuckets = (terms: Terms | undefined): TermsBuckets => ({
  buckets: (terms?.buckets ?? []).map(({ key, doc_count }) => ({ key: decodeValue(key), doc_count })),
  sum_other_doc_count: terms?.sum_other_doc_count ?? 0,
});
