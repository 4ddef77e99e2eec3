import { isObject, type Json } from "../../lib/json.ts";
import type { Aggregation } from "./aggregation.ts";
import type { Clause } from "./clause.ts";
import { fieldPaths } from "./fields.ts";
import { type AggregationContext, parseAggregations } from "./parse-aggregations.ts";
import { ClauseBudget, parseClause } from "./parse-query.ts";
import {
  getOwn,
  joinPath,
  readBoolean,
  readChoice,
  readCount,
  readObject,
  readString,
  searchIssue,
} from "./read-body.ts";
import { parseSourceFilter, type SourceFilter } from "./source-filter.ts";

/** OpenSearch's `index.max_result_window`. */
export const MAX_RESULT_WINDOW = 10_000;

/** A parsed search. Only its values and names come from the caller. */
export interface SearchRequest {
  readonly query: Clause;
  readonly from: number;
  readonly size: number;
  /** Sorts by relevance when empty. */
  readonly sort: readonly SortKey[];
  readonly aggregations: readonly Aggregation[];
  /** The parts of each document in the response. Engines ignore it. */
  readonly source: SourceFilter;
  /** Whether the response has the total number of hits. Engines ignore it. */
  readonly countTotal: boolean;
}

const KEYS = ["query", "from", "size", "sort", "_source", "aggs", "aggregations", "track_total_hits"];

/**
 * Parses a search body in OpenSearch's query language. Throws a 400 with the path of anything that is not supported,
 * because the whole language lets a caller run scripts and read other indexes.
 * @param body the whole collection when absent
 * @example
 * const request = parseSearch({ query: { match: { title: "sea" } }, size: 5 });
 * const answer = await engine.search(index, request);
 */
export const parseSearch = (body: Json | undefined): SearchRequest => {
  const spec = readObject(body === undefined ? {} : body, "", KEYS);
  const from = readCount(getOwn(spec, "from"), "from", 0);
  const size = readCount(getOwn(spec, "size"), "size", 10);
  if (from + size > MAX_RESULT_WINDOW)
    throw searchIssue(from > MAX_RESULT_WINDOW ? "from" : "size", `from + size must be at most ${MAX_RESULT_WINDOW}`);
  const [aggs, aggregations] = [getOwn(spec, "aggs"), getOwn(spec, "aggregations")];
  if (aggs !== undefined && aggregations !== undefined)
    throw searchIssue("aggregations", "is the same as aggs. Use only one of them");
  const budget = new ClauseBudget();
  const context: AggregationContext = {
    now: Date.now(),
    parseClause: (value, path) => parseClause(value, path, budget),
    parseSort,
    parseSource: parseSourceFilter,
  };
  return {
    query: spec.query === undefined ? { is: "all" } : parseClause(spec.query, "query", budget),
    from,
    size,
    sort: parseSort(getOwn(spec, "sort"), "sort"),
    aggregations:
      aggs === undefined
        ? parseAggregations(aggregations, "aggregations", context)
        : parseAggregations(aggs, "aggs", context),
    source: parseSourceFilter(getOwn(spec, "_source"), "_source"),
    countTotal: readBoolean(getOwn(spec, "track_total_hits"), "track_total_hits", true),
  };
};

/** What to sort by. Ties are sorted by ascending id. */
export type SortKey =
  | { readonly by: "score"; readonly order: "asc" | "desc" }
  /** Ascending by the smallest value of the fields at these paths, descending by the greatest. */
  | {
      readonly by: "values";
      readonly paths: readonly string[];
      readonly order: "asc" | "desc";
      readonly missing: "first" | "last";
    };

const MAX_SORT_KEYS = 16;

/** `"year"`, `{"year": "desc"}`, `{"year": {"order": "desc", "missing": "_first"}}`, or an array of them. */
const parseSort = (value: Json | undefined, path: string): SortKey[] => {
  if (value === undefined) return [];
  const keys = Array.isArray(value)
    ? value.flatMap((item, index) => parseSortKeys(item, joinPath(path, index)))
    : parseSortKeys(value, path);
  if (keys.length > MAX_SORT_KEYS) throw searchIssue(path, `must have at most ${MAX_SORT_KEYS} keys`);
  return keys;
};

const parseSortKeys = (value: Json, path: string): SortKey[] => {
  if (typeof value === "string") return [parseSortKey(readString(value, path), {}, path)];
  if (!isObject(value)) throw searchIssue(path, "must be the name of a field or an object");
  return Object.entries(value).map(([field, spec]) => parseSortKey(field, spec, joinPath(path, field)));
};

const parseSortKey = (field: string, spec: Json, path: string): SortKey => {
  if (field === "") throw searchIssue(path, "must name a field");
  const byScore = field === "_score";
  const options =
    typeof spec === "string" ? { order: spec } : readObject(spec, path, byScore ? ["order"] : ["order", "missing"]);
  const orderPath = typeof spec === "string" ? path : joinPath(path, "order");
  const order = byScore
    ? readChoice(getOwn(options, "order"), orderPath, ["desc", "asc"])
    : readChoice(getOwn(options, "order"), orderPath, ["asc", "desc"]);
  if (byScore) return { by: "score", order };
  const missing = readChoice(getOwn(options, "missing"), joinPath(path, "missing"), ["_last", "_first"]);
  return { by: "values", paths: fieldPaths(field), order, missing: missing === "_last" ? "last" : "first" };
};
