import { AsyncLocalStorage } from "node:async_hooks";

/**
 * Runs work one at a time per key, in order of arrival. Serializes the writers of a list within a process, so that they
 * do not conflict in the table. Nested calls run at once: they would otherwise wait for themselves or for each other.
 */
export class KeyedMutex {
  readonly #tails = new Map<string, Promise<unknown>>();
  readonly #inside = new AsyncLocalStorage<true>();

  async run<T>(keys: readonly string[], work: () => Promise<T>): Promise<T> {
    if (keys.length === 0 || this.#inside.getStore() === true) return work();
    const previous = Promise.all(keys.flatMap((key) => this.#tails.get(key) ?? []));
    const current = previous.then(() => this.#inside.run(true, work));
    const tail = current.catch(() => undefined);
    for (const key of keys) this.#tails.set(key, tail);
    try {
      return await current;
    } finally {
      for (const key of keys) if (this.#tails.get(key) === tail) this.#tails.delete(key);
    }
  }
}
