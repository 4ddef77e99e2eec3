/** Number of concurrent attempts per hook in one process. */
const MAX_CONCURRENT = 10;
/** Maximum time that an attempt waits for others. */
export const MAX_WAIT_MS = 10_000;

interface Entry {
  running: number;
  /** When an attempt began or ended last, as of `performance.now()`. */
  progressAt: number;
  readonly waiting: (() => void)[];
}

/**
 * Limits the concurrent attempts per hook in this process. Waits while attempts begin and end. If there is no progress,
 * the receiver is slow, and waiting would only occupy the worker.
 * @param stallMs time without progress after which no one waits any longer
 */
export const createPermits = (stallMs: number) => {
  const entries = new Map<string, Entry>();

  /** Waits for an attempt to end. Resolves with `false` when there was no progress. */
  const waitForTurn = (entry: Entry, signal: AbortSignal): Promise<boolean> =>
    new Promise((resolve) => {
      const end = (hasTurn: boolean) => {
        clearTimeout(timer);
        signal.removeEventListener("abort", giveUp);
        const index = entry.waiting.indexOf(takeTurn);
        if (index >= 0) entry.waiting.splice(index, 1);
        resolve(hasTurn);
      };
      const takeTurn = () => end(true);
      const giveUp = () => end(false);
      const latestStart = performance.now() + MAX_WAIT_MS;
      const check = () => {
        const left = Math.min(entry.progressAt + stallMs, latestStart) - performance.now();
        if (left <= 0 || signal.aborted) giveUp();
        else timer = setTimeout(check, left);
      };
      let timer: NodeJS.Timeout | undefined;
      entry.waiting.push(takeTurn);
      signal.addEventListener("abort", giveUp, { once: true });
      check();
    });

  return {
    /** @returns the function that ends the attempt; `undefined` if the limit is reached and the receiver is slow */
    acquire: async (key: string, signal: AbortSignal): Promise<(() => void) | undefined> => {
      const entry: Entry = entries.get(key) ?? { running: 0, progressAt: 0, waiting: [] };
      entries.set(key, entry);
      // A turn is passed on directly, so that `running` stays the same.
      if (entry.running < MAX_CONCURRENT) entry.running++;
      else if (!(await waitForTurn(entry, signal))) return undefined;
      entry.progressAt = performance.now();
      return () => {
        entry.progressAt = performance.now();
        const next = entry.waiting.shift();
        if (next !== undefined) return next();
        entry.running--;
        if (entry.running === 0) entries.delete(key);
      };
    },
  };
};
