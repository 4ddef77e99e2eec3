import { MAX_REQUEST_MS } from "../../config/functions.ts";
import { Failure } from "../../core/errors.ts";

/** Runs work until the request's time is over, then rejects with a 503. The result of the work is ignored then. */
export type RunInTime = <T>(work: () => Promise<T>) => Promise<T>;

/** Starts the time of a request. @param now epoch ms */
export const startTimeLimit = (now: () => number): RunInTime => {
  const deadline = now() + MAX_REQUEST_MS;
  return async (work) => {
    const remainingMs = deadline - now();
    if (remainingMs <= 0) throw timeoutFailure();
    const expired = Promise.withResolvers<never>();
    const timer = setTimeout(() => expired.reject(timeoutFailure()), remainingMs);
    try {
      return await Promise.race([work(), expired.promise]);
    } finally {
      clearTimeout(timer);
    }
  };
};

const timeoutFailure = (): Failure =>
  new Failure("BACKEND", {
    message: `The request takes longer than ${MAX_REQUEST_MS / 1000} seconds. Nothing was changed. Ask for less at once.`,
  });
