import type { Json } from "../../lib/json.ts";
import type { Aggregation } from "./aggregation.ts";
import type { Clause } from "./clause.ts";
import { fieldPaths } from "./fields.ts";
import { type Highlighting, parseHighlight } from "./highlight/parse-highlight.ts";
import { type AggregationContext, parseAggregations } from "./parse-aggregations.ts";
import { parseClause } from "./parse-query.ts";
import { parseSearchAfter, parseSort, type SortKey, type SortPosition } from "./parse-sort.ts";
import { QueryContext } from "./query-context.ts";
import {
  getOwn,
  joinPath,
  readBoolean,
  readCount,
  readField,
  readNumber,
  readObject,
  searchIssue,
} from "./read-body.ts";
import { parseSourceFilter, type SourceFilter } from "./source-filter.ts";
import { parseSuggest, type Suggester } from "./suggest.ts";
import type { TypeContext } from "./type-context.ts";

export type { SortKey } from "./parse-sort.ts";

/** OpenSearch's `index.max_result_window`. */
export const MAX_RESULT_WINDOW = 10_000;

/** A parsed search. Only its values and names come from the caller. */
export interface SearchRequest {
  readonly query: Clause;
  /** Queries that find more, to be used one after another while nothing is found. Engines ignore them. */
  readonly relaxed: readonly Clause[];
  /** Hits and total are limited to what also matches it. Aggregations are not. */
  readonly postFilter: Clause | undefined;
  readonly from: number;
  readonly size: number;
  /** Sorts by relevance when empty. */
  readonly sort: readonly SortKey[];
  /** Hits begin after this position in the order of `sort`: a value of each key. */
  readonly searchAfter: readonly SortPosition[] | undefined;
  /** Of the hits with the same value in one of these fields, only the first is returned. The total counts all. */
  readonly collapse: { readonly paths: readonly string[] } | undefined;
  /** Hits with a lower score are left out, also of the total and of aggregations. */
  readonly minScore: number | undefined;
  readonly aggregations: readonly Aggregation[];
  /** What is suggested for words. Engines look up words; core completes texts. */
  readonly suggest: readonly Suggester[];
  /** How what was found is marked in each hit. Engines ignore it. */
  readonly highlight: Highlighting | undefined;
  /** The parts of each document in the response. Engines ignore it. */
  readonly source: SourceFilter;
  /** Whether the response says why each hit has its score. Engines ignore it. */
  readonly explain: boolean;
  /** Whether the response has the total number of hits. A number: a total above it is `gte` that number. */
  readonly countTotal: boolean | number;
}

const KEYS = [
  "query",
  "post_filter",
  "from",
  "size",
  "sort",
  "search_after",
  "collapse",
  "min_score",
  "_source",
  "highlight",
  "suggest",
  "aggs",
  "aggregations",
  "track_total_hits",
  "explain",
];

/**
 * Parses a search body in OpenSearch's query language. Throws a 400 with the path of anything that is not supported,
 * because the whole language lets a caller run scripts and read other indexes.
 * @param body the whole collection when absent
 * @param types the fields that the searched types declare, and what clauses on documents of other types stand for
 */
export const parseSearch = (body: Json | undefined, types?: TypeContext): SearchRequest => {
  const spec = readObject(body === undefined ? {} : body, "", KEYS);
  const from = readCount(getOwn(spec, "from"), "from", 0);
  const size = readCount(getOwn(spec, "size"), "size", 10);
  if (from + size > MAX_RESULT_WINDOW)
    throw searchIssue(from > MAX_RESULT_WINDOW ? "from" : "size", `from + size must be at most ${MAX_RESULT_WINDOW}`);
  const [aggs, aggregations] = [getOwn(spec, "aggs"), getOwn(spec, "aggregations")];
  if (aggs !== undefined && aggregations !== undefined)
    throw searchIssue("aggregations", "is the same as aggs. Use only one of them");
  const query = new QueryContext(Date.now(), types);
  const clause = (key: string): Clause | undefined => {
    const value = getOwn(spec, key);
    return value === undefined ? undefined : parseClause(value, key, query);
  };
  const context: AggregationContext = {
    now: query.now,
    parseClause: (value, path) => parseClause(value, path, query),
    parseSort,
    parseSource: parseSourceFilter,
  };
  const sort = parseSort(getOwn(spec, "sort"), "sort");
  const searchAfter = parseSearchAfter(getOwn(spec, "search_after"), "search_after", sort);
  if (searchAfter !== undefined && from > 0) throw searchIssue("from", "must be 0 with search_after");
  return {
    query: clause("query") ?? { is: "all" },
    relaxed: [],
    postFilter: clause("post_filter"),
    from,
    size,
    sort,
    searchAfter,
    collapse: parseCollapse(getOwn(spec, "collapse"), "collapse"),
    minScore: readMinScore(getOwn(spec, "min_score"), "min_score"),
    aggregations:
      aggs === undefined
        ? parseAggregations(aggregations, "aggregations", context)
        : parseAggregations(aggs, "aggs", context),
    source: parseSourceFilter(getOwn(spec, "_source"), "_source"),
    suggest: parseSuggest(getOwn(spec, "suggest"), "suggest"),
    highlight: parseHighlight(getOwn(spec, "highlight"), "highlight", (value, path) => parseClause(value, path, query)),
    explain: readBoolean(getOwn(spec, "explain"), "explain", false),
    countTotal: readCountTotal(getOwn(spec, "track_total_hits"), "track_total_hits"),
  };
};

/** `{"field": "author.name"}` */
const parseCollapse = (value: Json | undefined, path: string): SearchRequest["collapse"] => {
  if (value === undefined) return undefined;
  const field = readField(getOwn(readObject(value, path, ["field"]), "field"), joinPath(path, "field"));
  return { paths: fieldPaths(field) };
};

const readMinScore = (value: Json | undefined, path: string): number | undefined =>
  value === undefined ? undefined : readNumber(value, path, 0, { min: 0, max: Number.MAX_VALUE });

const readCountTotal = (value: Json | undefined, path: string): boolean | number => {
  if (value === undefined || typeof value === "boolean") return value ?? true;
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0)
    throw searchIssue(path, "must be true, false or an integer of 0 or more");
  return value;
};
