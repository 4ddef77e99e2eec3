import { afterEach, describe, expect, it } from "@jest/globals";
import { type ChangeEvent, definePlugin, RetryAfterError } from "@kintoun/kit";
import { encodeEvent } from "../../core/events/event.ts";
import { createWorker } from "../../functions/worker/app.ts";
import { workerHandler } from "../../functions/worker/handler.ts";
import { startStore, type TestStore } from "../start-store.ts";
import { waitUntil } from "../wait-until.ts";

let store: TestStore;
afterEach(() => store.close());

const RECORDS = "/buckets/b/collections/c/records";

/** Starts a store with one listener, `notes-note`, of changes of records. */
const start = async (listener: object) => {
  const plugin = definePlugin({
    name: "notes",
    about: "Records its events.",
    listeners: { note: { on: ["record.create", "record.update", "record.delete"], run: () => {}, ...listener } },
  });
  store = await startStore({ plugins: [plugin()], retryAfter: () => 0 });
  await store.put("/buckets/b");
  await store.put("/buckets/b/collections/c");
};

const eventOf = (id: string): ChangeEvent => ({
  id: `${RECORDS}/${id}@5`,
  resource_name: "record",
  uri: `${RECORDS}/${id}`,
  bucket_id: "b",
  collection_id: "c",
  record_id: id,
  user_id: "x",
  timestamp: 5,
  parent_generation: "1",
  action: "create",
  new: { id },
});

/** Creates a further worker of the same listener, whose messages the test provides. */
const startWorker = async () => {
  const worker = await createWorker({
    ...store.options,
    location: { ...store.options.location, listener: "notes-note" },
  });
  const postponed: number[] = [];
  const postpone = async (_: string, __: string, seconds: number) => void postponed.push(seconds);
  const deadLetters: string[] = [];
  const send = async (messages: readonly { queue: string; body: string }[]) => {
    deadLetters.push(...messages.map(({ queue }) => queue));
    return [];
  };
  const handler = workerHandler({ ...worker, queue: { ...worker.queue, postpone, send } });
  const deliver = async (...bodies: readonly (readonly [body: string, attempt: number, group?: string])[]) => {
    const Records = bodies.map(([body, attempt, MessageGroupId], place) => ({
      messageId: String(place),
      receiptHandle: String(place),
      body,
      attributes: { ApproximateReceiveCount: String(attempt), SentTimestamp: String(Date.now()), MessageGroupId },
      messageAttributes: {},
    }));
    return (await handler({ Records } as never)).batchItemFailures.map(({ itemIdentifier }) => Number(itemIdentifier));
  };
  return { deliver, postponed, deadLetters, close: worker.close };
};

