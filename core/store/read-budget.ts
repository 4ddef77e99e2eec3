import { Failure } from "../errors.ts";
import { MAX_PAGE_BYTES } from "../ports/store.ts";

/** Bytes of a megabyte, as in the setting and in messages. */
export const BYTES_PER_MEGABYTE = 1_000_000;
/** How long the lists of a request are read, in ms. The rest of its time is for what follows, such as a deletion. */
export const MAX_READ_MS = 15_000;

/**
 * What the lists of one request may read from the store, in bytes as the store reports them. It counts all entries that
 * are looked through: also those that filters or permissions leave out, and those of cached pages, so that a response does
 * not depend on what a process has cached. The last read may exceed it. It is also spent when reading takes too long, as of
 * a list of millions of small records.
 */
export class ReadBudget {
  readonly maxBytes: number;
  readonly #now: () => number;
  readonly #endsAt: number;
  #spentBytes = 0;

  /** @param now returns ms of a clock that never goes back */
  constructor(maxBytes: number, now: () => number = () => performance.now()) {
    this.maxBytes = maxBytes;
    this.#now = now;
    this.#endsAt = now() + MAX_READ_MS;
  }

  /** What may still be read. */
  get restBytes(): number {
    return Math.max(0, this.maxBytes - this.#spentBytes);
  }

  /** Whether nothing more may be read. At least one read is allowed, however late it begins. */
  get isSpent(): boolean {
    return this.restBytes === 0 || (this.#spentBytes > 0 && this.#now() > this.#endsAt);
  }

  /** Maximum JSON size of the next page. It is at least 1, so that each page has at least one entry. */
  get pageBytes(): number {
    return Math.max(1, Math.min(MAX_PAGE_BYTES, this.restBytes));
  }

  /**
   * Maximum size of the shared objects of which one part considers the permissions. The table reads whole objects for
   * that. The rest is for reading the data of the part.
   */
  get partBytes(): number {
    return this.maxBytes / 8;
  }

  spend(bytes: number): void {
    this.#spentBytes += bytes;
  }

  /** Returns a function that goes back to what is spent now, for work that starts over. */
  savepoint(): () => void {
    const spentBytes = this.#spentBytes;
    return () => {
      this.#spentBytes = spentBytes;
    };
  }

  /**
   * Call before a list is read. Only earlier requests of a batch can have spent the budget.
   * @throws Failure REQUEST_TOO_LARGE
   */
  requireRest(): void {
    if (this.restBytes === 0)
      throw new Failure("REQUEST_TOO_LARGE", {
        message: `The lists of this batch have read ${this.description}, which is all that a request may read. Send fewer requests at once.`,
      });
  }

  /** The limit for messages, such as `64 MB`. */
  get description(): string {
    return `${this.maxBytes / BYTES_PER_MEGABYTE} MB`;
  }
}
