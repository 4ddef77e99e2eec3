import type { Log } from "../../../core/ports/log.ts";
import type { SearchedIndex } from "../../../core/ports/search-engine.ts";
import type { SnapshotStore } from "../../../core/ports/snapshots.ts";
import type { ChangeCursor, ChangesPage, ListChange, Store } from "../../../core/ports/store.ts";
import { objectRef } from "../../../core/resources.ts";
import { type JsonObject, parseJson } from "../../../lib/json.ts";
import { KeyedMutex } from "../../../lib/util/keyed-mutex.ts";
import { INDEX_FORMAT, type IndexPosition, reachedBy } from "./index-file.ts";
import { indexFileName } from "./index-folder.ts";
import { type IndexChange, isSamePosition } from "./open-index.ts";
import type { IndexAddress, ThreadCall } from "./thread-calls.ts";

/** Number of changes that are read and applied at a time. Searches on other indexes run between two pages. */
const CHANGES_PER_PAGE = 500;

/** What an index follows: the clock of a list, and the changes since a position. */
export type FollowedStore = Pick<Store, "read" | "readChanges">;

/** Runs a call on an index and returns its position. */
export type CallIndex = (
  call: Extract<ThreadCall, { call: "locate" | "reset" | "apply" | "install" }>,
) => Promise<IndexPosition>;

/** Number of changes after which a copy of an index is kept. So many are followed in one to two seconds. */
const MAX_UNSAVED_CHANGES = 2000;

/** Share of the bytes that an index may read, after which it looks for a newer copy. */
const COPY_SHARE = 1 / 8;

export interface FollowerOptions {
  readonly store: FollowedStore;
  readonly call: CallIndex;
  /** Copies an index. */
  readonly pack: (index: IndexAddress) => Promise<Uint8Array>;
  /** Where copies are kept; nowhere when absent. */
  readonly snapshots: SnapshotStore | undefined;
  readonly log: Log;
  /** What an index may read of its list while searches wait for it. */
  readonly maxBytes: number;
}

/** Brings indexes to the timestamps of their lists. */
export class Follower {
  readonly #store: FollowedStore;
  readonly #call: CallIndex;
  readonly #pack: FollowerOptions["pack"];
  readonly #snapshots: SnapshotStore | undefined;
  readonly #log: Log;
  readonly #maxBytes: number;
  readonly #mutex = new KeyedMutex();
  /** The newest timestamps that searches wait for, by file. */
  readonly #wanted = new Map<string, number>();
  /** Files whose last change was found in the store. */
  readonly #verified = new Set<string>();
  /** Files that have read more than searches wait for, and are not at their timestamp yet. */
  readonly #farBehind = new Set<string>();

  constructor({ store, call, pack, snapshots, log, maxBytes }: FollowerOptions) {
    this.#store = store;
    this.#call = call;
    this.#pack = pack;
    this.#snapshots = snapshots;
    this.#log = log;
    this.#maxBytes = maxBytes;
  }

