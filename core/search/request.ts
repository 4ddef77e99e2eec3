import type { Json } from "../../lib/json.ts";
import { readAggregations, type TermsAggregation } from "./aggregations.ts";
import type { Clause } from "./clause.ts";
import { readClause } from "./parse-query.ts";
import { type Projection, readProjection } from "./projection.ts";
import { flaw, own, readBoolean, readCount, readObject } from "./reading.ts";
import { readSort, type SortKey } from "./sorting.ts";
import { Scales } from "./weight.ts";

/** OpenSearch's `index.max_result_window`. */
export const MOST_HITS = 10_000;

/** A search that an engine executes entirely: nothing of the caller's own wording is left in it but values and names. */
export interface SearchRequest {
  readonly query: Clause;
  readonly from: number;
  readonly size: number;
  /** Empty: by relevance. */
  readonly sort: readonly SortKey[];
  readonly aggregations: readonly TermsAggregation[];
  /** For core alone, which answers with these parts of each document. */
  readonly source: Projection;
  /** For core alone: whether to tell how many hits there are. */
  readonly countTotal: boolean;
}

const KEYS = ["query", "from", "size", "sort", "_source", "aggs", "aggregations", "track_total_hits"];

/**
 * The search that a body asks for in OpenSearch's query language. It takes what it knows and refuses the rest with a
 * 400 that names the place, since the whole language lets a caller run scripts and read other indices.
 */
export const parseSearch = (body: Json | undefined): SearchRequest => {
  const asked = readObject(body === undefined ? {} : body, "", KEYS);
  const from = readCount(own(asked, "from"), "from", 0);
  const size = readCount(own(asked, "size"), "size", 10);
  if (from + size > MOST_HITS)
    throw flaw(from > MOST_HITS ? "from" : "size", `from + size must be at most ${MOST_HITS}`);
  const [aggs, aggregations] = [own(asked, "aggs"), own(asked, "aggregations")];
  if (aggs !== undefined && aggregations !== undefined)
    throw flaw("aggregations", "is the same as aggs: give only one");
  return {
    query: asked.query === undefined ? { is: "all" } : readClause(asked.query, "query", new Scales()),
    from,
    size,
    sort: readSort(own(asked, "sort"), "sort"),
    aggregations: aggs === undefined ? readAggregations(aggregations, "aggregations") : readAggregations(aggs, "aggs"),
    source: readProjection(own(asked, "_source"), "_source"),
    countTotal: readBoolean(own(asked, "track_total_hits"), "track_total_hits", true),
  };
};
