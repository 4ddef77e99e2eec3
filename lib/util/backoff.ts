/** Limits of a retry loop. The one that is reached first ends it. */
export interface RetryLimits {
  /** Maximum number of attempts, including the first one. */
  readonly maxAttempts: number;
  /** Time in ms, counted from {@link startRetries}, after which no attempt begins. */
  readonly maxMs: number;
  /** Maximum pause in ms before the second attempt. It doubles with each attempt, up to `maxPauseMs`. */
  readonly basePauseMs: number;
  readonly maxPauseMs: number;
}

/** What a retry loop depends on. */
export interface Timer {
  /** Returns ms of a clock that never goes back. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** Returns a number from 0 to less than 1. */
  readonly random: () => number;
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export const SYSTEM_TIMER: Timer = { now: () => performance.now(), sleep, random: Math.random };

/** The attempts of a retry loop. */
export interface Retries {
  /** Waits before the next attempt. Returns `false` at once if a limit is reached. */
  readonly pause: () => Promise<boolean>;
  /** Describes the attempts so far, for logs: `3 attempts in 120 ms`. */
  readonly describe: () => string;
}

/**
 * Begins the first attempt of a retry loop. Pauses are random, from 0 to the maximum ("full jitter"), so that callers
 * that failed together do not come back together.
 */
export const startRetries = (
  { maxAttempts, maxMs, basePauseMs, maxPauseMs }: RetryLimits,
  { now, sleep, random }: Timer = SYSTEM_TIMER,
): Retries => {
  const startedAt = now();
  let attempts = 1;
  return {
    pause: async () => {
      const pauseMs = random() * Math.min(maxPauseMs, basePauseMs * 2 ** (attempts - 1));
      if (attempts >= maxAttempts || now() + pauseMs - startedAt > maxMs) return false;
      attempts++;
      await sleep(pauseMs);
      return true;
    },
    describe: () => `${attempts} attempts in ${Math.round(now() - startedAt)} ms`,
  };
};

/** Returns a random number of whole seconds, from `seconds` to twice as many, so that clients come back spread out. */
export const spreadSeconds = (seconds: number, random: () => number = Math.random): number =>
  seconds + Math.floor(random() * (seconds + 1));
