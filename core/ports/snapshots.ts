/**
 * The port to copies of search indexes, from which a process goes on that has none. A copy never changes. Any number of
 * processes may write copies: each is complete, and the newest one has the least left to follow.
 */
export interface SnapshotStore {
  /** Keeps a copy. Does nothing if there is one with this timestamp. @param position the list timestamp that it has */
  put(index: string, position: number, content: Uint8Array): Promise<void>;
  /** The copy with the latest timestamp; `undefined` if there is none above `after`. */
  getNewest(index: string, after?: number): Promise<Uint8Array | undefined>;
  close(): void;
}
