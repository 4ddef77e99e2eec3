import { MAX_CACHED_CHARS, MAX_CACHED_SCHEMAS } from "./limits.ts";

/** The most recently used results of compiling schemas, by the schemas' JSON. */
export class SchemaCache<Result> {
  /** The least recently used entry is the first. */
  readonly #entries = new Map<string, Result>();
  #chars = 0;

  get(key: string): Result | undefined {
    const result = this.#entries.get(key);
    if (result === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, result);
    return result;
  }

  set(key: string, result: Result): void {
    if (!this.#entries.has(key)) this.#chars += key.length;
    this.#entries.delete(key);
    this.#entries.set(key, result);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= MAX_CACHED_SCHEMAS && this.#chars <= MAX_CACHED_CHARS) break;
      this.#entries.delete(oldest);
      this.#chars -= oldest.length;
    }
  }
}
