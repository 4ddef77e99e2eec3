import { randomUUID } from "node:crypto";
import type { Log } from "../log.ts";
import type { Store } from "../store/store.ts";
import { fromMessage } from "./event.ts";
import type { Listener, Outcome } from "./listener.ts";

export interface Delivery {
  readonly listener: Listener;
  readonly claims: Pick<Store, "claim" | "settle" | "release">;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Epoch ms until which this worker may be at it. */
  readonly until: number;
}

/** Another worker has this delivery in hand; the queue shall bring it again. */
export class Busy extends Error {
  override readonly name = "Busy";
}

/** Delivers one message to its listener, once in effect. Rejects when it is to be tried again. */
export const deliver = async ({ listener, claims, log, signal, until }: Delivery, body: string): Promise<Outcome> => {
  const event = fromMessage(body);
  const context = { log, signal };
  if (listener.idempotent) return listener.run(event, context);

  const key = `${listener.name}#${event.id}`;
  const lease = { owner: randomUUID(), until };
  const claim = await claims.claim(key, lease);
  if (claim === "done") return log.info("The event was delivered before", { event_id: event.id });
  if (claim === "busy") throw new Busy(`${event.id} is being delivered to ${listener.name} by another worker`);
  let outcome: Outcome;
  try {
    outcome = await listener.run(event, context);
  } catch (error) {
    await claims.release(key, lease);
    throw error;
  }
  // From here on the effect is there: should this fail, the lease keeps the repetition away as long as it can.
  await (outcome === "again" ? claims.release(key, lease) : claims.settle(key, lease));
  return outcome;
};
