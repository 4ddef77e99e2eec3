import { CreateQueueCommand, DeleteQueueCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { definePlugin } from "@kintoun/kit";
import { DISPATCH_FAILURES_QUEUE } from "../../core/ports/queue.ts";
import { readDeadLetters } from "../../operations/dead-letters.ts";
import { createRedispatcher, redrive } from "../../operations/redrive.ts";
import { startStore, type TestStore } from "../start-store.ts";
import { waitUntil } from "../wait-until.ts";

const RECORDS = "/buckets/b/collections/c/records";
const COUNT = 12;
const IDS = Array.from({ length: COUNT }, (_, index) => `r${index}`);

const received = { gone: [] as string[], series: [] as string[], kept: [] as string[] };
const listenTo = (name: keyof typeof received, ordered = false) => ({
  on: ["record.create" as const],
  ordered,
  run: ({ uri }: { uri: string }) => void received[name].push(uri.slice(RECORDS.length + 1)),
});
const trio = definePlugin({
  name: "trio",
  about: "Has three listeners.",
  listeners: { gone: listenTo("gone"), series: listenTo("series", true), kept: listenTo("kept") },
});
const DELETED = ["trio-gone", "trio-series"];

/**
 * What a store must do when the queues of two listeners are deleted while changes flow.
 * @param openSqs returns the endpoint of an SQS; `undefined` is the embedded one
 */
export const refusedQueueContract = (name: string, openSqs: () => Promise<string | undefined>) =>
  describe(`deleted queues of ${name}`, () => {
    let store: TestStore;
    let client: SQSClient;
    beforeAll(async () => {
      store = await startStore({ plugins: [trio()], sqs: await openSqs() });
      client = new SQSClient(store.options.cloud?.sqs ?? {});
      await store.put("/buckets/b");
      await store.put("/buckets/b/collections/c");
      await store.drain();
    }, 180_000);
    afterAll(async () => {
      client.destroy();
      await store.close();
    });

    const urlOf = (queue: string) => store.options.location.queues[queue] ?? "";
    const readFailures = () => readDeadLetters(client, urlOf(DISPATCH_FAILURES_QUEUE), 100);

    it("hold up no other listener, and their messages are kept with their target", async () => {
      for (const queue of DELETED) await client.send(new DeleteQueueCommand({ QueueUrl: urlOf(queue) }));
      for (const id of IDS) await store.put(`${RECORDS}/${id}`);
      await waitUntil("all messages are received", () => received.kept.length === COUNT);
      const kept = await readFailures();

      expect(received).toEqual({ gone: [], series: [], kept: expect.arrayContaining(IDS) });
      expect(Map.groupBy(kept, ({ target }) => target)).toEqual(
        new Map(DELETED.map((target) => [target, Array.from({ length: COUNT }, () => expect.anything())])),
      );
      for (const { error } of kept) expect(error).toMatch(/QueueDoesNotExist|NonExistentQueue/);
    }, 60_000);

    it("get their messages by a redrive when they exist again", async () => {
      const dispatcher = await createRedispatcher(store.options);
      const redriveAll = () =>
        redrive({
          client,
          from: urlOf(DISPATCH_FAILURES_QUEUE),
          handle: async (message) => {
            const isSent = await dispatcher.resendRefused(message).catch(() => false);
            return isSent ? "done" : "keep";
          },
          rate: 1000,
          signal: new AbortController().signal,
        });

      expect(await redriveAll()).toBe(0);
      for (const queue of DELETED) {
        const QueueName = urlOf(queue).split("/").at(-1) ?? "";
        const Attributes = QueueName.endsWith(".fifo") ? { FifoQueue: "true" } : {};
        await client.send(new CreateQueueCommand({ QueueName, Attributes }));
      }
      expect(await redriveAll()).toBe(2 * COUNT);
      await dispatcher.close();
      await waitUntil(
        "all messages are received",
        () => received.gone.length === COUNT && received.series.length === COUNT,
      );

      for (const ids of Object.values(received)) expect(ids.toSorted()).toEqual(IDS.toSorted());
      expect(await readFailures()).toEqual([]);
    }, 60_000);
  });