describe("listener", () => {
  it("receives only events that match its pattern on old and new data", async () => {
    const received: unknown[] = [];
    const where = {
      $or: [{ new: { status: ["done"] }, old: { status: [{ "anything-but": ["done"] }] } }, { action: ["delete"] }],
    };
    await start({
      where: () => where,
      run: ({ action, record_id }: ChangeEvent) => void received.push(`${action} ${record_id}`),
    });

    await store.put(`${RECORDS}/a`, { data: { status: "done" } });
    await store.put(`${RECORDS}/b`, { data: { status: "open" } });
    await store.patch(`${RECORDS}/b`, { data: { status: "done" } });
    await store.patch(`${RECORDS}/b`, { data: { n: 1 } });
    await store.delete(`${RECORDS}/a`);
    await store.drain();

    expect(received.toSorted()).toEqual(["delete a", "update b"]);
  });

  it("is retried as often as it states", async () => {
    const received: string[] = [];
    const run = ({ record_id }: ChangeEvent) => {
      received.push(String(record_id));
      throw new Error("fails on purpose");
    };
    await start({ retries: 1, run });
    await store.put(`${RECORDS}/a`);
    await store.drain();

    expect(received).toEqual(["a", "a"]);
    expect(await store.deadLetterCount("notes-note")).toBe(1);
  });

  it("handles the other messages while one hangs until its time limit", async () => {
    const done: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    await start({
      timeout: 1,
      run: async ({ record_id }: ChangeEvent) => {
        if (record_id === "hangs") await promise;
        done.push(String(record_id));
      },
    });
    const { deliver, postponed, close } = await startWorker();

    expect(
      await deliver([encodeEvent(eventOf("a")), 1], [encodeEvent(eventOf("hangs")), 1], [encodeEvent(eventOf("b")), 1]),
    ).toEqual([1]);
    expect([done.toSorted(), postponed]).toEqual([["a", "b"], [0]]);
    expect(store.logLines.join("\n")).toContain("The listener notes-note took longer than 1 s");
    resolve();
    await close();
  });

  it("does not run for an event that another worker has, and never dead-letters it", async () => {
    const received: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const run = async ({ record_id }: ChangeEvent) => {
      received.push(String(record_id));
      await promise;
    };
    await start({ run });
    const [first, second] = [await startWorker(), await startWorker()];
    const working = first.deliver([encodeEvent(eventOf("a")), 1]);
    await waitUntil("the first worker has the event", () => received.length === 1);

    expect(await second.deliver([encodeEvent(eventOf("a")), 99])).toEqual([0]);
    // Not before the lease of the first worker has expired.
    expect(second.postponed).toEqual([expect.any(Number)]);
    expect(second.postponed[0]).toBeGreaterThan(30);
    resolve();
    expect(await working).toEqual([]);
    expect(await second.deliver([encodeEvent(eventOf("a")), 99])).toEqual([]);
    expect([received, first.deadLetters, second.deadLetters]).toEqual([["a"], [], []]);
    await Promise.all([first.close(), second.close()]);
  });

  it("dead-letters an event that ended several workers, and gets all attempts again when it is redriven", async () => {
    const received: string[] = [];
    await start({ retries: 0, run: ({ record_id }: ChangeEvent) => void received.push(String(record_id)) });
    const claims = store.opened[0]?.app.store;
    for (let died = 0; died < 4; died++) {
      expect(await claims?.claim(`notes-note#${eventOf("a").id}`, { owner: `dead-${died}`, until: 0 })).toEqual({
        kind: "taken",
        tries: died + 1,
      });
    }
    const { deliver, deadLetters, close } = await startWorker();

    expect(await deliver([encodeEvent(eventOf("a")), 2])).toEqual([]);
    expect([received, deadLetters]).toEqual([[], ["notes-note-dead"]]);
    expect(store.logLines.join("\n")).toContain("none of them completed");
    expect(await deliver([encodeEvent(eventOf("a")), 1])).toEqual([]);
    expect(received).toEqual(["a"]);
    await close();
  });

  it("is retried after the delay of RetryAfterError until its attempts are used up", async () => {
    const received: string[] = [];
    await start({
      retries: 2,
      run: ({ record_id }: ChangeEvent) => {
        received.push(String(record_id));
        if (record_id === "never" || received.length < 3) throw new RetryAfterError(42_000, `${record_id} is closed`);
      },
    });
    await store.put(`${RECORDS}/soon`);
    await store.drain();
    expect([received, await store.deadLetterCount("notes-note")]).toEqual([["soon", "soon", "soon"], 0]);
    expect([store.metrics("EventsPostponed", "notes-note"), store.metrics("EventsFailed", "notes-note")]).toEqual([
      [2],
      [],
    ]);
    expect(store.logLines.filter((line) => line.includes('"ERROR"'))).toEqual([]);

    await store.put(`${RECORDS}/never`);
    await store.drain();
    expect([received.slice(3), await store.deadLetterCount("notes-note")]).toEqual([["never", "never", "never"], 1]);
    expect([store.metrics("EventsPostponed", "notes-note"), store.metrics("EventsFailed", "notes-note")]).toEqual([
      [4],
      [1],
    ]);
  });

  it("dead-letters a message that is no event at once, and handles the others", async () => {
    const received: string[] = [];
    await start({ retries: 1, run: ({ record_id }: ChangeEvent) => void received.push(String(record_id)) });
    const { deliver, deadLetters, close } = await startWorker();

    expect(
      await deliver(["{", 1], [encodeEvent(eventOf("a")), 1], ['{"event":{}}', 1], ["null", 1], ["gzip:", 1]),
    ).toEqual([]);
    expect([received, deadLetters]).toEqual([["a"], Array(4).fill("notes-note-dead")]);
    await close();
  });
});

describe("ordered listener", () => {
  it("holds back later changes of an object behind a failed one, and of no other object", async () => {
    const received: string[] = [];
    const run = ({ record_id, new: record }: ChangeEvent) => {
      received.push(`${record_id}${record?.n}`);
      if (record?.n === 1 && record_id === "a") throw new Error("fails on purpose");
    };
    await start({ ordered: true, retries: 2, run });
    for (const n of [0, 1, 2]) for (const id of ["a", "b"]) await store.put(`${RECORDS}/${id}`, { data: { n } });
    await store.drain();

    const of = (id: string) => received.filter((one) => one.startsWith(id));
    expect(of("a")).toEqual(["a0", "a1", "a1", "a1", "a2"]);
    expect(of("b")).toEqual(["b0", "b1", "b2"]);
    expect(await store.deadLetterCount("notes-note")).toBe(1);
  });

  it("counts attempts, not receives of messages that waited behind others", async () => {
    const received: string[] = [];
    const run = ({ record_id }: ChangeEvent) => {
      received.push(String(record_id));
      throw new Error("fails on purpose");
    };
    // The listener is idempotent. Its records only count attempts.
    await start({ ordered: true, idempotent: true, retries: 1, run });
    const { deliver, deadLetters, close } = await startWorker();

    expect(await deliver([encodeEvent(eventOf("a")), 57, "g"], [encodeEvent(eventOf("b")), 57, "g"])).toEqual([0, 1]);
    expect(await deliver([encodeEvent(eventOf("a")), 58, "g"], [encodeEvent(eventOf("b")), 58, "g"])).toEqual([1]);
    expect([received, deadLetters]).toEqual([["a", "a", "b"], ["notes-note-dead"]]);
    await close();
  });
});

