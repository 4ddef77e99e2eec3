import type { Clock, Page, PageQuery } from "./store.ts";

/** Characters of JSON kept in all. */
const ROOM = 24_000_000;

/**
 * Pages of lists as they stood at a list's timestamp. A list's timestamp moves with each of its changes, so a page that was read
 * when the clock stood at some time is the page for whoever reads the clock and finds it there still.
 */
export class PageCache {
  readonly #pages = new Map<string, Page>();
  #size = 0;

  async page(list: string, { of, last }: Clock, query: PageQuery, read: () => Promise<Page>): Promise<Page> {
    const key = `${list} ${of} ${last} ${query.limit} ${query.since} ${query.before} ${query.tombstones} ${query.after?.last_modified} ${query.after?.id}`;
    const known = this.#pages.get(key);
    if (known !== undefined) {
      this.#pages.delete(key);
      this.#pages.set(key, known);
      return known;
    }
    const page = await read();
    this.#keep(key, page);
    return page;
  }

  #keep(key: string, page: Page): void {
    const size = sizeOf(page);
    if (size > ROOM / 4 || this.#pages.has(key)) return;
    this.#pages.set(key, page);
    this.#size += size;
    for (const [oldest, evicted] of this.#pages) {
      if (this.#size <= ROOM) break;
      this.#pages.delete(oldest);
      this.#size -= sizeOf(evicted);
    }
  }
}

/** Entries cost more than their text. */
const sizeOf = ({ entries }: Page): number => entries.reduce((sum, { json }) => sum + json.length + 300, 500);
