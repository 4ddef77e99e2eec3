import type { Json, State } from "@kintoun/kit";

/** An attempt that waits for a response for long, and when it times out. Times are milliseconds since 1970. */
interface SlowAttempt {
  readonly id: string;
  readonly bucket: string;
  readonly until: number;
}

/** Maximum number of slow attempts at a time for the webhooks of one bucket, by all workers. */
const MAX_PER_BUCKET = 20;
/** Maximum number for all buckets: a fifth of what the workers can handle at a time. */
const MAX_TOTAL = 100;

const LIST = "slow-attempts";
const KEY = "all";

/**
 * Limits how many slow attempts the workers wait for. Without it, anyone with enough webhooks could occupy all workers
 * with receivers that do not respond.
 */
export const openSlowAttempts = (state: State, now: () => number) => {
  const change = async (update: (running: readonly SlowAttempt[]) => readonly SlowAttempt[] | undefined) => {
    const time = now();
    await state.change(LIST, KEY, (stored) => {
      const running = ((stored ?? []) as unknown as readonly SlowAttempt[]).filter(({ until }) => until > time);
      return update(running) as unknown as Json | undefined;
    });
  };
  return {
    /** Adds an attempt. @returns `false` if there are too many */
    add: async (attempt: SlowAttempt): Promise<boolean> => {
      let isAdded = false;
      await change((running) => {
        const inBucket = running.filter(({ bucket }) => bucket === attempt.bucket).length;
        isAdded = running.length < MAX_TOTAL && inBucket < MAX_PER_BUCKET;
        return isAdded ? [...running, attempt] : undefined;
      });
      return isAdded;
    },
    remove: (id: string): Promise<void> =>
      change((running) => (running.some((one) => one.id === id) ? running.filter((one) => one.id !== id) : undefined)),
  };
};

export type SlowAttempts = ReturnType<typeof openSlowAttempts>;
