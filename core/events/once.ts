import { randomUUID } from "node:crypto";
import type { Log } from "../ports/log.ts";
import type { Lease, Store } from "../ports/store.ts";
import { isForGood } from "./for-good.ts";
import { FailedTry, type Handled, type HandlerTime, Untried } from "./handler.ts";
import type { Outcome } from "./listener.ts";
import { GRACE } from "./within.ts";

/** What keeps repetitions away. */
export interface Once {
  readonly claims: Pick<Store, "claim" | "settle" | "release">;
  /** Epoch ms. */
  readonly now: () => number;
}

/** Workers ended again and again before a delivery did: it may be what ends them, and is not tried any more. */
class Deadly extends Error {
  override readonly name = "Deadly";
}

/** Tries beyond those that may fail, after which a delivery that never came to an end is given up. */
const UNENDED = 3;

/**
 * Has something run once in effect, however often it is brought. Rejects with a {@link FailedTry} when it failed, an {@link Untried} when it did not run.
 * @param key what it is known by, the name of its queue first
 */
export const onceInEffect = async (
  { claims, now, log }: Once & { readonly log: Log },
  key: string,
  time: HandlerTime,
  run: () => Promise<Outcome> | Outcome,
): Promise<Handled> => {
  const lease = leaseFor(now, time);
  const claim = await claims.claim(key, lease).catch((cause: unknown) => {
    throw new Untried("Whether it was delivered before could not be told", { cause });
  });
  if (claim.kind === "done") {
    log.info("The event was delivered before");
    return undefined;
  }
  if (claim.kind === "busy") return afterwards(claim.until, now);
  const { tries } = claim;
  let outcome: Outcome;
  try {
    if (tries > time.tries + UNENDED)
      throw new Deadly(`It was taken in hand ${tries - 1} times, and no worker told how that ended`);
    outcome = await run();
  } catch (error) {
    // Whoever brings it once more after it was parked wants all tries.
    await noted(log, claims.release(key, lease, { forget: tries >= time.tries || isForGood(error) }));
    throw new FailedTry(error, tries);
  }
  // The effect is there, and nothing that fails from here on may have it repeated.
  await noted(log, outcome === "again" ? claims.release(key, lease, { forget: true }) : claims.settle(key, lease));
  return outcome;
};

/** Holds as long as a worker may be at it, and a moment longer. */
export const leaseFor = (now: () => number, { budget }: HandlerTime): Lease => ({
  owner: randomUUID(),
  until: now() + budget + GRACE,
});

/** Not before another worker's lease has ended. */
export const afterwards = (until: number, now: () => number): Handled => ({
  after: Math.max(1, Math.ceil((until - now()) / 1000)),
});

/** Waits until the claims know; where they can't be told, their leases stand for a while. */
export const noted = async (log: Log, ...notes: readonly Promise<void>[]): Promise<void> => {
  for (const note of await Promise.allSettled(notes)) {
    if (note.status === "rejected") log.warn("What became of a delivery could not be noted", { error: note.reason });
  }
};
