import { sendDeadLetter } from "../../core/events/dead-letters.ts";
import { encodeEvent } from "../../core/events/event.ts";
import type { Activity } from "../../core/ports/activity.ts";
import type { TestStore } from "../../testing/test-store.ts";

const ORDERS = "/buckets/shop/collections/orders/records";
const ACTIONS = ["create", "update", "update", "delete"] as const;

/** What a store has done: changes with deliveries to the listeners `shop-ship` and `shop-mail`, and requests. */
export const fillActivity = (store: TestStore, { events, requests }: { events: number; requests: number }): void => {
  const { log } = store.cloud.options;
  const record = (entry: Activity): void => log?.info(entry.activity, { ...entry });
  for (let number = 0; number < requests; number++) {
    const [status, ms] = number % 29 === 0 ? [503, 4100] : number % 11 === 0 ? [404, 3] : [200, 4 + (number % 40)];
    record({
      activity: "request",
      request_id: `request-${number}`,
      method: number % 3 === 0 ? "PUT" : "GET",
      route: "/buckets/:bucket/collections/:collection/records/:id",
      path: `${ORDERS}/order-${number}`,
      status,
      ms,
      user: number % 7 === 0 ? undefined : "account:ada",
      calls: 2,
      read_units: 1.5,
      write_units: number % 3 === 0 ? 6 : 0,
      bytes: 420,
    });
  }
  for (let number = 0; number < events; number++) {
    const id = `${ORDERS}/order-${number % 900}@${1_796_000_000_000 + number}`;
    record({
      activity: "event",
      event_id: id,
      request_id: `request-${number}`,
      action: ACTIONS[number % ACTIONS.length] ?? "create",
      resource: "record",
      uri: `${ORDERS}/order-${number % 900}`,
      user: "account:ada",
      listeners: ["shop-ship", "shop-mail"],
    });
    const attempt = { activity: "attempt", event_id: id, ms: 8 + (number % 30) } as const;
    record({ ...attempt, listener: "shop-mail", attempt: 1, outcome: "delivered" });
    if (number % 10 !== 3) {
      record({ ...attempt, listener: "shop-ship", attempt: 1, outcome: "delivered" });
      continue;
    }
    const error = "Error: The warehouse does not answer";
    record({ ...attempt, listener: "shop-ship", attempt: 1, outcome: "failed", error, retry_in_seconds: 2 });
    record({ ...attempt, listener: "shop-ship", attempt: 2, outcome: number % 20 === 3 ? "dead" : "delivered", error });
  }
};

/** Puts dead letters into a queue, as a worker does after the last try. */
export const fillDeadLetters = async (store: TestStore, listener: string, count: number): Promise<void> => {
  const queue = await store.cloud.opened[0]?.app.queues();
  if (queue === undefined) throw new Error("The store has no functions");
  const error = new Error("The warehouse does not answer");
  await Promise.all(
    Array.from({ length: count }, (_, number) => {
      const uri = `${ORDERS}/dead-${number}`;
      const body = encodeEvent({
        id: `${uri}@${1_796_000_000_000 + number}`,
        action: "create",
        resource_name: "record",
        uri,
        bucket_id: "shop",
        collection_id: "orders",
        record_id: `dead-${number}`,
        user_id: "account:ada",
        timestamp: 1_796_000_000_000 + number,
        parent_generation: "0",
        new: { item: "tea", count: number },
      });
      const received = { id: `message-${number}`, body, sentAt: Date.now(), receiveCount: 2 };
      return sendDeadLetter(queue, listener, received, { error, attempts: 2 });
    }),
  );
};
