import { createHash } from "node:crypto";
import type { State } from "@kintoun/kit";

/** Lists of state, so that no partition of the table gets all writes. */
export const SHARDS = 16;

/** Finds records by the time at which they expire. It may have records that have changed since. */
export interface DueIndex {
  readonly add: (due: number, uri: string) => Promise<void>;
  readonly remove: (due: number, uri: string) => Promise<void>;
  /** Iterates over the records of a shard that are due, the oldest first. */
  readonly listDue: (shard: number, now: number) => AsyncIterable<{ readonly due: number; readonly uri: string }>;
}

export const createDueIndex = (state: State): DueIndex => ({
  add: (due, uri) => state.put(listOf(uri), keyOf(due, uri), null),
  remove: (due, uri) => state.delete(listOf(uri), keyOf(due, uri)),
  async *listDue(shard, now) {
    for await (const { key } of state.list(nameShard(shard))) {
      const due = Number(key.slice(0, DIGITS));
      if (due > now) return;
      yield { due, uri: key.slice(DIGITS + 1) };
    }
  },
});

/** Digits of a time in ms, so that keys sort by it. */
const DIGITS = 15;

const keyOf = (due: number, uri: string): string => `${String(due).padStart(DIGITS, "0")} ${uri}`;
const nameShard = (shard: number): string => `due ${shard}`;
const listOf = (uri: string): string => nameShard((createHash("sha256").update(uri).digest()[0] ?? 0) % SHARDS);
