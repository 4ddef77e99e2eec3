import { AsyncLocalStorage } from "node:async_hooks";

/**
 * Lets one at a time through per key, in order of arrival: writers of one list in this process need not fight in the table. Who is let through, and then
 * comes again before that is done, as a plugin's route in a batch does, would wait for itself, or two such for each other: it is let through at once.
 */
export class KeyedMutex {
  readonly #tails = new Map<string, Promise<unknown>>();
  readonly #inside = new AsyncLocalStorage<true>();

  async run<T>(keys: readonly string[], work: () => Promise<T>): Promise<T> {
    if (keys.length === 0 || this.#inside.getStore() === true) return work();
    const before = Promise.all(keys.flatMap((key) => this.#tails.get(key) ?? []));
    const mine = before.then(() => this.#inside.run(true, work));
    const tail = mine.catch(() => undefined);
    for (const key of keys) this.#tails.set(key, tail);
    try {
      return await mine;
    } finally {
      for (const key of keys) if (this.#tails.get(key) === tail) this.#tails.delete(key);
    }
  }
}
