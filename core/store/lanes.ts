/** Lets one at a time through per key, in order of arrival: writers of one list in this process need not fight in the table. */
export class Lanes {
  readonly #tails = new Map<string, Promise<unknown>>();

  async run<T>(keys: readonly string[], work: () => Promise<T>): Promise<T> {
    const before = Promise.all(keys.flatMap((key) => this.#tails.get(key) ?? []));
    const mine = before.then(work);
    const tail = mine.catch(() => undefined);
    for (const key of keys) this.#tails.set(key, tail);
    try {
      return await mine;
    } finally {
      for (const key of keys) if (this.#tails.get(key) === tail) this.#tails.delete(key);
    }
  }
}
