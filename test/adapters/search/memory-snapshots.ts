import type { SnapshotStore } from "../../../core/ports/snapshots.ts";

/** Copies of indexes in memory, which several engines share. */
export class MemorySnapshots implements SnapshotStore {
  readonly copies = new Map<string, Map<number, Uint8Array>>();
  readonly calls = { put: 0, get: 0 };
  /** Replaces what is returned. */
  damage: (content: Uint8Array) => Uint8Array = (content) => content;

  async put(index: string, position: number, content: Uint8Array): Promise<void> {
    this.calls.put++;
    const copies = this.copies.get(index) ?? new Map<number, Uint8Array>();
    this.copies.set(index, copies.set(position, content));
  }

  async getNewest(index: string, after = 0): Promise<Uint8Array | undefined> {
    this.calls.get++;
    const copies = this.copies.get(index);
    const newest = Math.max(0, ...(copies?.keys() ?? []));
    const content = newest > after ? copies?.get(newest) : undefined;
    return content && this.damage(content);
  }

  close(): void {}
}