  /**
   * Resolves when an index has all that its list had at the timestamp. Searches that wait for an index share its reads.
   * @param onFarBehind called when the index has more to read than searches wait for; it goes on all the same
   */
  async follow(index: SearchedIndex, onFarBehind: () => void): Promise<void> {
    const address = addressOf(index);
    const { file } = address;
    if (this.#farBehind.has(file)) onFarBehind();
    this.#wanted.set(file, Math.max(this.#wanted.get(file) ?? 0, index.timestamp));
    await this.#mutex.run([file], async () => {
      const target = this.#wanted.get(file) ?? index.timestamp;
      this.#wanted.delete(file);
      try {
        await this.#followTo(index, address, Math.max(target, index.timestamp), onFarBehind);
      } finally {
        this.#farBehind.delete(file);
      }
    });
  }

  async #followTo(
    index: SearchedIndex,
    address: IndexAddress,
    timestamp: number,
    onFarBehind: () => void,
  ): Promise<void> {
    let position = await this.#call({ call: "locate", index: address });
    let mayHaveCopy = this.#snapshots !== undefined;
    const restore = async () => {
      mayHaveCopy = false;
      position = await this.#restore(address, position);
    };
    if (position.timestamp === 0 && position.cursor === undefined) await restore();
    if (!(await this.#belongsToList(index, address, position, timestamp)))
      position = await this.#call({ call: "reset", index: address });
    this.#verified.add(address.file);
    let page: ChangesPage | undefined;
    let bytes = 0;
    while (position.cursor !== undefined || position.timestamp < timestamp) {
      const { changes, next } = page ?? (await this.#read(index, startOf(position)));
      const newest = changes.at(-1);
      const unsaved = (position.unsaved ?? 0) + changes.length;
      const last = newest === undefined ? position.last : { id: newest.id, revision: newest.revision };
      const to: IndexPosition =
        next === undefined
          ? { timestamp: Math.max(timestamp, position.timestamp), last, unsaved }
          : { timestamp: position.timestamp, cursor: next, last, unsaved };
      const toApply = await Promise.all(changes.map((change) => this.#toChange(index, change)));
      const [reached, following] = await Promise.all([
        this.#call({ call: "apply", index: address, changes: { from: position, to, changes: toApply } }),
        next === undefined ? undefined : this.#read(index, next),
      ]);
      // Another process may have changed the file. Its position counts.
      page = isSamePosition(reached, to) ? following : undefined;
      position = reached;
      bytes += changes.reduce((sum, { json }) => sum + Buffer.byteLength(json), 0);
      if (next === undefined) continue;
      if (mayHaveCopy && bytes > this.#maxBytes * COPY_SHARE) {
        await restore();
        if (!isSamePosition(position, reached)) {
          page = undefined;
          this.#verified.delete(address.file);
          if (!(await this.#belongsToList(index, address, position, timestamp)))
            position = await this.#call({ call: "reset", index: address });
          this.#verified.add(address.file);
        }
      }
      if (bytes > this.#maxBytes && !this.#farBehind.has(address.file)) {
        this.#farBehind.add(address.file);
        onFarBehind();
      }
    }
    if ((position.unsaved ?? 0) >= MAX_UNSAVED_CHANGES) await this.#save(address, position);
  }

  /** Goes on with a newer copy, if there is one. A copy that cannot be read is as good as none. */
  async #restore(index: IndexAddress, position: IndexPosition): Promise<IndexPosition> {
    if (this.#snapshots === undefined) return position;
    try {
      const packed = await this.#snapshots.getNewest(snapshotName(index), reachedBy(position));
      return packed === undefined ? position : await this.#call({ call: "install", index, packed });
    } catch (error) {
      this.#log.warn("The copy of a search index cannot be read. The index is made from the records", { error });
      return position;
    }
  }

  /** Keeps a copy. Without it, others have more to follow. */
  async #save(index: IndexAddress, position: IndexPosition): Promise<void> {
    if (this.#snapshots === undefined) return;
    try {
      const changes = { from: position, to: { ...position, unsaved: 0 }, changes: [] };
      await this.#call({ call: "apply", index, changes });
      await this.#snapshots.put(snapshotName(index), position.timestamp, await this.#pack(index));
    } catch (error) {
      this.#log.warn("A copy of a search index cannot be kept", { error });
    }
  }

  /**
   * Whether an index was made from this list, and not from a later state of it: its timestamp was set back, or the table
   * was restored from a backup and has been written to since.
   */
  async #belongsToList(
    index: SearchedIndex,
    { file }: IndexAddress,
    position: IndexPosition,
    timestamp: number,
  ): Promise<boolean> {
    if (position.timestamp > timestamp && (await this.#isAhead(index, position))) return false;
    if (position.last === undefined || this.#verified.has(file)) return true;
    const { id, revision } = position.last;
    const record = objectRef(index.list, id);
    const { objects } = await this.#store.read({ objects: [record], clocks: [] });
    const stored = objects.get(record.uri);
    return stored?.parentGeneration === index.generation && stored.revision >= revision;
  }

  /** Whether the list was set back since the index was made. Else the caller has read its clock before others. */
  async #isAhead({ list, generation }: SearchedIndex, { timestamp }: IndexPosition): Promise<boolean> {
    const { clocks } = await this.#store.read({ objects: [], clocks: [list] });
    const clock = clocks.get(list.uri);
    return clock === undefined || clock.parentGeneration !== generation || clock.timestamp < timestamp;
  }

  #read({ list, generation }: SearchedIndex, after: ChangeCursor): Promise<ChangesPage> {
    return this.#store.readChanges(list, { parentGeneration: generation, after, limit: CHANGES_PER_PAGE });
  }

  /** A record whose document cannot be made is left out. */
  async #toChange(index: SearchedIndex, { id, json, deleted }: ListChange): Promise<IndexChange> {
    if (deleted) return { id, json: null };
    try {
      const document = await index.document(parseJson(json) as JsonObject);
      return { id, json: document === null ? null : JSON.stringify(document) };
    } catch (error) {
      this.#log.error("A record is not searchable, because a plugin failed to make its document", {
        list: index.list.uri,
        id,
        error,
      });
      return { id, json: null };
    }
  }
}

const snapshotName = ({ file }: IndexAddress): string => `${INDEX_FORMAT}/${file}`;

const startOf = ({ timestamp, cursor }: IndexPosition): ChangeCursor => cursor ?? { revision: timestamp };

export const addressOf = ({ generation, definition, variant }: SearchedIndex): IndexAddress => ({
  file: indexFileName(generation, definition.hash, variant),
  generation,
  definition,
});
