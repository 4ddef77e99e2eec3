import { randomUUID } from "node:crypto";
import type { Log } from "../log.ts";
import type { Lease, Store } from "../store/store.ts";
import type { HandlerTime } from "./handler.ts";
import type { Outcome } from "./listener.ts";
import { GRACE } from "./within.ts";

/** What keeps repetitions away. */
export interface Once {
  readonly claims: Pick<Store, "claim" | "settle" | "release">;
  /** Epoch ms. */
  readonly now: () => number;
}

/** Another worker has this delivery in hand; the queue shall bring it again. */
export class Busy extends Error {
  override readonly name = "Busy";
}

/** Has something run once in effect, however often it is brought. Rejects when it is to be brought again. @param key what it is known by, the name of its queue first */
export const onceInEffect = async (
  { claims, now, log }: Once & { readonly log: Log },
  key: string,
  time: HandlerTime,
  run: () => Promise<Outcome>,
): Promise<Outcome> => {
  const lease = leaseFor(now, time);
  const claim = await claims.claim(key, lease);
  if (claim === "done") {
    log.info("The event was delivered before");
    return undefined;
  }
  if (claim === "busy") throw new Busy(`${key} is being delivered by another worker`);
  let outcome: Outcome;
  try {
    outcome = await run();
  } catch (error) {
    await claims.release(key, lease);
    throw error;
  }
  // From here on the effect is there: should this fail, the lease keeps the repetition away as long as it can.
  await (outcome === "again" ? claims.release(key, lease) : claims.settle(key, lease));
  return outcome;
};

/** Holds as long as a worker may be at it, and a moment longer. */
export const leaseFor = (now: () => number, { budget }: HandlerTime): Lease => ({ owner: randomUUID(), until: now() + budget + GRACE });
