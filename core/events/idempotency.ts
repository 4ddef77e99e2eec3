import { randomUUID } from "node:crypto";
import type { Log } from "../ports/log.ts";
import type { Lease, Store } from "../ports/store.ts";
import { FailedAttemptError, isPermanent, NotAttemptedError, PoisonMessageError } from "./delivery-errors.ts";
import type { HandlerOutcome } from "./listener.ts";
import { GRACE_MS, type HandlerLimits, type HandlerResult } from "./queue-handler.ts";

/** Idempotency records: a claim per message keeps repeated deliveries from repeating their effect. */
export interface IdempotencyContext {
  readonly claims: Pick<Store, "claim" | "settle" | "release">;
  /** Epoch ms. */
  readonly now: () => number;
}

/** Attempts beyond the maximum after which a message that never completed is given up as poisonous. */
const MAX_UNFINISHED_ATTEMPTS = 3;

/**
 * Runs a handler so that its effect happens once, however often the message is delivered. Rejects with a
 * {@link FailedAttemptError} when it failed, with a {@link NotAttemptedError} when it did not run.
 * @param key identifies the delivery; begins with the queue's name
 */
export const runIdempotently = async (
  { claims, now, log }: IdempotencyContext & { readonly log: Log },
  key: string,
  limits: HandlerLimits,
  run: () => Promise<HandlerOutcome> | HandlerOutcome,
): Promise<HandlerResult> => {
  const lease = createLease(now, limits);
  const claim = await claims.claim(key, lease).catch((cause: unknown) => {
    throw new NotAttemptedError("The idempotency record could not be read", { cause });
  });
  if (claim.kind === "done") {
    log.info("The event was delivered before");
    return undefined;
  }
  if (claim.kind === "busy") return retryAfterLease(claim.until, now);
  const { tries } = claim;
  let outcome: HandlerOutcome;
  try {
    if (tries > limits.maxAttempts + MAX_UNFINISHED_ATTEMPTS)
      throw new PoisonMessageError(`${tries - 1} workers started to handle this message, and none of them completed`);
    outcome = await run();
  } catch (error) {
    // A message that is redriven from the dead-letter queue gets all of its attempts again.
    await recordClaims(log, claims.release(key, lease, { forget: tries >= limits.maxAttempts || isPermanent(error) }));
    throw new FailedAttemptError(error, tries);
  }
  // The effect has happened. No later failure may cause a repetition.
  const requeued = outcome === "requeue";
  await recordClaims(log, requeued ? claims.release(key, lease, { forget: true }) : claims.settle(key, lease));
  return outcome;
};

/** Creates a lease that lasts a moment longer than the worker may run. */
export const createLease = (now: () => number, { budgetMs }: HandlerLimits): Lease => ({
  owner: randomUUID(),
  until: now() + budgetMs + GRACE_MS,
});

/** Returns the result for a message that another worker has claimed: retry when its lease has ended. */
export const retryAfterLease = (until: number, now: () => number): HandlerResult => ({
  after: Math.max(1, Math.ceil((until - now()) / 1000)),
});

/** Waits for updates of claims. Failures are only logged, because each lease expires anyway. */
export const recordClaims = async (log: Log, ...updates: readonly Promise<void>[]): Promise<void> => {
  for (const update of await Promise.allSettled(updates)) {
    if (update.status === "rejected") log.warn("An idempotency record could not be updated", { error: update.reason });
  }
};
