import type { RevertProgress } from "../core/versions/revert.ts";
import type { RevertReport } from "../core/versions/revert-report.ts";
import type { HistoryLimits, TrimProgress } from "../core/versions/trim-history.ts";
import type { JsonObject } from "../lib/json.ts";

/**
 * The versions that a part `versions` keeps. Everything that a user asks for is checked with the user's permissions of
 * now.
 * @example
 * const readLatest = async (history: VersionHistory, user: string | null): Promise<JsonObject | undefined> =>
 *   (await history.list({ bucket: "blog", user, query: "_limit=1" })).entries[0];
 */
export interface VersionHistory {
  /**
   * Reads a page of the changes in a bucket, newest first, as entries of Kinto's history. It ends early when it has read
   * as much as a request may.
   * @throws an error that is answered with 400, 401, 403 or 404
   */
  list(request: HistoryRequest): Promise<HistoryPage>;
  /** Counts the entries that {@link list} returns in all pages together; `undefined` if there are too many. */
  count(request: HistoryRequest): Promise<{ readonly timestamp: number; readonly total: number | undefined }>;
  /** Deletes a page of entries. The user needs `write` on the bucket. Returns what remains of them. */
  delete(request: HistoryRequest): Promise<HistoryPage>;
  /**
   * Reads all records of a collection as they were at a time in ms, newest first.
   * @throws an error that is answered with 413 if they do not fit into one response
   */
  snapshot(request: SnapshotRequest): Promise<{ readonly timestamp: number; readonly records: readonly JsonObject[] }>;
  /**
   * Deletes the oldest entries of all buckets beyond limits.
   * @param start what was saved before, if the work starts again
   * @param save called after each step
   * @returns the number of deleted entries
   */
  trim(
    limits: HistoryLimits,
    start: TrimProgress | undefined,
    save: (progress: TrimProgress) => Promise<void>,
  ): Promise<number>;
  /**
   * Makes an object and all that is in it what they were at a time, each by a change of its own, which is in the history too.
   * @param start what was saved before, if the work starts again
   * @param save called again and again; the work can be continued from what it gets
   * @returns what was done, or would be done, and what could not be set back and why
   */
  revert(
    input: RevertInput,
    start: RevertProgress | undefined,
    save: (progress: RevertProgress) => Promise<void>,
  ): Promise<RevertReport>;
}

/**
 * What is set back, and for whom.
 * @example
 * const input: RevertInput = { uri: "/buckets/blog", user: "account:ada", at: 1796000326757, dryRun: true };
 */
export interface RevertInput {
  /** The URI of a bucket, or of something in one. All that is in it is set back too. */
  readonly uri: string;
  /** The user whose permissions count. */
  readonly user: string | null;
  /** The time in ms to go back to. */
  readonly at: number;
  /** Sets back only objects that no other user has changed since. */
  readonly by?: string | undefined;
  /** Changes nothing. */
  readonly dryRun: boolean;
}

/**
 * Which entries of a bucket's history a user asks for.
 * @example
 * const request: HistoryRequest = { bucket: "blog", user: "account:ada", query: "action=delete&_limit=10" };
 */
export interface HistoryRequest {
  /** The id of the bucket. */
  readonly bucket: string;
  readonly user: string | null;
  /** The query of a list, as in a URL: filters, `_since`, `_before`, `_sort`, `_fields`, `_limit` and `_token`. */
  readonly query: string;
}

/**
 * A page of a bucket's history.
 * @example
 * const urisOf = ({ entries }: HistoryPage): string[] => entries.map(({ uri }) => String(uri));
 */
export interface HistoryPage {
  /** In ms. It changes with every entry that is added, and when entries are deleted by users. */
  readonly timestamp: number;
  readonly entries: readonly JsonObject[];
  /** `_limit` and `_token` of the next page; absent on the last one. */
  readonly next?: { readonly limit: number; readonly token: string };
}

/**
 * The collection and the time of a snapshot.
 * @example
 * const request: SnapshotRequest = { bucket: "blog", collection: "posts", user: null, at: 1796000326757 };
 */
export interface SnapshotRequest {
  readonly bucket: string;
  readonly collection: string;
  readonly user: string | null;
  /** In ms. A time in the future is the present. */
  readonly at: number;
}
