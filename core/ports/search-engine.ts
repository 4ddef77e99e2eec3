import type { Json, JsonObject } from "../../lib/json.ts";
import type { SearchRequest } from "../search/request.ts";

/**
 * The port to full-text search. Each index holds the records of one generation of a collection.
 * @example
 * const remove = (engine: SearchEngine, index: string): Promise<void> => engine.drop(index);
 */
export interface SearchEngine {
  /**
   * Applies writes and creates missing indexes. Skips a write when the index has the same or a newer version of the id,
   * including deletions, so that late and repeated deliveries have no effect. A write with `replay` also replaces the
   * same version. Changes become searchable with a delay.
   * Rejects with an `IndexWriteError` when only some writes failed.
   */
  write(writes: readonly IndexWrite[]): Promise<void>;
  /** Deletes an index, if it exists. */
  drop(index: string): Promise<void>;
  /** Searches an index. A missing index has no hits. */
  search(index: string, request: SearchRequest): Promise<SearchAnswer>;
  /** Rejects when the engine does not respond. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Some writes failed; the others were applied. */
export class IndexWriteError extends Error {
  readonly rejected: readonly { readonly index: string; readonly id: string; readonly reason: string }[];

  constructor(rejected: IndexWriteError["rejected"]) {
    super(
      `The search engine rejected ${rejected.length} writes: ${rejected
        .slice(0, 5)
        .map(({ index, id, reason }) => `${index}/${id} (${reason})`)
        .join(", ")}`,
    );
    this.name = "IndexWriteError";
    this.rejected = rejected;
  }
}

/**
 * A change of an index.
 * @example
 * const write: IndexWrite = { index: "posts", id: "a", version: 1, document: { title: "Hi" } };
 */
export interface IndexWrite {
  /** The generation of the collection: lowercase letters and digits. */
  readonly index: string;
  readonly id: string;
  /** The list timestamp at the change: strictly rising per record. */
  readonly version: number;
  /** The record as the API returns it; `null` removes it from the index. */
  readonly document: JsonObject | null;
  /**
   * Whether the write comes from a replay: the record is the same, but its document may be another one. Default: false.
   */
  readonly replay?: boolean;
}

export interface SearchHit {
  readonly id: string;
  /** `null` when hits are sorted by fields, as in OpenSearch. */
  readonly score: number | null;
  /** The whole document. The caller applies `_source`. */
  readonly source: JsonObject;
  /** The sort values, when the request has a `sort`; `null` where the document has no value. */
  readonly sort?: readonly Json[];
}

export interface TermsBuckets {
  readonly buckets: readonly { readonly key: string | number | bigint | boolean; readonly doc_count: number }[];
  /** Number of documents beyond the requested number of buckets. */
  readonly sum_other_doc_count: number;
}

export interface SearchAnswer {
  readonly total: number;
  readonly max_score: number | null;
  readonly hits: readonly SearchHit[];
  /** Aggregations by name. Names such as `__proto__` are own properties too. */
  readonly aggregations: Readonly<Record<string, TermsBuckets>>;
}

/**
 * How long an engine keeps tombstones of deleted records, so that a late event does not restore one. Longer than a
 * message can stay in a queue and its dead-letter queue (14 days each in SQS).
 */
export const TOMBSTONE_RETENTION_MS = 60 * 24 * 60 * 60 * 1000;
