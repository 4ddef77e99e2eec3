/**
 * Returns a random pause before a retry: up to `baseMs`, doubled with each attempt ("full jitter").
 * @param attempt number of earlier attempts, from 0
 */
export const backoffMs = (attempt: number, baseMs: number, maxMs = Number.POSITIVE_INFINITY): number =>
  Math.random() * Math.min(maxMs, baseMs * 2 ** attempt);

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
