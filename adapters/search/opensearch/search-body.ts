import type { SearchAnswer, SearchedIndex, SearchHit } from "../../../core/ports/search-engine.ts";
import type { SearchRequest, SortKey } from "../../../core/search/request.ts";
import { decodeValue, LAST_CHARACTER } from "../../../core/search/values.ts";
import type { Json, JsonObject } from "../../../lib/json.ts";
import { type QueryScope, toQuery } from "./query.ts";
import { groupOf, type SearchScope } from "./search-scope.ts";

/** Formats a search as the body of a request to OpenSearch. */
export const toSearchBody = (
  request: SearchRequest,
  { visible }: SearchScope,
  weigh: QueryScope["weigh"],
): JsonObject => {
  const scope: QueryScope = { level: "", weigh };
  const { query, postFilter, from, size, sort, searchAfter, collapse, minScore, countTotal } = request;
  return {
    query: { bool: { filter: [visible], must: [toQuery(query, scope)] } },
    ...(postFilter && { post_filter: toQuery(postFilter, scope) }),
    from,
    size,
    sort: [...toSort(sort), ...(collapse === undefined ? [] : [toValueSort(collapse.paths, "asc", "min", "last")])],
    // Behind all hits with these values.
    ...(searchAfter && {
      search_after: [...searchAfter, LAST_CHARACTER, LAST_CHARACTER, ...(collapse ? [LAST_CHARACTER] : [])],
    }),
    ...(minScore !== undefined && { min_score: minScore }),
    track_scores: isScored(request),
    track_total_hits: countTotal,
    _source: false,
    docvalue_fields: ["g", "id", "r"],
  };
};

/** Whether hits have a score. They have none when sorted only by fields. */
export const isScored = ({ sort }: Pick<SearchRequest, "sort">): boolean =>
  sort.length === 0 || sort.some((key) => key.by === "score");

/** Ties are in the order of ids, then of collections. */
export const toSort = (keys: readonly SortKey[]): JsonObject[] => [
  ...(keys.length > 0 ? keys.map(toSortKey) : [{ _score: { order: "desc" } }]),
  { id: { order: "asc" } },
  { g: { order: "asc" } },
];

const toSortKey = (key: SortKey): JsonObject => {
  if (key.by === "values") return toValueSort(key.paths, key.order, key.mode, key.missing);
  return { [key.by === "id" ? "id" : "_score"]: { order: key.order } };
};

const toValueSort = (paths: readonly string[], order: string, mode: string, missing: string): JsonObject => ({
  "leaf.o": {
    order,
    mode,
    missing: `_${missing}`,
    nested: { path: "leaf", filter: { terms: { "leaf.p": [...paths] } } },
  },
});

/** The parts of OpenSearch's response that are used. */
export interface OpenSearchResponse {
  readonly timed_out: boolean;
  readonly _shards: { readonly failed: number };
  readonly hits: {
    readonly total?: { readonly value: number; readonly relation: "eq" | "gte" };
    readonly max_score: number | null;
    readonly hits: readonly OpenSearchHit[];
  };
  /** Absent when no index exists. */
  readonly aggregations?: JsonObject;
}

export interface OpenSearchHit {
  readonly _score: number | null;
  readonly fields: { readonly g: readonly [string]; readonly id: readonly [string]; readonly r: readonly [number] };
  readonly sort: readonly Json[];
}

/** Parses the response to a search. @param positions list timestamps by group */
export const parseSearchResponse = (
  request: SearchRequest,
  indexes: readonly SearchedIndex[],
  { hits }: Pick<OpenSearchResponse, "hits">,
  positions: ReadonlyMap<string, number>,
): Omit<SearchAnswer, "suggest" | "aggregations"> => {
  const total = hits.total?.value ?? 0;
  return {
    total,
    totalRelation: hits.total?.relation ?? "gte",
    maxScore: isScored(request) && hits.hits.length > 0 ? hits.max_score : null,
    hits: hits.hits.map((hit) => toHit(request, indexes, hit)),
    // A clock that was set back is behind the position until the next write.
    reflects: indexes.map((index) => Math.min(positions.get(groupOf(index)) ?? 0, index.timestamp)),
  };
};

export const toHit = (
  request: Pick<SearchRequest, "sort" | "collapse">,
  indexes: readonly SearchedIndex[],
  { fields, ...hit }: OpenSearchHit,
): SearchHit => ({
  index: indexes.findIndex((index) => groupOf(index) === fields.g[0]),
  id: fields.id[0],
  revision: fields.r[0],
  score: isScored(request) ? hit._score : null,
  ...(request.sort.length > 0 && {
    sort: request.sort.map((key, index) => decodeSortValue(key.by, hit.sort[index])),
  }),
  ...(request.collapse && { collapsed: decodeSortValue("values", hit.sort.at(-1)) }),
});

const decodeSortValue = (by: SortKey["by"], value: Json | undefined): Json =>
  by === "values" && typeof value === "string" ? decodeValue(value) : (value ?? null);
