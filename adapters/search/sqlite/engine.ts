import { setTimeout } from "node:timers/promises";
import { Failure } from "../../../core/errors.ts";
import type { Log } from "../../../core/ports/log.ts";
import type { SearchAnswer, SearchEngine, SearchedIndex } from "../../../core/ports/search-engine.ts";
import type { SnapshotStore } from "../../../core/ports/snapshots.ts";
import { searchIssue } from "../../../core/search/read-body.ts";
import type { SearchRequest } from "../../../core/search/request.ts";
import { addressOf, type CallIndex, type FollowedStore, Follower } from "./follower.ts";
import type { IndexAddress, ThreadIndex } from "./thread-calls.ts";
import { SEARCH_LIMITS, type SearchLimits, ThreadOwner } from "./thread-owner.ts";

export interface SqliteSearchOptions {
  /** The folder of the index files. It can be deleted at any time when the store is stopped. */
  readonly folder: string;
  /** Maximum size of the files. Those that were not changed for the longest time are deleted, and made again when needed. */
  readonly maxBytes: number;
  readonly store: FollowedStore;
  readonly log: Log;
  /** Copies of indexes, with which processes begin that have none. None when absent. */
  readonly copies?: IndexCopies | undefined;
  readonly limits?: SearchLimits;
  readonly followLimits?: FollowLimits;
}

/** How long a search waits until an index has followed its list. A search beyond it is answered by a 503. */
interface FollowLimits {
  readonly timeoutMs: number;
  /** What an index reads meanwhile, in bytes of JSON. */
  readonly bytes: number;
}

interface IndexCopies {
  readonly snapshots: SnapshotStore;
  /** Reads how a list is indexed, and its timestamp; `undefined` if it does not exist. @param list its URI */
  readonly describe: (list: string) => Promise<SearchedIndex | undefined>;
}

/** Number of writes to a list after which its index follows it, so that its copy is not left far behind. */
const WRITES_PER_FOLLOW = 500;
const FOLLOW_LIMITS: FollowLimits = { timeoutMs: 15_000, bytes: 32 * 1024 * 1024 };
/** An index can fall behind between following and searching, when its file is removed. */
const MAX_TRIES = 3;

/**
 * Opens full-text search in SQLite files, with `node:sqlite` and FTS5. Each index follows the changes of its list: before a
 * search it reads those until the timestamp of the search. So every answer has all that was written before.
 */
export const openSqliteSearch = ({
  folder,
  maxBytes,
  store,
  log,
  copies,
  limits = SEARCH_LIMITS,
  followLimits = FOLLOW_LIMITS,
}: SqliteSearchOptions): SearchEngine => {
  const thread = new ThreadOwner({ folder, maxBytes }, limits);
  const callIndex: CallIndex = async (call) => {
    const reply = await thread.call(call);
    if (!("position" in reply)) throw new TypeError("The index thread gave no position");
    return reply.position;
  };
  const pack = async (index: IndexAddress): Promise<Uint8Array> => {
    const reply = await thread.call({ call: "pack", index });
    if (!("packed" in reply)) throw new TypeError("The index thread gave no copy");
    return reply.packed;
  };
  const follower = new Follower({
    store,
    call: callIndex,
    pack,
    snapshots: copies?.snapshots,
    log,
    maxBytes: followLimits.bytes,
  });
  /** Writes that no index of this process has followed yet, by list. */
  const writesByList = new Map<string, number>();

  /** The index goes on following after the time of a search, so that a later search finds it ready. */
  const followAll = async (indexes: readonly SearchedIndex[]): Promise<void> => {
    const timer = new AbortController();
    const { promise: farBehind, resolve } = Promise.withResolvers<"late">();
    const following = Promise.all(indexes.map((index) => follower.follow(index, () => resolve("late"))));
    const late = setTimeout(followLimits.timeoutMs, "late" as const, { signal: timer.signal, ref: false });
    const first = await Promise.race([following, farBehind, late.catch(() => undefined)]).finally(() => timer.abort());
    if (first !== "late") return;
    following.catch((error: unknown) =>
      log.warn("A search index stopped following its list", { error: String(error) }),
    );
    throw new Failure("BACKEND", {
      message: "The search index is too far behind the records, and is being brought up to date. Please retry.",
    });
  };

  return {
    async search(indexes: readonly SearchedIndex[], request: SearchRequest): Promise<SearchAnswer> {
      let elsewhere = indexes;
      // The first try asks the thread, which knows where its indexes are. Opening one does not count as a search.
      for (let tries = 0; tries <= MAX_TRIES; tries++) {
        if (tries > 0) await followAll(elsewhere);
        const threadIndexes = indexes.map((index) => toThreadIndex(index, tries > 0));
        const reply = await thread.call({ call: "search", indexes: threadIndexes, request });
        if ("answer" in reply) return reply.answer;
        if ("invalid" in reply) throw searchIssue("aggs", reply.invalid);
        if (!("elsewhere" in reply)) throw new TypeError("The index thread gave no answer");
        elsewhere = reply.elsewhere.map((n) => indexes[n] as SearchedIndex);
      }
      throw new Failure("BACKEND", { message: "The search index was removed while it was used. Please retry." });
    },
    /** An index reads by itself what was written. After many writes it does so ahead of searches, and keeps a copy. */
    async write(writes) {
      if (copies === undefined) return;
      for (const { list } of writes) writesByList.set(list, (writesByList.get(list) ?? 0) + 1);
      for (const [list, count] of writesByList) {
        if (count < WRITES_PER_FOLLOW) continue;
        writesByList.delete(list);
        try {
          const index = await copies.describe(list);
          if (index !== undefined) await followAll([index]);
        } catch (error) {
          log.warn("The copy of a search index is not up to date", { list, error });
        }
      }
    },
    async drop(generation) {
      await thread.call({ call: "drop", generation });
    },
    followsStore: true,
    // Nothing but the file system can fail, and only for the index that is searched.
    async ping() {},
    close: () => thread.close(),
  };
};

const toThreadIndex = (index: SearchedIndex, isFollowed: boolean): ThreadIndex => ({
  ...addressOf(index),
  timestamp: index.timestamp,
  isFollowed,
  readable: index.readable,
  filter: index.filter,
});
