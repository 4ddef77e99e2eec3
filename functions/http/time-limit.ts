import { MAX_REQUEST_MS } from "../../config/functions.ts";
import { Failure } from "../../core/errors.ts";

/** The time of a request, for all that it reads and decides. */
export interface TimeLimit {
  /** What is left of it, in ms; never negative. */
  readonly restMs: number;
  /** Runs work until the time is over, then rejects with a 503. The result of the work is ignored then. */
  run<T>(work: () => Promise<T>): Promise<T>;
}

/** Starts the time of a request. */
export const startTimeLimit = (): TimeLimit => {
  // Not the time of day, which can be set.
  const deadline = performance.now() + MAX_REQUEST_MS;
  const limit: TimeLimit = {
    get restMs() {
      return Math.max(0, deadline - performance.now());
    },
    run: async (work) => {
      const { restMs } = limit;
      if (restMs === 0) throw timeoutFailure();
      const expired = Promise.withResolvers<never>();
      const timer = setTimeout(() => expired.reject(timeoutFailure()), restMs);
      try {
        return await Promise.race([work(), expired.promise]);
      } finally {
        clearTimeout(timer);
      }
    },
  };
  return limit;
};

const timeoutFailure = (): Failure =>
  new Failure("BACKEND", {
    message: `The request takes longer than ${MAX_REQUEST_MS / 1000} seconds. Nothing was changed. Ask for less at once.`,
  });
