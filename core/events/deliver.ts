import type { Log } from "../ports/log.ts";
import { type ChangeEvent, fromMessage } from "./event.ts";
import type { Handled, HandlerTime, Received } from "./handler.ts";
import type { Listener } from "./listener.ts";
import { type Once, onceInEffect } from "./once.ts";
import { causedBy, type Provenance } from "./provenance.ts";
import type { Watch } from "./watch.ts";
import { within } from "./within.ts";

export interface Deliveries extends Once, Watch {
  readonly listener: Listener;
  readonly log: Log;
  /** Runs something whose changes come of what is given. */
  readonly inProvenance: <T>(provenance: Provenance, run: () => T) => T;
}

/** Delivers one message to its listener, once in effect. Rejects when it failed. */
export const deliver = async (
  to: Deliveries,
  { body, sent }: Pick<Received, "body" | "sent">,
  time: HandlerTime,
): Promise<Handled> => {
  const { listener } = to;
  const event = fromMessage(body);
  to.note(factsOf(event));
  const log = to.log.with(factsOf(event));
  const run = (signal: AbortSignal) =>
    to.inProvenance(causedBy(listener.name, event), () => listener.run(event, { log, signal }));
  const held = async () => {
    const given = Date.now();
    const outcome = await within(`The listener ${listener.name}`, time.budget, run, time.closing);
    if (outcome === undefined) to.delivered([sent], given);
    return outcome;
  };
  return listener.idempotent ? held() : onceInEffect({ ...to, log }, keyOf(listener, event), time, held);
};

export const keyOf = ({ name }: Listener, { id }: ChangeEvent): string => `${name}#${id}`;

/** What each line of the log tells of the event that it is about. */
const factsOf = ({ id, request_id }: ChangeEvent) => ({
  event_id: id,
  ...(request_id !== undefined && { request_id }),
});
