import type { Json, JsonObject } from "../../lib/json.ts";
import type { Generation, ListRef, ObjectRef } from "../resources.ts";
import type { AggregationResult } from "../search/aggregation.ts";
import type { Clause } from "../search/clause.ts";
import type { SearchRequest } from "../search/request.ts";
import type { SuggestedWords } from "../search/suggest.ts";

/**
 * The port to full-text search. An index holds the records of one generation of a collection. Engines return ids,
 * scores, sort values and buckets, never documents.
 * @example
 * const remove = (engine: SearchEngine, generation: string): Promise<void> => engine.drop(generation);
 */
export interface SearchEngine {
  /**
   * Searches indexes together: one order, one total, buckets over all.
   * @throws Failure BACKEND with `retryAfter` when an index is not ready in time, or the search is too expensive
   */
  search(indexes: readonly SearchedIndex[], request: SearchRequest): Promise<SearchAnswer>;
  /**
   * Takes what has changed. Skips a write when the index has the same or a newer version of the id, including deletions,
   * so that late and repeated deliveries have no effect. A write with `replay` also replaces the same version. An engine
   * that follows the store by itself does not need writes.
   * Rejects with an `IndexWriteError` when only some writes failed.
   */
  write(writes: readonly IndexWrite[]): Promise<void>;
  /** Deletes the index of a generation, if it exists. */
  drop(generation: Generation): Promise<void>;
  /** Rejects when the engine does not respond. */
  ping(): Promise<void>;
  close(): Promise<void>;
  /** Absent in engines that follow the store by themselves. */
  readonly maintenance?: IndexMaintenance;
  /** Whether it reads records from the store itself, so that writes need no documents; false when absent. */
  readonly followsStore?: boolean;
}

/** Repairs and rebuilds the indexes of an engine that is fed with writes. */
export interface IndexMaintenance {
  /**
   * Builds the index of a type beside the present one, and then swaps both. Continues what was interrupted.
   * @returns whether the new index is complete; `false` when the signal ended the work
   */
  reindexType(type: string, options: MaintenanceOptions): Promise<boolean>;
  /**
   * Writes all records of a collection to the present index again.
   * @param collection its URI
   */
  reindexCollection(collection: string, options: MaintenanceOptions & CollectionProgress): Promise<boolean>;
  /**
   * Returns to the index that was searched before the last rebuild; cancels a rebuild that is not complete.
   * @returns `undefined` if there is nothing to return to
   */
  rollBack(type: string, options: MaintenanceOptions): Promise<"returned" | "canceled" | "interrupted" | undefined>;
  /** Compares the index with the lists of the store. @param collection the URI of the only one to compare */
  check(options: CheckOptions, collection?: string): Promise<IndexCheck>;
  /** Names of the types of the store's collections. */
  readonly types: readonly string[];
}

/** Returns what is indexed for a record: for all users, and for administrators if that differs; `null` for none. */
export type RecordDocuments = (
  collection: ObjectRef,
  record: JsonObject | null,
) => Promise<{ readonly document: JsonObject | null; readonly adminDocument?: JsonObject | null | undefined }>;

export interface MaintenanceOptions {
  readonly documents: RecordDocuments;
  /** Whether the records of a collection are indexed. */
  readonly isIndexed: (collection: ObjectRef) => boolean;
  readonly signal: AbortSignal;
  /** Called with the number of documents that were written. */
  readonly onWrites: (count: number) => void;
  /** Called with a sentence about what begins or has happened. */
  readonly onStep: (text: string) => void;
}

/** How far a collection is written again. */
export interface CollectionProgress {
  /** The revision behind which to continue. Default: the start. */
  readonly startAt?: number;
  /** Called after each page with the revision up to which all is written. The next page waits for it. */
  readonly onPosition?: (revision: number) => Promise<void>;
}

export interface CheckOptions extends MaintenanceOptions {
  /** Whether differences are repaired. */
  readonly repair: boolean;
}

/** What an index has, compared with the store. */
export interface IndexCheck {
  /** Number of records that were compared. */
  readonly records: number;
  readonly differences: readonly IndexDifference[];
  /** Whether all was compared. */
  readonly isComplete: boolean;
}

/** A record that the index lacks, has in an old revision, or has although it is deleted; or an ended generation. */
export interface IndexDifference {
  readonly uri: string;
  readonly is: "missing" | "outdated" | "deleted" | "ended";
  readonly isRepaired: boolean;
}

