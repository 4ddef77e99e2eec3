import { type QueuedJob, toJobMessage } from "../jobs/message.ts";
import { eventsOf, type TableChange } from "./change.ts";
import { toMessage } from "./event.ts";
import { hears, type Subscription } from "./listener.ts";
import type { Queue, QueueMessage } from "./queue.ts";

/** What the table tells: that an object has changed, or that a job is to be worked on. */
export type Told = TableChange | QueuedJob;

/**
 * Hands on what the table tells: each change to the queues of those who hear it, each job to its plugin's.
 * @returns the place of the first that was not handed over in full, to begin again from; `undefined` when all were
 */
export const dispatch = async (
  { queue, subscriptions }: { queue: Queue; subscriptions: readonly Subscription[] },
  told: readonly (Told | undefined)[],
): Promise<number | undefined> => {
  const placed = told.flatMap((one, place) => (one === undefined ? [] : messagesOf(subscriptions, one).map((message) => ({ place, message }))));
  const refused = placed.length === 0 ? [] : await queue.send(placed.map(({ message }) => message));
  return refused.length === 0 ? undefined : Math.min(...refused.map((at) => placed[at]?.place as number));
};

const messagesOf = (subscriptions: readonly Subscription[], told: Told): QueueMessage[] => {
  if (!("ref" in told)) return [toJobMessage(told)];
  return eventsOf(told).flatMap((event) => {
    const listeners = subscriptions.filter((subscription) => hears(subscription, event));
    if (listeners.length === 0) return [];
    const body = toMessage(event);
    return listeners.map(({ name }) => ({ to: name, body }));
  });
};
