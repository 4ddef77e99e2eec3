import type { ListClock, ListEntry } from "../ports/store.ts";

/** Characters of JSON kept in all. */
const ROOM = 24_000_000;

interface Kept {
  readonly entries: readonly ListEntry[];
}

/**
 * Pages of lists as they stood at a list's timestamp. A list's timestamp moves with each of its changes, so a page that was read
 * when the clock stood at some time is the page for whoever reads the clock and finds it there still.
 */
export class PageCache {
  readonly #pages = new Map<string, Kept>();
  #size = 0;

  /** @param query tells pages of one list apart; always the same for the same kind of page */
  async getOrRead<Page extends Kept>(
    list: string,
    { parentGeneration: of, timestamp: last }: ListClock,
    query: string,
    read: () => Promise<Page>,
  ): Promise<Page> {
    const key = `${list} ${of} ${last} ${query}`;
    const known = this.#pages.get(key);
    if (known !== undefined) {
      this.#pages.delete(key);
      this.#pages.set(key, known);
      return known as Page;
    }
    const page = await read();
    this.#keep(key, page);
    return page;
  }

  #keep(key: string, page: Kept): void {
    const size = sizeOf(key, page);
    if (size > ROOM / 4 || this.#pages.has(key)) return;
    this.#pages.set(key, page);
    this.#size += size;
    for (const [oldest, evicted] of this.#pages) {
      if (this.#size <= ROOM) break;
      this.#pages.delete(oldest);
      this.#size -= sizeOf(oldest, evicted);
    }
  }
}

/** Entries cost more than their text. */
const sizeOf = (key: string, { entries }: Kept): number =>
  entries.reduce((sum, { json }) => sum + json.length + 300, 500 + key.length);
