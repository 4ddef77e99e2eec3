import { eventsOf, type TableChange } from "./change.ts";
import { toMessage } from "./event.ts";
import { hears, type Subscription } from "./listener.ts";
import type { Queue, QueueMessage } from "./queue.ts";

/**
 * Tells each change to the queues of those who hear it.
 * @returns the place of the first change that was not handed over in full, to begin again from; `undefined` when all were
 */
export const dispatch = async (
  { queue, subscriptions }: { queue: Queue; subscriptions: readonly Subscription[] },
  changes: readonly (TableChange | undefined)[],
): Promise<number | undefined> => {
  const places: number[] = [];
  const messages: QueueMessage[] = [];
  for (const [place, change] of changes.entries()) {
    for (const event of change === undefined ? [] : eventsOf(change)) {
      const listeners = subscriptions.filter((subscription) => hears(subscription, event));
      if (listeners.length === 0) continue;
      const body = toMessage(event);
      for (const { name } of listeners) {
        places.push(place);
        messages.push({ to: name, body });
      }
    }
  }
  const refused = messages.length === 0 ? [] : await queue.send(messages);
  return refused.length === 0 ? undefined : Math.min(...refused.map((message) => places[message] as number));
};
