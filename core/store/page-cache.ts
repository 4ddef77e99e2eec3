import type { JsonObject } from "../../lib/json.ts";
import type { ListClock, ListEntry } from "../ports/store.ts";
import { parseData } from "./view.ts";

/** Maximum total size of the cache, in characters of JSON. */
const MAX_CACHE_CHARS = 24_000_000;
/** Maximum total size of parsed entries, in characters of their JSON. As objects they take several times more. */
const MAX_PARSED_CHARS = 6_000_000;

interface CachedPage {
  readonly entries: readonly ListEntry[];
}

/**
 * An LRU cache of list pages. Every change to a list advances its timestamp, so a page that was read at a timestamp is
 * valid as long as the list still has that timestamp.
 */
export class PageCache {
  readonly #pages = new Map<string, CachedPage>();
  #chars = 0;
  /** Does not keep an entry whose page has left the cache. */
  #parsed = new WeakMap<ListEntry, JsonObject>();
  #parsedChars = 0;

  /** Returns a cached page, or reads and caches it. @param query identifies the page within its list */
  async getOrRead<Page extends CachedPage>(
    list: string,
    { parentGeneration, timestamp }: ListClock,
    query: string,
    read: () => Promise<Page>,
  ): Promise<Page> {
    const key = `${list} ${parentGeneration} ${timestamp} ${query}`;
    const cached = this.#pages.get(key);
    if (cached !== undefined) {
      this.#pages.delete(key);
      this.#pages.set(key, cached);
      return cached as Page;
    }
    const page = await read();
    this.#add(key, page);
    return page;
  }

  /** Parses the `data` of an entry, once while its page is cached. The result must not be changed. */
  parseEntry(entry: ListEntry): JsonObject {
    const cached = this.#parsed.get(entry);
    if (cached !== undefined) return cached;
    const data = parseData(entry);
    if (this.#parsedChars > MAX_PARSED_CHARS) [this.#parsed, this.#parsedChars] = [new WeakMap(), 0];
    this.#parsed.set(entry, data);
    this.#parsedChars += entry.json.length;
    return data;
  }

  #add(key: string, page: CachedPage): void {
    const chars = countChars(key, page);
    if (chars > MAX_CACHE_CHARS / 4 || this.#pages.has(key)) return;
    this.#pages.set(key, page);
    this.#chars += chars;
    for (const [oldestKey, oldest] of this.#pages) {
      if (this.#chars <= MAX_CACHE_CHARS) break;
      this.#pages.delete(oldestKey);
      this.#chars -= countChars(oldestKey, oldest);
    }
  }
}

/** Includes an estimate of the overhead per entry and page. */
const countChars = (key: string, { entries }: CachedPage): number =>
  entries.reduce((sum, { json }) => sum + json.length + 300, 500 + key.length);
