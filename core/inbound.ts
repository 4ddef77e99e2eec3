import { isObject, type Json } from "../lib/json.ts";
import { fromAttribute, fromResources } from "./events/carried-causes.ts";
import { Refused } from "./events/for-good.ts";
import type { Handled, HandlerTime, Received } from "./events/handler.ts";
import type { ListenerContext, Outcome } from "./events/listener.ts";
import { type Once, onceInEffect } from "./events/once.ts";
import { causedBy, type Provenance } from "./events/provenance.ts";
import type { Watch } from "./events/watch.ts";
import { within } from "./events/within.ts";
import type { Log } from "./ports/log.ts";

/** Something that came in from outside of the store. */
export interface InboundMessage<Detail = Json> {
  /** The same however often it is delivered: of an event, its own; else SQS's of the message. */
  readonly id: string;
  /** Who told it, such as `compute`; absent for what did not come over a bus. */
  readonly source?: string;
  /** What has happened, such as `compute.instance.update`; absent likewise. */
  readonly type?: string;
  /** When it happened, as its teller says, or else came; ISO 8601. */
  readonly time: string;
  readonly detail: Detail;
  /** The message as it came. */
  readonly body: string;
}

/** What runs on what comes in. */
export interface Receiver {
  /** Its queue's. */
  readonly name: string;
  /** Whether it is brought events by a bus; else anything, by anybody who may send to its queue. */
  readonly overBus: boolean;
  /** Deliveries may repeat without harm, so that no record is kept of them. */
  readonly idempotent: boolean;
  run(message: InboundMessage, context: ListenerContext): Promise<Outcome>;
}

export interface Receiving extends Once, Watch {
  readonly receiver: Receiver;
  readonly log: Log;
  /** Runs something whose changes come of what is given. */
  readonly inProvenance: <T>(provenance: Provenance, run: () => T) => T;
}

/** Hands one message to its receiver, once in effect. Rejects when it is to be tried again. */
export const receive = async (to: Receiving, received: Received, time: HandlerTime): Promise<Handled> => {
  const { receiver } = to;
  const [message, origin] = receiver.overBus ? fromBus(received) : fromAnybody(received);
  to.note({ event_id: message.id });
  const log = to.log.with({ event_id: message.id });
  const run = (signal: AbortSignal) =>
    to.inProvenance(causedBy(receiver.name, origin), () => receiver.run(message, { log, signal }));
  const held = async () => {
    const given = Date.now();
    const outcome = await within(`The inbound part ${receiver.name}`, time.budget, run, time.closing);
    if (outcome === undefined) to.delivered([received.sent], given);
    return outcome;
  };
  return receiver.idempotent ? held() : onceInEffect({ ...to, log }, `${receiver.name}#${message.id}`, time, held);
};

/** An event as a bus wraps it. https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html */
const fromBus = ({ body }: Received): readonly [InboundMessage, Provenance] => {
  const { id, source, "detail-type": type, time, detail, resources }: Record<string, unknown> = objectIn(body);
  if (
    typeof id !== "string" ||
    typeof source !== "string" ||
    typeof type !== "string" ||
    typeof time !== "string" ||
    !isObject(detail)
  ) {
    throw new Refused(
      "The message is not an event of EventBridge: id, source, detail-type and time are texts there, and detail is an object",
    );
  }
  return [{ id, source, type, time, detail, body }, fromResources(resources)];
};

/** What is no JSON is taken for a text. */
const fromAnybody = ({ id, body, sent, causes }: Received): readonly [InboundMessage, Provenance] => [
  { id, time: new Date(sent).toISOString(), detail: jsonOrText(body), body },
  fromAttribute(causes),
];

const jsonOrText = (body: string): Json => {
  try {
    return JSON.parse(body) as Json;
  } catch {
    return body;
  }
};

const objectIn = (text: string): Record<string, unknown> => {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
};
