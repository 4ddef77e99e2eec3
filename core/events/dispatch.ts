import { handOver } from "../../lib/util/hand-over.ts";
import { type QueuedJob, toJobMessage } from "../jobs/message.ts";
import type { Queue, QueueMessage } from "../ports/queue.ts";
import { eventsOf, type TableChange } from "./change.ts";
import { toMessage } from "./event.ts";
import { isFor, type Subscription } from "./listener.ts";

/** What the table tells: that an object has changed, or that a job is to be worked on. */
export type Told = TableChange | QueuedJob;

export interface Dispatched {
  /** The place of the first that was not handed over in full, to begin again from; `undefined` when all were. */
  readonly failed: number | undefined;
  readonly sent: readonly QueueMessage[];
  readonly refused: readonly QueueMessage[];
}

export interface Dispatching {
  readonly queue: Queue;
  readonly subscriptions: readonly Subscription[];
  /** Keeps what can't be handed on however often it is tried. Rejects when it could not. @param place in what was told */
  readonly park: (place: number, error: unknown) => Promise<void>;
}

/**
 * Hands on what the table tells: each change to the queues of those who hear it, each job to its plugin's. What can't be understood is parked, and holds up nothing.
 * @param told each read only here, as reading may fail
 */
export const dispatch = async (
  { queue, subscriptions, park }: Dispatching,
  told: readonly (() => Told | undefined)[],
): Promise<Dispatched> => {
  const placed: { readonly place: number; readonly message: QueueMessage }[] = [];
  for (const [place, read] of told.entries()) {
    try {
      const one = read();
      if (one !== undefined) placed.push(...messagesOf(subscriptions, one).map((message) => ({ place, message })));
    } catch (error) {
      await park(place, error);
    }
  }
  const refused = await send(
    queue,
    placed.map(({ message }) => message),
  );
  const lost = new Set(refused);
  return {
    failed: refused.length === 0 ? undefined : Math.min(...refused.map((at) => placed[at]?.place as number)),
    sent: placed.flatMap(({ message }, at) => (lost.has(at) ? [] : [message])),
    refused: placed.flatMap(({ message }, at) => (lost.has(at) ? [message] : [])),
  };
};

/**
 * ms after which queues are offered again what they refused, as an ordered one does that is told more than it takes in a moment: the stream's next try
 * would tell all others twice.
 */
const PAUSES = [100, 500, 2000];

/** @returns the places of what was refused each time */
const send = async (queue: Queue, messages: readonly QueueMessage[]): Promise<readonly number[]> => {
  const refused = await handOver(
    messages.map((message, place) => ({ message, place })),
    async (left) => {
      const refused = new Set(await queue.send(left.map(({ message }) => message)));
      return left.filter((_, at) => refused.has(at)).map((item) => ({ item, passing: true }));
    },
    PAUSES,
  );
  return refused.map(({ item }) => item.place);
};

const messagesOf = (subscriptions: readonly Subscription[], told: Told): QueueMessage[] => {
  if (!("ref" in told)) return [toJobMessage(told)];
  return eventsOf(told).flatMap((event) => {
    const listeners = subscriptions.filter((subscription) => isFor(subscription, event));
    if (listeners.length === 0) return [];
    const message = {
      body: toMessage(event),
      group: event.uri,
      id: event.id,
      request: event.request_id,
      trace: event.trace,
    };
    return listeners.map(({ name }) => ({ to: name, ...message }));
  });
};
