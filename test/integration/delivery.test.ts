import { afterEach, describe, expect, it } from "@jest/globals";
import { type ChangeEvent, definePlugin } from "@kintoun/kit";
import { toRouting } from "../../config/routing.ts";
import { encodeEvent } from "../../core/events/event.ts";
import { createDispatcher } from "../../functions/dispatch/app.ts";
import { createWorker } from "../../functions/worker/app.ts";
import { workerHandler } from "../../functions/worker/handler.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { startStore, type TestStore } from "../start-store.ts";

let store: TestStore;
afterEach(() => store.close());

const RECORDS = "/buckets/b/collections/c/records";
const withCollection = async () => {
  await store.put("/buckets/b");
  await store.put("/buckets/b/collections/c");
};

/** A plugin that records its events and throws for some of them. */
const recorder = (name: string, received: ChangeEvent[], fails: (event: ChangeEvent) => boolean = () => false) =>
  definePlugin({
    name,
    about: "Records its events.",
    listeners: {
      note: {
        on: [
          "record.create",
          "record.update",
          "record.delete",
          "record.purge",
          "collection.delete",
          "collection.purge",
        ],
        run: (event) => {
          received.push(event);
          if (fails(event)) throw new Error("fails on purpose");
        },
      },
    },
  })();

describe("delivery of a change", () => {
  it("delivers an event once, with the old and the new data", async () => {
    const received: ChangeEvent[] = [];
    store = await startStore({ plugins: [basicauth(), recorder("notes", received)] });
    await withCollection();

    const created = (await store.put(`${RECORDS}/r`, { data: { title: "one" } })).body.data;
    const updated = (await store.patch(`${RECORDS}/r`, { data: { title: "two" } })).body.data;
    const deleted = (await store.delete(`${RECORDS}/r`)).body.data;
    await store.drain();

    const common = {
      resource_name: "record",
      uri: `${RECORDS}/r`,
      bucket_id: "b",
      collection_id: "c",
      record_id: "r",
      user_id: await store.userId("alice"),
    };
    expect(received.toSorted((a, b) => a.timestamp - b.timestamp)).toMatchObject([
      { ...common, action: "create", timestamp: created.last_modified, new: created },
      { ...common, action: "update", timestamp: updated.last_modified, old: created, new: updated },
      { ...common, action: "delete", timestamp: deleted.last_modified, old: updated },
    ]);
    expect(new Set(received.map(({ id }) => id)).size).toBe(3);
  });

  it("retries and then dead-letters an event whose listener throws, while other listeners continue", async () => {
    const [failing, fine]: [ChangeEvent[], ChangeEvent[]] = [[], []];
    store = await startStore({
      plugins: [
        basicauth(),
        recorder("failing", failing, ({ record_id }) => record_id === "poison"),
        recorder("fine", fine),
      ],
      retryAfter: () => 0,
    });
    await withCollection();

    await store.put(`${RECORDS}/poison`, {});
    await store.put(`${RECORDS}/good`, {});
    await store.drain();

    expect(failing.filter(({ record_id }) => record_id === "poison")).toHaveLength(5);
    expect(failing.filter(({ record_id }) => record_id === "good")).toHaveLength(1);
    expect(fine).toHaveLength(2);
    expect(await store.deadLetterCount("failing-note")).toBe(1);
    expect(await store.deadLetterCount("fine-note")).toBe(0);
    expect(store.logLines.filter((line) => line.includes("fails on purpose"))).toHaveLength(5);
  });

  it("has its effect once when it is delivered repeatedly", async () => {
    const received: ChangeEvent[] = [];
    store = await startStore({ plugins: [basicauth(), recorder("notes", received)] });
    await withCollection();
    await store.put(`${RECORDS}/r`, {});
    await store.drain();
    const [event] = received as [ChangeEvent];

    const worker = await createWorker({
      ...store.options,
      location: { ...store.options.location, listener: "notes-note" },
    });
    const record = {
      messageId: "again",
      receiptHandle: "",
      body: encodeEvent(event),
      attributes: { ApproximateReceiveCount: "1" },
      messageAttributes: {},
    };
    const repeated = await workerHandler(worker)({ Records: [record, record, record] as never });
    await worker.close();

    expect(repeated).toEqual({ batchItemFailures: [] });
    expect(received).toHaveLength(1);
  });

  it("reaches only listeners of the collection", async () => {
    const received: string[] = [];
    const picky = definePlugin({
      name: "picky",
      about: "Listens to one collection.",
      listeners: {
        note: {
          on: ["record.create"],
          buckets: () => ["b"],
          collections: () => ["c"],
          run: ({ uri }) => void received.push(uri),
        },
      },
    })();
    store = await startStore({ plugins: [basicauth(), picky] });
    await withCollection();
    await store.put("/buckets/b/collections/other");
    await store.put("/buckets/elsewhere");
    await store.put("/buckets/elsewhere/collections/c");

    for (const path of [RECORDS, "/buckets/b/collections/other/records", "/buckets/elsewhere/collections/c/records"])
      await store.put(`${path}/r`, {});
    await store.patch(`${RECORDS}/r`, { data: { changed: true } });
    await store.drain();

    expect(received).toEqual([`${RECORDS}/r`]);
  });

  it("purges everything below a deleted bucket, and nothing of its next generation", async () => {
    const received: ChangeEvent[] = [];
    store = await startStore({ plugins: [basicauth(), recorder("notes", received)] });
    await withCollection();
    await Promise.all(Array.from({ length: 60 }, (_, i) => store.put(`${RECORDS}/r${i}`, {})));
    await store.drain();
    received.length = 0;

    await store.delete("/buckets/b");
    await withCollection();
    await store.put(`${RECORDS}/r7`, { data: { of: "the new generation" } });
    await store.drain();
    await store.drain();

    const purged = received.filter(({ action }) => action === "purge").map(({ uri }) => uri);
    expect(purged.toSorted()).toEqual(
      ["/buckets/b/collections/c", ...Array.from({ length: 60 }, (_, i) => `${RECORDS}/r${i}`)].toSorted(),
    );
    expect((await store.get(RECORDS)).body.data).toMatchObject([{ id: "r7", of: "the new generation" }]);
  });

  it("resumes from the change that a queue refused", async () => {
    store = await startStore();
    const dispatch = await createDispatcher({ ...store.options, routing: toRouting(store.options.config) });
    const { dispatchHandler } = await import("../../functions/dispatch/app.ts");
    const image = (id: string) => ({
      pk: { S: "/buckets" },
      sk: { S: id },
      kind: { S: "bucket" },
      ts: { N: "1" },
      json: { S: `{"id":"${id}"}` },
      by: { S: "x" },
      of: { S: "root" },
      own: { S: "0" },
    });
    const deleted = (id: string) => ({
      OldImage: image(id),
      NewImage: { ...image(id), ts: { N: "2" }, gone: { BOOL: true } },
      SequenceNumber: id,
    });
    const sent: string[][] = [];
    const send: typeof dispatch.queue.send = async (messages) => {
      sent.push(messages.map(({ id = "" }) => id));
      return messages.flatMap(({ id }, place) =>
        id === "/buckets/b@2" ? [{ index: place, permanent: false, reason: "" }] : [],
      );
    };
    const refusing = { ...dispatch, queue: { ...dispatch.queue, send } };

    const answer = await dispatchHandler(refusing)({
      Records: [{ dynamodb: deleted("a") }, { dynamodb: deleted("b") }, { dynamodb: deleted("c") }] as never,
    });
    await dispatch.close();

    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: "b" }] });
    const [first = [], ...others] = sent;
    expect(first).toHaveLength(3);
    expect(new Set(others.flat())).toEqual(new Set(["/buckets/b@2"]));
  });
});
