import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type ChangeEvent, definePlugin } from "@kintoun/kit";
import { startStore, type TestStore } from "../../start-store.ts";
import { useElasticMq } from "../start-elasticmq.ts";

const RECORDS = "/buckets/b/collections/c/records";

describe("store on ElasticMQ", () => {
  const received: ChangeEvent[] = [];
  let store: TestStore;
  beforeAll(async () => {
    const plugin = definePlugin({
      name: "recorder",
      about: "Records its events in order.",
      listeners: {
        note: {
          on: ["record.create", "record.update"],
          ordered: true,
          retries: 2,
          run: (event) => {
            received.push(event);
            if (event.new.poison === true) throw new Error("fails on purpose");
          },
        },
      },
    });
    store = await startStore({ plugins: [plugin()], sqs: await useElasticMq(), retryAfter: () => 0 });
    await store.put("/buckets/b");
    await store.put("/buckets/b/collections/c");
  }, 180_000);
  afterAll(() => store.close());

  it("delivers the changes of an object in order and dead-letters only a poison message", async () => {
    const objects = ["one", "two", "three"];
    for (let n = 0; n < 8; n++) {
      for (const id of objects)
        await store.put(`${RECORDS}/${id}`, { data: { n, ...(id === "two" && n === 3 && { poison: true }) } });
    }
    await store.drain();

    const deliveredNumbers = (id: string) =>
      received.filter(({ record_id }) => record_id === id).map(({ new: record }) => record?.n);
    expect(deliveredNumbers("one")).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(deliveredNumbers("two")).toEqual([0, 1, 2, 3, 3, 3, 4, 5, 6, 7]);
    expect(deliveredNumbers("three")).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(await store.deadLetterCount("recorder-note")).toBe(1);
  });
});
