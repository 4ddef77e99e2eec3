import type { Log } from "../log.ts";
import type { Lease } from "../store/store.ts";
import { type ChangeEvent, fromMessage } from "./event.ts";
import type { HandlerTime, Received } from "./handler.ts";
import type { Listener, Outcome } from "./listener.ts";
import { Busy, leaseFor, type Once, onceInEffect } from "./once.ts";
import { causedBy, type Provenance } from "./provenance.ts";
import { within } from "./within.ts";

export interface Deliveries extends Once {
  readonly listener: Listener;
  readonly log: Log;
  /** Runs something whose changes come of what is given. */
  readonly inProvenance: <T>(provenance: Provenance, run: () => T) => T;
}

/** Delivers one message to its listener, once in effect. Rejects when it is to be tried again. */
export const deliver = async (to: Deliveries, { body }: Pick<Received, "body">, time: HandlerTime): Promise<Outcome> => {
  const { listener } = to;
  const event = fromMessage(body);
  const log = to.log.with(factsOf(event));
  const run = (signal: AbortSignal) => to.inProvenance(causedBy(listener.name, event), () => listener.run(event, { log, signal }));
  const held = () => within(`The listener ${listener.name}`, time.budget, run, time.closing);
  return listener.idempotent ? held() : onceInEffect({ ...to, log }, keyOf(listener, event), time, held);
};

/** Delivers several messages in one call of a listener that takes them so. Rejects when each is to be delivered alone; what was done is then done. */
export const deliverBatch = async (to: Deliveries, messages: readonly Pick<Received, "body">[], time: HandlerTime): Promise<void> => {
  const { listener, claims, log } = to;
  const events = [...new Map(messages.map(({ body }) => fromMessage(body)).map((event) => [event.id, event])).values()];
  const lease = leaseFor(to.now, time);
  const taken: ChangeEvent[] = [];
  try {
    for (const [event, claim] of await Promise.all(events.map(async (event) => [event, await claimed(to, event, lease)] as const))) {
      if (claim === "taken") taken.push(event);
      if (claim === "busy") throw new Busy(`${event.id} is being delivered to ${listener.name} by another worker`);
    }
    const [first] = taken;
    if (first === undefined) return;
    // What it changes comes of the one that most led to.
    const deepest = taken.reduce((deep, event) => ((event.cause?.length ?? 0) > (deep.cause?.length ?? 0) ? event : deep), first);
    const run = async (signal: AbortSignal) => to.inProvenance(causedBy(listener.name, deepest), () => listener.runBatch?.(taken, { log, signal }));
    await within(`The listener ${listener.name}`, time.budget, run, time.closing);
  } catch (error) {
    if (!listener.idempotent) await Promise.all(events.map((event) => claims.release(keyOf(listener, event), lease)));
    throw error;
  }
  if (!listener.idempotent) await Promise.all(taken.map((event) => claims.settle(keyOf(listener, event), lease)));
};

const claimed = async ({ listener, claims }: Deliveries, event: ChangeEvent, lease: Lease) =>
  listener.idempotent ? "taken" : claims.claim(keyOf(listener, event), lease);

const keyOf = ({ name }: Listener, { id }: ChangeEvent): string => `${name}#${id}`;

/** What each line of the log tells of the event that it is about. */
const factsOf = ({ id, request_id }: ChangeEvent) => ({ event_id: id, ...(request_id !== undefined && { request_id }) });
