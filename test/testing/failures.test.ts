import { describe, expect, it } from "@jest/globals";
import { definePlugin } from "@kintoun/kit";
import { startTestStore, startWebhookSink, type TestStore } from "@kintoun/testing";

const RECORDS = "/buckets/b/collections/c/records";

/** Fails on records that say so. */
const journal = definePlugin({
  name: "journal",
  about: "Lists new records.",
  listeners: {
    write: {
      on: ["record.create"],
      retries: 1,
      run: (event) => {
        if (event.new.bad === true) throw new TypeError("It cannot be written.");
      },
    },
  },
});

const createRecord = async (store: TestStore, data: object) => {
  await store.put("/buckets/b");
  await store.put("/buckets/b/collections/c");
  await store.put(`${RECORDS}/r`, { data });
};

describe("TestStore.failures", () => {
  it("has a line per failed attempt, with the listener, the event and the error", async () => {
    await using store = await startTestStore({ plugins: [journal()], retryAfter: () => 0 });
    await createRecord(store, { bad: true });
    await store.drain();

    expect(store.failures).toEqual(
      [1, 2].map((attempt) =>
        expect.stringMatching(
          new RegExp(
            `^journal-write: The listener failed \\(${RECORDS}/r@\\d+, attempt ${attempt}\\): TypeError: It cannot be written\\.$`,
          ),
        ),
      ),
    );
  });

  it("is empty if nothing failed", async () => {
    await using store = await startTestStore({ plugins: [journal()] });
    await createRecord(store, { 'contains "ERROR"': "ERROR" });
    await store.drain();

    expect(store.failures).toEqual([]);
  });
});

describe("TestStore.drain", () => {
  it("rejects at its time limit, with the listener that failed and its error", async () => {
    await using store = await startTestStore({ plugins: [journal()], retryAfter: () => 3600 });
    await createRecord(store, { bad: true });

    await expect(store.drain({ within: 2000 })).rejects.toThrow(
      /^Changes are still not delivered after 2000 ms\.\nFailures in the store \(see store\.logLines and store\.deadLetters\):\n {2}journal-write: The listener failed .*: TypeError: It cannot be written\.$/,
    );
  });
});

describe("WebhookSink.waitForRequests", () => {
  it("rejects with the listener that failed and its error", async () => {
    await using store = await startTestStore({ plugins: [journal()], retryAfter: () => 0 });
    await using other = await startWebhookSink();
    await createRecord(store, { bad: true });
    await store.drain();

    for (const sink of [other, await store.webhookSink()])
      await expect(sink.waitForRequests(1, { within: 20 })).rejects.toThrow(
        /^Expected 1 requests within 20 ms, received 0\.\nFailures in the store .*\n {2}journal-write: .*\n {2}journal-write: .*It cannot be written\.$/,
      );
  });

  it("does not show failures of closed stores", async () => {
    await using sink = await startWebhookSink();
    const store = await startTestStore({ plugins: [journal()], retryAfter: () => 0 });
    await createRecord(store, { bad: true });
    await store.drain();
    await store.close();

    await expect(sink.waitForRequests(1, { within: 20 })).rejects.toThrow(/received 0\.$/);
  });
});