/**
 * One collection, or type of a plugin, at one time. Several types may index the same list: an index is known by list,
 * generation and the definition's hash.
 */
export interface SearchedIndex {
  readonly list: ListRef;
  readonly generation: Generation;
  /** The list timestamp, read by the caller before the search. The answer contains all that was written until then. */
  readonly timestamp: number;
  readonly definition: IndexDefinition;
  /**
   * Returns the document that is indexed for a record, from the plugins' indexes; `null` for none. Its excluded fields are
   * not indexed. The caller shows hits by the same function.
   */
  readonly document: (record: JsonObject) => Promise<JsonObject | null>;
  /**
   * The ids of the records that the user may read; `undefined` for all. Hits, totals, buckets and suggestions
   * depend on no other records, as if the index had none. Only statistics of words may do, so the caller asks for no scores
   * that depend on them.
   */
  readonly readable: readonly string[] | undefined;
  /** What documents of this index must also match. Scores do not count it. */
  readonly filter?: Clause | undefined;
  /**
   * The answer reflects at least this list timestamp, at most {@link timestamp}: the search waits for it, and throws a
   * Failure INDEX_BEHIND after {@link MAX_INDEX_WAIT_MS}.
   */
  readonly after?: number | undefined;
  readonly variant?: IndexVariant | undefined;
}

/** A second document of each record, with what only administrators find. Absent for the document of all users. */
export type IndexVariant = "admin";

/** How the records of a collection are indexed. */
export interface IndexDefinition {
  /** Language of the stems, for example `en`. */
  readonly language: string;
  /** Paths of arrays of objects whose items are searched by `nested`, each on its own. */
  readonly nested: readonly string[];
  /** Patterns of the paths that are not indexed; `*` matches any characters. */
  readonly excluded: readonly string[];
  /** Changes whenever records would be indexed in another way. */
  readonly hash: string;
}

export interface SearchAnswer {
  readonly total: number;
  /** Whether the total is exact, or a lower limit (`gte`). */
  readonly totalRelation: "eq" | "gte";
  /** `null` when hits are sorted by fields, as in OpenSearch. */
  readonly maxScore: number | null;
  readonly hits: readonly SearchHit[];
  /** Aggregations by name. Names such as `__proto__` are own properties too. */
  readonly aggregations: Readonly<Record<string, AggregationResult>>;
  /** What is suggested for the words of each `term` suggester, by its name. */
  readonly suggest: Readonly<Record<string, SuggestedWords>>;
  /** The list timestamp that the answer reflects, for each index. */
  readonly reflects: readonly number[];
  /** Whether some documents were made by former settings of a collection. Default: false. */
  readonly isOutdated?: boolean;
}

/** A document that matches. */
export interface SearchHit {
  /** Position in the searched indexes. */
  readonly index: number;
  readonly id: string;
  /** The revision of the record that matched; where absent, all that the answer reflects did. */
  readonly revision?: number;
  /** `null` when hits are sorted by fields, as in OpenSearch. */
  readonly score: number | null;
  /** The sort values, when the request has a `sort`; `null` where the document has no value. */
  readonly sort?: readonly Json[];
  /** The value by which hits are collapsed; `null` for documents without one. */
  readonly collapsed?: Json;
}

/** Maximum time for which a search waits until an index has reached a timestamp. */
export const MAX_INDEX_WAIT_MS = 10_000;

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
 * const list = "/buckets/blog/collections/posts/records";
 * const write: IndexWrite = { list, index: "0a1b2c", id: "a", version: 1, document: { title: "Hi" } };
 */
export interface IndexWrite {
  /** The URI of the list of records. */
  readonly list: string;
  /** The generation of the collection: lowercase letters and digits. */
  readonly index: string;
  readonly id: string;
  /** The list timestamp at the change: strictly rising per record. */
  readonly version: number;
  readonly variant?: IndexVariant | undefined;
  /** The record as the API returns it; `null` removes it from the index. */
  readonly document: JsonObject | null;
  /**
   * Whether the write comes from a replay: the record is the same, but its document may be another one. Default: false.
   */
  readonly replay?: boolean;
}

/**
 * How long an engine keeps tombstones of deleted records, so that a late event does not restore one. Longer than a
 * message can stay in a queue and its dead-letter queue (14 days each in SQS).
 */
export const TOMBSTONE_RETENTION_MS = 60 * 24 * 60 * 60 * 1000;
