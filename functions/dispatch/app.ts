import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from "aws-lambda";
import type { AppOptions } from "../../app/create-app-context.ts";
import { createQueues } from "../../app/queue.ts";
import { type StreamImages, streamReader } from "../../app/stream-record.ts";
import type { Routing } from "../../config/routing.ts";
import { encodeFailedRecord } from "../../core/events/dead-letters.ts";
import { type DispatchContext, dispatchEntries, type StreamEntry } from "../../core/events/dispatch.ts";
import { type ChangeEvent, MAX_LOGGED_EVENTS } from "../../core/events/event.ts";
import type { Subscription } from "../../core/events/listener.ts";
import type { RefusedMessage } from "../../core/events/refused-messages.ts";
import type { EventActivity } from "../../core/ports/activity.ts";
import { createJsonLog, type Log } from "../../core/ports/log.ts";
import { type Meter, NOOP_METER } from "../../core/ports/meter.ts";
import { DISPATCH_FAILURES_QUEUE, type Queue, type QueueMessage } from "../../core/ports/queue.ts";

interface DispatcherOptions extends Pick<AppOptions, "location" | "cloud" | "log" | "meter"> {
  readonly routing: Routing;
}

/** What the function `dispatch` is composed from. */
export interface Dispatcher {
  readonly queue: Queue;
  readonly subscriptions: readonly Subscription[];
  /** Returns the entry of a stream record; `undefined` when the record is about neither an object nor a job. */
  readonly readStreamRecord: (images: StreamImages) => StreamEntry | undefined;
  readonly log: Log;
  readonly meter: Meter;
  /** Records each event; `undefined` if no plugin reads activity. */
  readonly onEvent: DispatchContext["onEvent"];
  close(): Promise<void>;
}

/** Composes the function without the store and the plugins, because it only reads the stream and sends messages. */
export const createDispatcher = async (options: DispatcherOptions): Promise<Dispatcher> => {
  const { routing, cloud = {}, log = createJsonLog(console.log), meter = NOOP_METER } = options;
  const closing: (() => Promise<void>)[] = [];
  return {
    queue: createQueues(options, { cloud, closing, log }),
    subscriptions: routing.subscriptions,
    readStreamRecord: streamReader(routing),
    log,
    meter,
    onEvent: routing.recordsActivity ? (event, listeners) => recordEvent(log, event, listeners) : undefined,
    close: async () => {
      await Promise.allSettled(closing.splice(0).map((close) => close()));
    },
  };
};

/**
 * Creates the Lambda handler between the table's stream and the queues. Lambda resumes at the first record that was not
 * dispatched. A record that cannot be read moves to the queue `dispatch-failures`.
 */
export const dispatchHandler =
  (dispatcher: Dispatcher) =>
  async ({ Records }: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> => {
    const { queue, subscriptions, readStreamRecord, log, onEvent } = dispatcher;
    const sequenceNumber = (index: number) => Records[index]?.dynamodb?.SequenceNumber ?? "";
    const sendToDeadLetters = async (index: number, error: unknown) => {
      log.error("A stream record could not be read; it is dead-lettered", {
        sequence_number: sequenceNumber(index),
        error,
      });
      const body = encodeFailedRecord(Records[index] ?? {}, error);
      const refused = await queue.send([{ queue: DISPATCH_FAILURES_QUEUE, body }]);
      if (refused.length > 0)
        throw new Error("A stream record could neither be read nor be dead-lettered", { cause: error });
    };
    const { firstFailed, sent, refused, kept } = await dispatchEntries(
      { queue, subscriptions, sendToDeadLetters, onEvent },
      Records.map(
        ({ dynamodb = {} }) =>
          () =>
            readStreamRecord(dynamodb),
      ),
    );
    recordSent(dispatcher, sent);
    logKept(dispatcher, kept);
    if (firstFailed === undefined) return { batchItemFailures: [] };
    const ids = [...new Set(refused.flatMap(({ id }) => id ?? []))];
    log.warn("A change could not be dispatched", {
      sequence_number: sequenceNumber(firstFailed),
      event_ids: ids.slice(0, MAX_LOGGED_EVENTS),
      events: ids.length,
    });
    return { batchItemFailures: [{ itemIdentifier: sequenceNumber(firstFailed) }] };
  };

/** Logs the messages that are kept in the queue `dispatch-failures`: one line per queue that refuses them. */
export const logKept = ({ log }: Pick<Dispatcher, "log">, kept: readonly RefusedMessage[]): void => {
  for (const [queue, refused] of Map.groupBy(kept, ({ message }) => message.queue))
    log.error(
      `The queue '${queue}' refuses messages; they are kept in ${DISPATCH_FAILURES_QUEUE}. Repair the queue, then run: kintoun queues redrive ${DISPATCH_FAILURES_QUEUE}`,
      {
        queue,
        reason: refused[0]?.reason,
        event_ids: refused.slice(0, MAX_LOGGED_EVENTS).flatMap(({ message }) => message.id ?? []),
        messages: refused.length,
      },
    );
};

const recordEvent = (log: Log, event: ChangeEvent, listeners: readonly string[]): void => {
  const { id: event_id, action, resource_name: resource, uri, user_id: user, request_id } = event;
  const entry: EventActivity = { activity: "event", event_id, request_id, action, resource, uri, user, listeners };
  log.info(entry.activity, { ...entry });
};

/** Counts and logs the events that were put on listeners' queues. */
const recordSent = ({ subscriptions, meter, log }: Dispatcher, sent: readonly QueueMessage[]): void => {
  for (const { queue: listener, id: event_id, request: request_id } of sent) {
    if (!subscriptions.some(({ name }) => name === listener)) continue;
    meter.add("EventsDispatched", listener);
    log.debug("The event was dispatched", { listener, event_id, request_id });
  }
};
