import { sendWithRetries } from "../../lib/util/send-with-retries.ts";
import { type QueuedJob, toJobMessage } from "../jobs/job.ts";
import type { Queue, QueueMessage } from "../ports/queue.ts";
import { type TableChange, toChangeEvents } from "./change.ts";
import { encodeEvent } from "./event.ts";
import { matchesSubscription, type Subscription } from "./listener.ts";

/** An entry of the table's stream: an object has changed, a job was queued, or a transaction sent a message. */
export type StreamEntry = TableChange | QueuedJob | { readonly message: QueueMessage };

export interface DispatchResult {
  /** Index of the first entry that was not dispatched in full, to resume from; `undefined` when all were. */
  readonly firstFailed: number | undefined;
  readonly sent: readonly QueueMessage[];
  readonly refused: readonly QueueMessage[];
}

export interface DispatchContext {
  readonly queue: Queue;
  readonly subscriptions: readonly Subscription[];
  /**
   * Keeps an entry that cannot be read, however often it is tried. Rejects when it could not be kept.
   * @param index of the entry
   */
  readonly sendToDeadLetters: (index: number, error: unknown) => Promise<void>;
}

/**
 * Sends each change to the queues of the listeners that match it, each job to its plugin's queue, and each message to
 * its queue. An entry that
 * cannot be read is dead-lettered and does not hold up the others.
 * @param entries each is read here, because reading may throw
 */
export const dispatchEntries = async (
  { queue, subscriptions, sendToDeadLetters }: DispatchContext,
  entries: readonly (() => StreamEntry | undefined)[],
): Promise<DispatchResult> => {
  const queued: { readonly index: number; readonly message: QueueMessage }[] = [];
  for (const [index, readEntry] of entries.entries()) {
    try {
      const entry = readEntry();
      if (entry !== undefined) queued.push(...toMessages(subscriptions, entry).map((message) => ({ index, message })));
    } catch (error) {
      await sendToDeadLetters(index, error);
    }
  }
  const refused = await sendMessages(
    queue,
    queued.map(({ message }) => message),
  );
  const refusedSet = new Set(refused);
  return {
    firstFailed: refused.length === 0 ? undefined : Math.min(...refused.map((at) => queued[at]?.index as number)),
    sent: queued.flatMap(({ message }, at) => (refusedSet.has(at) ? [] : [message])),
    refused: queued.flatMap(({ message }, at) => (refusedSet.has(at) ? [message] : [])),
  };
};

/**
 * Delays before refused messages are sent again, in ms. An ordered queue refuses messages while it is throttled. A
 * retry of the whole stream batch would send all other messages twice.
 */
const RETRY_DELAYS_MS = [100, 500, 2000];

/** @returns the indexes of the messages that were refused at each attempt */
const sendMessages = async (queue: Queue, messages: readonly QueueMessage[]): Promise<readonly number[]> => {
  const rejections = await sendWithRetries(
    messages.map((message, index) => ({ message, index })),
    async (remaining) => {
      const refused = new Set(await queue.send(remaining.map(({ message }) => message)));
      return remaining.filter((_, at) => refused.has(at)).map((item) => ({ item, transient: true }));
    },
    RETRY_DELAYS_MS,
  );
  return rejections.map(({ item }) => item.index);
};

const toMessages = (subscriptions: readonly Subscription[], entry: StreamEntry): QueueMessage[] => {
  if ("message" in entry) return [entry.message];
  if (!("ref" in entry)) return [toJobMessage(entry)];
  return toChangeEvents(entry).flatMap((event) => {
    const listeners = subscriptions.filter((subscription) => matchesSubscription(subscription, event));
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
