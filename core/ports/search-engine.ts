import type { Json, JsonObject } from "../../lib/json.ts";
import type { SearchRequest } from "../search/request.ts";

/**
 * The port that full-text search goes through. One index holds the records of one
 * incarnation of a collection, so that a collection deleted and made anew starts empty.
 */
export interface SearchEngine {
  /**
   * Applies each write unless the index already knows the id at the same or a newer version
   * (deletions count), so that late and repeated deliveries change nothing. Makes a missing index.
   * Searchable soon, not necessarily at once. Rejects with {@link WriteRefused} when only some of them failed.
   */
  write(writes: readonly IndexWrite[]): Promise<void>;
  /** Forgets an index; a missing one is no error. */
  drop(index: string): Promise<void>;
  /** Answers from one index; a missing one has no hits. */
  search(index: string, request: SearchRequest): Promise<SearchAnswer>;
  /** Rejects when the engine can't answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Some writes were not taken, the others were: give these anew, or let them go. */
export class WriteRefused extends Error {
  readonly refused: readonly { readonly index: string; readonly id: string; readonly reason: string }[];

  constructor(refused: WriteRefused["refused"]) {
    super(
      `The search engine refused ${refused.length} writes: ${refused
        .slice(0, 5)
        .map(({ index, id, reason }) => `${index}/${id} (${reason})`)
        .join(", ")}`,
    );
    this.name = "WriteRefused";
    this.refused = refused;
  }
}

export interface IndexWrite {
  /** Lower-case letters and digits: a collection's incarnation. */
  readonly index: string;
  readonly id: string;
  /** The record's `last_modified`: strictly rising per record. */
  readonly version: number;
  /** The record as the API shows it; `null` takes it out of the index. */
  readonly document: JsonObject | null;
}

export interface SearchHit {
  readonly id: string;
  /** `null` when hits are sorted by fields, as OpenSearch does. */
  readonly score: number | null;
  /** The whole document; projection by `_source` is core's. */
  readonly source: JsonObject;
  /** The values sorted by, when the request has a `sort`; `null` where the document has none. */
  readonly sort?: readonly Json[];
}

export interface TermsBuckets {
  readonly buckets: readonly { readonly key: string | number | boolean; readonly doc_count: number }[];
  /** Documents whose terms did not fit the asked size. */
  readonly sum_other_doc_count: number;
}

export interface SearchAnswer {
  readonly total: number;
  readonly max_score: number | null;
  readonly hits: readonly SearchHit[];
  /** By the names that the request gave them, which may be such as `__proto__`: all are the object's own. */
  readonly aggregations: Readonly<Record<string, TermsBuckets>>;
}
