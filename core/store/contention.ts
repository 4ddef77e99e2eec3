import type { RetryLimits } from "../../lib/util/backoff.ts";
import { Failure } from "../errors.ts";

/**
 * Limits of a write that conflicts with others. A client that waits for its `Retry-After` occupies no function, so a
 * write gives up long before API Gateway's timeout of 30 s.
 */
export const CONTENTION_LIMITS: RetryLimits = { maxAttempts: 15, maxMs: 4000, basePauseMs: 20, maxPauseMs: 800 };

/** How long a write may wait for other writers of its lists in the same process, in ms. */
export const MAX_TURN_WAIT_MS = 10_000;

/**
 * The failure of a write because of other writers.
 * @param target what is written
 * @param effort for the log: what the write has tried, such as `3 attempts in 120 ms`
 */
export const contentionFailure = (target: string, effort: string): Failure =>
  new Failure("BACKEND", {
    message: `Too many concurrent writes to ${target}. Send the request again after the seconds in Retry-After.`,
    cause: new Error(`Too many concurrent writes to ${target}: gave up after ${effort}`),
  });
