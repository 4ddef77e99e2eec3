import type { SearchAnswer, TermsBuckets } from "../../../core/ports/search-engine.ts";
import type { Clause } from "../../../core/search/clause.ts";
import type { SearchRequest, SortKey, TermsAggregation } from "../../../core/search/request.ts";
import { decodeValue } from "../../../core/search/values.ts";
import { type Json, type JsonObject, parseJson } from "../../../lib/json.ts";

/** Formats a search as the body of a request to OpenSearch. */
export const toSearchBody = (request: SearchRequest): JsonObject => ({
  query: { bool: { must: [toQuery(request.query)], must_not: [{ exists: { field: "gone" } }] } },
  from: request.from,
  size: request.size,
  sort: [
    ...(request.sort.length > 0 ? request.sort.map(toSort) : [{ _score: { order: "desc" } }]),
    { id: { order: "asc" } },
  ],
  track_scores: isScored(request),
  track_total_hits: true,
  _source: ["doc"],
  aggs: Object.fromEntries(
    request.aggregations.map((aggregation, index) => [String(index), toAggregation(aggregation)]),
  ),
});

/** Whether hits have a score. They have none when sorted only by fields. */
const isScored = ({ sort }: SearchRequest): boolean => sort.length === 0 || sort.some((key) => key.by === "score");

const toQuery = (clause: Clause): JsonObject => {
  switch (clause.is) {
    case "all":
      return { match_all: {} };
    case "none":
      return { match_none: {} };
    case "ids":
      return constantScore({ ids: { values: [...clause.ids] } });
    case "present":
      return constantScore({ term: { paths: clause.path } });
    case "words":
      return nestedFieldQuery(clause.path, toMatchQuery(clause));
    case "word":
      return constantScore(
        nestedFieldQuery(
          clause.path,
          clause.prefix
            ? { bool: { should: clause.anyOf.map((value) => ({ prefix: { "leaf.t": { value } } })) } }
            : { terms: { "leaf.t": [...clause.anyOf] } },
        ),
      );
    case "values":
      return constantScore(nestedFieldQuery(clause.path, { terms: { "leaf.v": [...clause.anyOf] } }), clause.boost);
    case "between": {
      const { from, to } = clause;
      return constantScore(
        nestedFieldQuery(clause.path, {
          range: { "leaf.v": { [from.inclusive ? "gte" : "gt"]: from.value, [to.inclusive ? "lte" : "lt"]: to.value } },
        }),
      );
    }
    case "best":
      return { dis_max: { queries: clause.of.map(toQuery) } };
    case "bool":
      return toBoolQuery(clause);
  }
};

const toMatchQuery = ({ text, match, boost }: Extract<Clause, { is: "words" }>): JsonObject =>
  match === "phrase"
    ? { match_phrase: { "leaf.t": { query: text, boost } } }
    : { match: { "leaf.t": { query: text, operator: match === "all" ? "and" : "or", boost } } };

const toBoolQuery = (clause: Extract<Clause, { is: "bool" }>): JsonObject => {
  // OpenSearch would reduce a minimum above the number of clauses.
  if (clause.minimumShouldMatch > clause.should.length) return { match_none: {} };
  return {
    bool: {
      must: clause.must.map(toQuery),
      should: clause.should.map(toQuery),
      filter: clause.filter.map(toQuery),
      must_not: clause.mustNot.map(toQuery),
      minimum_should_match: clause.minimumShouldMatch,
    },
  };
};

const constantScore = (filter: JsonObject, boost = 1): JsonObject => ({ constant_score: { filter, boost } });

/** A query on the field at a path, or on any field. */
const nestedFieldQuery = (path: string | null, query: JsonObject): JsonObject => ({
  nested: {
    path: "leaf",
    score_mode: "max",
    query: path === null ? query : { bool: { filter: [{ term: { "leaf.p": path } }], must: [query] } },
  },
});

const toSort = (key: SortKey): JsonObject =>
  key.by === "score"
    ? { _score: { order: key.order } }
    : {
        "leaf.v": {
          order: key.order,
          mode: key.order === "asc" ? "min" : "max",
          missing: `_${key.missing}`,
          nested: { path: "leaf", filter: { terms: { "leaf.p": [...key.paths] } } },
        },
      };

const toAggregation = ({ paths, size }: TermsAggregation): JsonObject => ({
  nested: { path: "leaf" },
  aggs: { at: { filter: { terms: { "leaf.p": [...paths] } }, aggs: { values: { terms: { field: "leaf.v", size } } } } },
});

interface TermsResult {
  readonly buckets: readonly { readonly key: string; readonly doc_count: number }[];
  readonly sum_other_doc_count: number;
}

/** The parts of OpenSearch's response that are used. */
export interface OpenSearchResponse {
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
  /** Absent when the index does not exist. */
  readonly aggregations?: Readonly<Record<string, { readonly at: { readonly values: TermsResult } }>>;
}

/** Parses the response to a search. */
export const parseSearchResponse = (
  request: SearchRequest,
  { hits, aggregations }: OpenSearchResponse,
): SearchAnswer => ({
  total: hits.total.value,
  max_score: isScored(request) && request.size > 0 && hits.total.value > 0 ? hits.max_score : null,
  hits: hits.hits.map((hit) => ({
    id: hit._id,
    score: isScored(request) ? hit._score : null,
    source: parseJson(hit._source.doc) as JsonObject,
    ...(request.sort.length > 0 && {
      sort: request.sort.map((key, index) => decodeSortValue(key.by, hit.sort[index])),
    }),
  })),
  aggregations: Object.fromEntries(
    request.aggregations.map(({ name }, index) => [name, toTermsBuckets(aggregations?.[index]?.at.values)]),
  ),
});

const decodeSortValue = (by: "score" | "values", value: Json | undefined): Json =>
  by === "values" && typeof value === "string" ? decodeValue(value) : (value ?? null);

const toTermsBuckets = (terms: TermsResult | undefined): TermsBuckets => ({
  buckets: (terms?.buckets ?? []).map(({ key, doc_count }) => ({ key: decodeValue(key), doc_count })),
  sum_other_doc_count: terms?.sum_other_doc_count ?? 0,
});
