import { SMOKE_CHECKS, type SmokeCheck, type SmokeOutcome, USER_CHECK } from "./checks.ts";
import { openSmokeStore, type SmokeStore, type SmokeTarget } from "./smoke-store.ts";

/** A check with what it saw. */
export interface SmokeReport extends Pick<SmokeCheck, "name" | "expected" | "advice">, SmokeOutcome {}

/** The result of all checks. */
interface SmokeSummary {
  /** Requests to the API, also those of the clean-up. */
  readonly requests: number;
  /** URIs of buckets that could not be removed. */
  readonly left: readonly string[];
}

/** USD per request: a create of 1 KB costs the most (docs/operations/costs.md). */
const MAX_USD_PER_REQUEST = 0.000_01;

/** What the check of the user sees when the store refuses the user. */
const REFUSALS = ["401", "403"];

/** Upper bound of the cost of some requests in USD. */
export const estimateCostUsd = (requests: number): number => requests * MAX_USD_PER_REQUEST;

/**
 * Runs all checks one after the other, and removes what they created, also when the signal stops them.
 * @param onReport receives each check when it has ended
 */
export const runSmoke = async (
  target: SmokeTarget,
  onReport: (report: SmokeReport) => void,
  checks: readonly SmokeCheck[] = SMOKE_CHECKS,
): Promise<SmokeSummary> => {
  const store = openSmokeStore(target);
  let left: readonly string[] = [];
  let canWrite = true;
  try {
    for (const check of checks) {
      target.signal.throwIfAborted();
      const { name, expected, advice } = check;
      const outcome: SmokeOutcome =
        check.writes && !canWrite
          ? { result: "skipped", seen: "the user may not create buckets" }
          : await runCheck(check, store, target.signal);
      if (check === USER_CHECK) canWrite = outcome.result === "ok" || !REFUSALS.includes(outcome.seen);
      onReport({ name, expected, advice, ...outcome });
    }
  } finally {
    left = await store.cleanUp();
  }
  return { requests: store.count(), left };
};

/** A check that cannot be run, for example because the connection is refused, has failed. */
const runCheck = async (check: SmokeCheck, store: SmokeStore, signal: AbortSignal): Promise<SmokeOutcome> => {
  try {
    return await check.run(store);
  } catch (error) {
    signal.throwIfAborted();
    const { message, cause } = error instanceof Error ? error : new Error(String(error));
    return { result: "failed", seen: cause instanceof Error ? `${message}: ${cause.message}` : message };
  }
};
