/**
 * A part of time of fixed length, in which something is counted.
 * @example
 * const retryAfter = ({ seconds }: TimeWindow): Record<string, string> => ({ "Retry-After": String(seconds) });
 */
export interface TimeWindow {
  /** Rises by one from window to window. */
  readonly number: number;
  /** When it ends, in epoch ms. */
  readonly end: number;
  /** The seconds that are left of it, at least 1: a value of `Retry-After`. */
  readonly seconds: number;
}

/**
 * Returns the window that a time is in. Windows begin at the same times in all processes.
 * @param time epoch ms
 * @example
 * findTimeWindow(90_000, 60_000); // { number: 1, end: 120_000, seconds: 30 }
 */
export const findTimeWindow = (time: number, lengthMs: number): TimeWindow => {
  const number = Math.floor(time / lengthMs);
  const end = (number + 1) * lengthMs;
  return { number, end, seconds: Math.max(1, Math.ceil((end - time) / 1000)) };
};
