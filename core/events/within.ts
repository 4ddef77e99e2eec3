/** ms for which what is told to stop may still end by itself. */
export const GRACE = 2000;

/** What took longer than it may. */
export class TookTooLong extends Error {
  override readonly name = "TookTooLong";
}

/** Waits for work that has a signal, and a moment longer than it: past that the work counts as failed, whatever becomes of it. @param what for the error */
export const within = async <T>(
  what: string,
  ms: number,
  run: (signal: AbortSignal) => Promise<T> | T,
  closing: AbortSignal,
): Promise<T> => {
  const late = Promise.withResolvers<never>();
  const ending = AbortSignal.any([AbortSignal.timeout(Math.round(ms)), closing]);
  const timer = setTimeout(() => late.reject(new TookTooLong(`${what} took longer than ${ms / 1000} s`)), ms + GRACE);
  try {
    return await Promise.race([run(ending), late.promise]);
  } finally {
    clearTimeout(timer);
  }
};
