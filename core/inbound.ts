import { isObject, type Json, parseExactJson } from "../lib/json.ts";
import { PermanentError } from "./events/delivery-errors.ts";
import { type IdempotencyContext, runIdempotently } from "./events/idempotency.ts";
import type { HandlerOutcome, ListenerContext } from "./events/listener.ts";
import { extendCauseChain, type Provenance, parseCausesAttribute, parseEventResources } from "./events/provenance.ts";
import {
  type DeliveryObserver,
  type HandlerLimits,
  type HandlerResult,
  type ReceivedMessage,
  runWithTimeLimit,
} from "./events/queue-handler.ts";
import type { Log } from "./ports/log.ts";

/**
 * A message from outside of the store.
 * @example
 * const describe = ({ id, type, detail }: InboundMessage): string => `${id} ${type}: ${JSON.stringify(detail)}`;
 */
export interface InboundMessage<Detail = Json> {
  /** The same for each delivery: the event's id, or else the id of the SQS message. */
  readonly id: string;
  /** Sender of the event, such as `compute`. Absent for messages that did not come over an event bus. */
  readonly source?: string;
  /** Type of the event, such as `compute.instance.update`. Absent for messages that did not come over an event bus. */
  readonly type?: string;
  /** When the event happened according to its sender, or else when the message was sent; ISO 8601. */
  readonly time: string;
  readonly detail: Detail;
  /** The body of the message as received. */
  readonly body: string;
}

/** The code that handles the messages of an inbound source. */
interface InboundReceiver {
  /** Name of its queue. */
  readonly name: string;
  /** Whether messages come from an event bus. Otherwise anyone who may send to the queue can send anything. */
  readonly isFromBus: boolean;
  /** Whether repeated deliveries are harmless. No idempotency record is kept then. */
  readonly idempotent: boolean;
  run(message: InboundMessage, context: ListenerContext): Promise<HandlerOutcome>;
}

export interface ReceiveContext extends IdempotencyContext, DeliveryObserver {
  readonly receiver: InboundReceiver;
  readonly log: Log;
  /** Runs a function whose changes get this provenance. */
  readonly runWithProvenance: <T>(provenance: Provenance, run: () => T) => T;
}

/** Delivers one message to its receiver, with its effect only once. Rejects when it must be retried. */
export const receiveMessage = async (
  context: ReceiveContext,
  received: ReceivedMessage,
  limits: HandlerLimits,
): Promise<HandlerResult> => {
  const { receiver } = context;
  const [message, provenance] = receiver.isFromBus ? parseBusEvent(received) : parseMessage(received);
  context.addLogContext({ event_id: message.id });
  const log = context.log.with({ event_id: message.id });
  const run = async () => {
    const startedAt = Date.now();
    const outcome = await runWithTimeLimit(
      `The inbound part ${receiver.name}`,
      limits.budgetMs,
      (signal) =>
        context.runWithProvenance(extendCauseChain(receiver.name, provenance), () =>
          receiver.run(message, { log, signal }),
        ),
      limits.closing,
    );
    if (outcome === undefined) context.recordDelivered([received.sentAt], startedAt);
    return outcome;
  };
  return receiver.idempotent
    ? run()
    : runIdempotently({ ...context, log }, `${receiver.name}#${message.id}`, limits, run);
};

/** https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html */
const parseBusEvent = ({ body }: ReceivedMessage): readonly [InboundMessage, Provenance] => {
  const { id, source, "detail-type": type, time, detail, resources }: Record<string, unknown> = parseObject(body);
  if (
    typeof id !== "string" ||
    typeof source !== "string" ||
    typeof type !== "string" ||
    typeof time !== "string" ||
    !isObject(detail)
  ) {
    throw new PermanentError(
      "The message is not an EventBridge event: id, source, detail-type and time must be strings, and detail an object",
    );
  }
  return [{ id, source, type, time, detail, body }, parseEventResources(resources)];
};

/** A body that is not JSON becomes a string. */
const parseMessage = ({ id, body, sentAt, causes }: ReceivedMessage): readonly [InboundMessage, Provenance] => [
  { id, time: new Date(sentAt).toISOString(), detail: parseJsonOrText(body), body },
  parseCausesAttribute(causes),
];

const parseJsonOrText = (body: string): Json => {
  try {
    return parseExactJson(body) as Json;
  } catch {
    return body;
  }
};

const parseObject = (text: string): Record<string, unknown> => {
  try {
    const value = parseExactJson(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
};
