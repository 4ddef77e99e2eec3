import { sendWithRetries } from "../../lib/util/send-with-retries.ts";
import { type QueuedJob, toJobMessage } from "../jobs/job.ts";
import type { Queue, QueueMessage, QueueRejection } from "../ports/queue.ts";
import { type TableChange, toChangeEvents } from "./change.ts";
import { type ChangeEvent, encodeEvent } from "./event.ts";
import { matchesSubscription, type Subscription } from "./listener.ts";
import { keepRefusedMessages, type RefusedMessage } from "./refused-messages.ts";

/** An entry of the table's stream: an object has changed, a job was queued, or a transaction sent a message. */
export type StreamEntry = TableChange | QueuedJob | { readonly message: QueueMessage };

export interface DispatchResult {
  /** Index of the first entry that was not dispatched in full, to resume from; `undefined` when all were. */
  readonly firstFailed: number | undefined;
  readonly sent: readonly QueueMessage[];
  /** Messages of the entries that were not dispatched in full. */
  readonly refused: readonly QueueMessage[];
  /** Messages that their queues refuse permanently, and that are now in the queue `dispatch-failures`. */
  readonly kept: readonly RefusedMessage[];
}

export interface DispatchContext {
  readonly queue: Queue;
  readonly subscriptions: readonly Subscription[];
  /**
   * Keeps an entry that cannot be read, however often it is tried. Rejects when it could not be kept.
   * @param index of the entry
   */
  readonly sendToDeadLetters: (index: number, error: unknown) => Promise<void>;
  /** Called with each event and the names of the listeners that receive it, before it is sent. */
  readonly onEvent?: OnEvent | undefined;
}

type OnEvent = (event: ChangeEvent, listeners: readonly string[]) => void;

/**
 * Sends each change to the queues of the listeners that match it, each job to its plugin's queue, and each message to
 * its queue. An entry that cannot be read is dead-lettered and does not hold up the others. Neither does a queue that
 * does not exist or refuses the sender: its messages are kept in the queue `dispatch-failures`.
 * @param entries each is read here, because reading may throw
 */
export const dispatchEntries = async (
  { queue, subscriptions, sendToDeadLetters, onEvent }: DispatchContext,
  entries: readonly (() => StreamEntry | undefined)[],
): Promise<DispatchResult> => {
  const queued: QueuedMessage[] = [];
  for (const [index, readEntry] of entries.entries()) {
    try {
      const entry = readEntry();
      if (entry === undefined) continue;
      queued.push(...toMessages(subscriptions, entry, onEvent).map((message) => ({ index, message })));
    } catch (error) {
      await sendToDeadLetters(index, error);
    }
  }
  const rejections = await sendQueued(queue, queued);
  const firstRetried = findFirst(rejections.filter(({ permanent }) => !permanent));
  // What comes after the first entry to retry is sent again with it.
  const permanent = rejections.filter(({ item }) => item.index < (firstRetried ?? Number.POSITIVE_INFINITY));
  const unkept = new Set(
    await keepRefusedMessages(
      queue,
      permanent.map(({ item: { message }, reason }) => ({ message, reason })),
    ),
  );
  const kept = permanent.filter((_, at) => !unkept.has(at));
  const refused = rejections.filter((rejection) => !kept.includes(rejection));
  const rejected = new Set(rejections.map(({ item }) => item));
  return {
    firstFailed: findFirst(refused),
    sent: queued.flatMap((item) => (rejected.has(item) ? [] : [item.message])),
    refused: refused.map(({ item }) => item.message),
    kept: kept.map(({ item: { message }, reason }) => ({ message, reason })),
  };
};

/** A message of an entry. */
interface QueuedMessage {
  /** Index of the entry. */
  readonly index: number;
  readonly message: QueueMessage;
}

interface QueuedRejection extends Pick<QueueRejection, "permanent" | "reason"> {
  readonly item: QueuedMessage;
}

/** The index of the first entry of which a message was rejected. */
const findFirst = (rejections: readonly QueuedRejection[]): number | undefined =>
  rejections.length === 0 ? undefined : Math.min(...rejections.map(({ item }) => item.index));

/**
 * Delays before refused messages are sent again, in ms. An ordered queue refuses messages while it is throttled. A
 * retry of the whole stream batch would send all other messages twice.
 */
const RETRY_DELAYS_MS = [100, 500, 2000];

/** @returns the messages that were refused permanently, or at each attempt */
const sendQueued = (queue: Queue, queued: readonly QueuedMessage[]): Promise<readonly QueuedRejection[]> =>
  sendWithRetries(
    queued,
    async (remaining) => {
      const rejections = await queue.send(remaining.map(({ message }) => message));
      return rejections.map(({ index, permanent, reason }) => ({
        item: remaining[index] as QueuedMessage,
        transient: !permanent,
        permanent,
        reason,
      }));
    },
    RETRY_DELAYS_MS,
  );

const toMessages = (
  subscriptions: readonly Subscription[],
  entry: StreamEntry,
  onEvent: OnEvent | undefined,
): QueueMessage[] => {
  if ("message" in entry) return [entry.message];
  if (!("ref" in entry)) return [toJobMessage(entry)];
  return toChangeEvents(entry).flatMap((event) => {
    const listeners = subscriptions.filter((subscription) => matchesSubscription(subscription, event));
    onEvent?.(
      event,
      listeners.map(({ name }) => name),
    );
    if (listeners.length === 0) return [];
    const message = {
      body: encodeEvent(event),
      group: event.uri,
      id: event.id,
      request: event.request_id,
      trace: event.trace,
    };
    return listeners.map(({ name }) => ({ queue: name, ...message }));
  });
};
