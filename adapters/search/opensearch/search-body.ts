import type { SearchAnswer, SearchedIndex, SearchHit } from "../../../core/ports/search-engine.ts";
import type { SearchRequest, SortKey } from "../../../core/search/request.ts";
import { decodeValue } from "../../../core/search/values.ts";
import type { Json, JsonObject } from "../../../lib/json.ts";
import { type QueryScope, toQuery } from "./query.ts";
import type { SearchScope } from "./search-scope.ts";

/** Formats a search as the body of a request to OpenSearch. */
export const toSearchBody = (
  request: SearchRequest,
  { visible }: SearchScope,
  weigh: QueryScope["weigh"],
): JsonObject => {
  const scope: QueryScope = { level: "", weigh };
  return {
    query: { bool: { filter: [visible], must: [toQuery(request.query, scope)] } },
    from: request.from,
    size: request.size,
    sort: toSort(request.sort),
    track_scores: isScored(request),
    track_total_hits: true,
    _source: false,
    docvalue_fields: ["g", "id"],
  };
};

/** Whether hits have a score. They have none when sorted only by fields. */
export const isScored = ({ sort }: SearchRequest): boolean =>
  sort.length === 0 || sort.some((key) => key.by === "score");

const toSort = (keys: readonly SortKey[]): JsonObject[] => [
  ...(keys.length > 0 ? keys.map(toSortKey) : [{ _score: { order: "desc" } }]),
  { id: { order: "asc" } },
  { g: { order: "asc" } },
];

const toSortKey = (key: SortKey): JsonObject =>
  key.by === "score"
    ? { _score: { order: key.order } }
    : {
        "leaf.o": {
          order: key.order,
          mode: key.order === "asc" ? "min" : "max",
          missing: `_${key.missing}`,
          nested: { path: "leaf", filter: { terms: { "leaf.p": [...key.paths] } } },
        },
      };

/** The parts of OpenSearch's response that are used. */
export interface OpenSearchResponse {
  readonly timed_out: boolean;
  readonly _shards: { readonly failed: number };
  readonly hits: {
    readonly total?: { readonly value: number; readonly relation: "eq" | "gte" };
    readonly max_score: number | null;
    readonly hits: readonly OpenSearchHit[];
  };
}

export interface OpenSearchHit {
  readonly _score: number | null;
  readonly fields: { readonly g: readonly [string]; readonly id: readonly [string] };
  readonly sort: readonly Json[];
}

/** Parses the response to a search. */
export const parseSearchResponse = (
  request: SearchRequest,
  indexes: readonly SearchedIndex[],
  { hits }: OpenSearchResponse,
  positions: ReadonlyMap<string, number>,
): SearchAnswer => {
  const total = hits.total?.value ?? 0;
  return {
    total,
    totalRelation: hits.total?.relation ?? "gte",
    maxScore: isScored(request) && request.size > 0 && total > 0 ? hits.max_score : null,
    hits: hits.hits.map((hit) => toHit(request, indexes, hit)),
    aggregations: {},
    // A clock that was set back is behind the position until the next write.
    reflects: indexes.map(({ generation, timestamp }) => Math.min(positions.get(generation) ?? 0, timestamp)),
  };
};

const toHit = (
  request: SearchRequest,
  indexes: readonly SearchedIndex[],
  { fields, ...hit }: OpenSearchHit,
): SearchHit => ({
  index: indexes.findIndex(({ generation }) => generation === fields.g[0]),
  id: fields.id[0],
  score: isScored(request) ? hit._score : null,
  ...(request.sort.length > 0 && {
    sort: request.sort.map((key, index) => decodeSortValue(key.by, hit.sort[index])),
  }),
});

const decodeSortValue = (by: "score" | "values", value: Json | undefined): Json =>
  by === "values" && typeof value === "string" ? decodeValue(value) : (value ?? null);