describe("ordered listener that throws RetryAfterError", () => {
  it("receives no later change of the object before, and counts no attempt for it", async () => {
    const received: string[] = [];
    const run = ({ record_id, new: record }: ChangeEvent) => {
      received.push(`${record_id}${record?.n}`);
      const times = received.filter((one) => one === `${record_id}${record?.n}`).length;
      if (record_id === "a" && times < 3) throw new RetryAfterError(1, "closed");
    };
    const plugin = definePlugin({
      name: "notes",
      about: "Records its events.",
      listeners: { note: { on: ["record.create", "record.update"], ordered: true, retries: 2, run } },
    });
    store = await startStore({ plugins: [plugin()] });
    await store.put("/buckets/b");
    await store.put("/buckets/b/collections/c");
    for (const n of [0, 1]) for (const id of ["a", "b"]) await store.put(`${RECORDS}/${id}`, { data: { n } });
    await store.drain();

    const of = (id: string) => received.filter((one) => one.startsWith(id));
    expect([of("a"), of("b")]).toEqual([
      ["a0", "a0", "a0", "a1", "a1", "a1"],
      ["b0", "b1"],
    ]);
    expect(await store.deadLetterCount("notes-note")).toBe(0);
  });
});

describe("listener with a batch handler", () => {
  const taking = (batches: string[][], alone: string[], poison?: string) => {
    const named = (events: readonly ChangeEvent[]) => events.map(({ record_id }) => String(record_id));
    const batch = (events: readonly ChangeEvent[]) => {
      batches.push(named(events));
      if (poison !== undefined && named(events).includes(poison)) throw new Error("fails on purpose");
    };
    const run = (event: ChangeEvent) => {
      alone.push(...named([event]));
      if (event.record_id === poison) throw new Error("fails on purpose");
    };
    return { run, retries: 1, batch: { size: 10, window: 1, run: batch } };
  };

  it("gets several events in one call, each once", async () => {
    const [batches, alone]: [string[][], string[]] = [[], []];
    await start(taking(batches, alone));
    const { deliver, close } = await startWorker();
    const all = ["a", "b", "a", "c"].map((id) => [encodeEvent(eventOf(id)), 1] as const);

    expect(await deliver(...all)).toEqual([]);
    expect(await deliver(...all, [encodeEvent(eventOf("d")), 1])).toEqual([]);
    expect([batches, alone]).toEqual([[["a", "b", "c"], ["d"]], []]);
    await close();
  });

  it("handles each event once and dead-letters only a poisoned one", async () => {
    const [batches, alone]: [string[][], string[]] = [[], []];
    await start(taking(batches, alone, "poison"));
    const requests = ["a", "b", "poison", "c", "d"].map((id) => ({ method: "PUT", path: `${RECORDS}/${id}` }));
    await store.post("/batch", { requests });
    await store.drain();

    const failed = batches.filter((ids) => ids.includes("poison")).flat();
    const done = [...batches.filter((ids) => !ids.includes("poison")).flat(), ...alone.filter((id) => id !== "poison")];
    expect(done.toSorted()).toEqual(["a", "b", "c", "d"]);
    expect(failed).toContain("poison");
    expect(await store.deadLetterCount("notes-note")).toBe(1);
  });

  it("does not get a message that is no event, nor a later one of its group", async () => {
    const [batches, alone]: [string[][], string[]] = [[], []];
    const { batch, ...others } = taking(batches, alone);
    await start({ ...others, ordered: true, batch: { ...batch, window: 0 } });
    const { deliver, postponed, close } = await startWorker();
    const messages = [
      [encodeEvent(eventOf("a")), 1, "g"],
      ["{", 1, "g"],
      [encodeEvent(eventOf("b")), 1, "g"],
      [encodeEvent(eventOf("c")), 1, "h"],
    ] as const;

    expect(await deliver(...messages)).toEqual([1, 2]);
    expect([batches, alone, postponed]).toEqual([[["a", "c"]], [], [1, 1]]);
    expect(await deliver([encodeEvent(eventOf("b")), 2, "g"])).toEqual([]);
    expect(alone).toEqual(["b"]);
    await close();
  });
});
