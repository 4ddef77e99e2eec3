import { afterEach, describe, expect, it } from "@jest/globals";
import { type ChangeEvent, definePlugin, later } from "@kintoun/kit";
import { toMessage } from "../../core/events/event.ts";
import { openWorker } from "../../functions/worker/app.ts";
import { workerHandler } from "../../functions/worker/handler.ts";
import { startStore, type TestStore } from "../start-store.ts";

let store: TestStore;
afterEach(() => store.close());

const RECORDS = "/buckets/b/collections/c/records";

/** A store with one listener, `notes-note`, of what happens to records. */
const start = async (listener: object) => {
  const plugin = definePlugin({
    name: "notes",
    about: "Notes what it hears.",
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
  life: "1",
  action: "create",
  new: { id },
});

/** A worker of its own, of the same listener, that is handed what it is told to. */
const handing = async () => {
  const worker = await openWorker({ ...store.opening, place: { ...store.opening.place, listener: "notes-note" } });
  const postponed: number[] = [];
  const postpone = async (_: string, __: string, seconds: number) => void postponed.push(seconds);
  const parked: string[] = [];
  const send = async (messages: readonly { to: string; body: string }[]) => {
    parked.push(...messages.map(({ to }) => to));
    return [];
  };
  const handler = workerHandler({ ...worker, queue: { ...worker.queue, postpone, send } });
  const hand = async (...bodies: readonly (readonly [body: string, attempt: number, group?: string])[]) => {
    const Records = bodies.map(([body, attempt, MessageGroupId], place) => ({
      messageId: String(place),
      receiptHandle: String(place),
      body,
      attributes: { ApproximateReceiveCount: String(attempt), SentTimestamp: String(Date.now()), MessageGroupId },
      messageAttributes: {},
    }));
    return (await handler({ Records } as never)).batchItemFailures.map(({ itemIdentifier }) => Number(itemIdentifier));
  };
  return { hand, postponed, parked, close: worker.close };
};

describe("a listener", () => {
  it("hears only what its pattern says of the event, old and new", async () => {
    const heard: unknown[] = [];
    const where = {
      $or: [{ new: { status: ["done"] }, old: { status: [{ "anything-but": ["done"] }] } }, { action: ["delete"] }],
    };
    await start({
      where: () => where,
      run: ({ action, record_id }: ChangeEvent) => void heard.push(`${action} ${record_id}`),
    });

    await store.put(`${RECORDS}/a`, { data: { status: "done" } });
    await store.put(`${RECORDS}/b`, { data: { status: "open" } });
    await store.patch(`${RECORDS}/b`, { data: { status: "done" } });
    await store.patch(`${RECORDS}/b`, { data: { n: 1 } });
    await store.delete(`${RECORDS}/a`);
    await store.drain();

    expect(heard.toSorted()).toEqual(["delete a", "update b"]);
  });

  it("tries as often as it says", async () => {
    const heard: string[] = [];
    const run = ({ record_id }: ChangeEvent) => {
      heard.push(String(record_id));
      throw new Error("told to fail");
    };
    await start({ retries: 1, run });
    await store.put(`${RECORDS}/a`);
    await store.drain();

    expect(heard).toEqual(["a", "a"]);
    expect(await store.dead("notes-note")).toBe(1);
  });

  it("does the others of its messages where one hangs until its time is up", async () => {
    const done: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    await start({
      timeout: 1,
      run: async ({ record_id }: ChangeEvent) => {
        if (record_id === "hangs") await promise;
        done.push(String(record_id));
      },
    });
    const { hand, postponed, close } = await handing();

    expect(
      await hand([toMessage(eventOf("a")), 1], [toMessage(eventOf("hangs")), 1], [toMessage(eventOf("b")), 1]),
    ).toEqual([1]);
    expect([done.toSorted(), postponed]).toEqual([["a", "b"], [0]]);
    expect(store.logged.join("\n")).toContain("The listener notes-note took longer than 1 s");
    resolve();
    await close();
  });

  it("is not run for what another worker has in hand, which is not parked however often it came", async () => {
    const heard: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const run = async ({ record_id }: ChangeEvent) => {
      heard.push(String(record_id));
      await promise;
    };
    await start({ run });
    const [first, second] = [await handing(), await handing()];
    const working = first.hand([toMessage(eventOf("a")), 1]);
    while (heard.length === 0) await new Promise((soon) => setTimeout(soon, 5));

    expect(await second.hand([toMessage(eventOf("a")), 99])).toEqual([0]);
    // Not before the first's lease has ended.
    expect(second.postponed).toEqual([expect.any(Number)]);
    expect(second.postponed[0]).toBeGreaterThan(30);
    resolve();
    expect(await working).toEqual([]);
    expect(await second.hand([toMessage(eventOf("a")), 99])).toEqual([]);
    expect([heard, first.parked, second.parked]).toEqual([["a"], [], []]);
    await Promise.all([first.close(), second.close()]);
  });

  it("is given up for what its workers never came to the end of, and has all tries again when that is brought once more", async () => {
    const heard: string[] = [];
    await start({ retries: 0, run: ({ record_id }: ChangeEvent) => void heard.push(String(record_id)) });
    const claims = store.opened[0]?.around.store;
    for (let died = 0; died < 4; died++) {
      expect(await claims?.claim(`notes-note#${eventOf("a").id}`, { owner: `dead-${died}`, until: 0 })).toEqual({
        kind: "taken",
        tries: died + 1,
      });
    }
    const { hand, parked, close } = await handing();

    expect(await hand([toMessage(eventOf("a")), 2])).toEqual([]);
    expect([heard, parked]).toEqual([[], ["notes-note-dead"]]);
    expect(store.logged.join("\n")).toContain("no worker told how that ended");
    expect(await hand([toMessage(eventOf("a")), 1])).toEqual([]);
    expect(heard).toEqual(["a"]);
    await close();
  });

  it("is called again when it wants to be, until its tries are used up", async () => {
    const heard: string[] = [];
    await start({
      retries: 2,
      run: ({ record_id }: ChangeEvent) => {
        heard.push(String(record_id));
        if (record_id === "never" || heard.length < 3) throw later(42_000, `${record_id} is closed`);
      },
    });
    await store.put(`${RECORDS}/soon`);
    await store.drain();
    expect([heard, await store.dead("notes-note")]).toEqual([["soon", "soon", "soon"], 0]);
    expect([store.metrics("EventsPostponed", "notes-note"), store.metrics("EventsFailed", "notes-note")]).toEqual([
      [2],
      [],
    ]);
    expect(store.logged.filter((line) => line.includes('"ERROR"'))).toEqual([]);

    await store.put(`${RECORDS}/never`);
    await store.drain();
    expect([heard.slice(3), await store.dead("notes-note")]).toEqual([["never", "never", "never"], 1]);
    expect([store.metrics("EventsPostponed", "notes-note"), store.metrics("EventsFailed", "notes-note")]).toEqual([
      [4],
      [1],
    ]);
  });

  it("parks what is no event at once, and does what comes with it", async () => {
    const heard: string[] = [];
    await start({ retries: 1, run: ({ record_id }: ChangeEvent) => void heard.push(String(record_id)) });
    const { hand, parked, close } = await handing();

    expect(await hand(["{", 1], [toMessage(eventOf("a")), 1], ['{"event":{}}', 1], ["null", 1], ["gzip:", 1])).toEqual(
      [],
    );
    expect([heard, parked]).toEqual([["a"], Array(4).fill("notes-note-dead")]);
    await close();
  });
});

describe("an ordered listener", () => {
  it("holds back an object's later changes behind one that fails, and no other object's", async () => {
    const heard: string[] = [];
    const run = ({ record_id, new: record }: ChangeEvent) => {
      heard.push(`${record_id}${record?.n}`);
      if (record?.n === 1 && record_id === "a") throw new Error("told to fail");
    };
    await start({ ordered: true, retries: 2, run });
    for (const n of [0, 1, 2]) for (const id of ["a", "b"]) await store.put(`${RECORDS}/${id}`, { data: { n } });
    await store.drain();

    const of = (id: string) => heard.filter((one) => one.startsWith(id));
    expect(of("a")).toEqual(["a0", "a1", "a1", "a1", "a2"]);
    expect(of("b")).toEqual(["b0", "b1", "b2"]);
    expect(await store.dead("notes-note")).toBe(1);
  });

  it("has its tries counted, not how often its messages waited behind others", async () => {
    const heard: string[] = [];
    const run = ({ record_id }: ChangeEvent) => {
      heard.push(String(record_id));
      throw new Error("told to fail");
    };
    // A repetition would do no harm: what is kept of its deliveries is for the tries.
    await start({ ordered: true, idempotent: true, retries: 1, run });
    const { hand, parked, close } = await handing();

    expect(await hand([toMessage(eventOf("a")), 57, "g"], [toMessage(eventOf("b")), 57, "g"])).toEqual([0, 1]);
    expect(await hand([toMessage(eventOf("a")), 58, "g"], [toMessage(eventOf("b")), 58, "g"])).toEqual([1]);
    expect([heard, parked]).toEqual([["a", "a", "b"], ["notes-note-dead"]]);
    await close();
  });
});

describe("an ordered listener that wants an event later", () => {
  it("hears no later change of its object before, and has no try of that counted", async () => {
    const heard: string[] = [];
    const run = ({ record_id, new: record }: ChangeEvent) => {
      heard.push(`${record_id}${record?.n}`);
      const times = heard.filter((one) => one === `${record_id}${record?.n}`).length;
      if (record_id === "a" && times < 3) throw later(1, "closed");
    };
    const plugin = definePlugin({
      name: "notes",
      about: "Notes what it hears.",
      listeners: { note: { on: ["record.create", "record.update"], ordered: true, retries: 2, run } },
    });
    store = await startStore({ plugins: [plugin()] });
    await store.put("/buckets/b");
    await store.put("/buckets/b/collections/c");
    for (const n of [0, 1]) for (const id of ["a", "b"]) await store.put(`${RECORDS}/${id}`, { data: { n } });
    await store.drain();

    const of = (id: string) => heard.filter((one) => one.startsWith(id));
    expect([of("a"), of("b")]).toEqual([
      ["a0", "a0", "a0", "a1", "a1", "a1"],
      ["b0", "b1"],
    ]);
    expect(await store.dead("notes-note")).toBe(0);
  });
});

describe("a listener that takes several events at once", () => {
  const taking = (batches: string[][], alone: string[], poison?: string) => {
    const named = (events: readonly ChangeEvent[]) => events.map(({ record_id }) => String(record_id));
    const batch = (events: readonly ChangeEvent[]) => {
      batches.push(named(events));
      if (poison !== undefined && named(events).includes(poison)) throw new Error("told to fail");
    };
    const run = (event: ChangeEvent) => {
      alone.push(...named([event]));
      if (event.record_id === poison) throw new Error("told to fail");
    };
    return { run, retries: 1, batch: { size: 10, window: 1, run: batch } };
  };

  it("gets them in one call, each once, whatever comes twice", async () => {
    const [batches, alone]: [string[][], string[]] = [[], []];
    await start(taking(batches, alone));
    const { hand, close } = await handing();
    const all = ["a", "b", "a", "c"].map((id) => [toMessage(eventOf(id)), 1] as const);

    expect(await hand(...all)).toEqual([]);
    expect(await hand(...all, [toMessage(eventOf("d")), 1])).toEqual([]);
    expect([batches, alone]).toEqual([[["a", "b", "c"], ["d"]], []]);
    await close();
  });

  it("has each event done once where one among many is poison, which alone is parked", async () => {
    const [batches, alone]: [string[][], string[]] = [[], []];
    await start(taking(batches, alone, "poison"));
    const requests = ["a", "b", "poison", "c", "d"].map((id) => ({ method: "PUT", path: `${RECORDS}/${id}` }));
    await store.post("/batch", { requests });
    await store.drain();

    const failed = batches.filter((ids) => ids.includes("poison")).flat();
    const done = [...batches.filter((ids) => !ids.includes("poison")).flat(), ...alone.filter((id) => id !== "poison")];
    expect(done.toSorted()).toEqual(["a", "b", "c", "d"]);
    expect(failed).toContain("poison");
    expect(await store.dead("notes-note")).toBe(1);
  });

  it("is not handed what is no event, nor what follows it in its group", async () => {
    const [batches, alone]: [string[][], string[]] = [[], []];
    const { batch, ...others } = taking(batches, alone);
    await start({ ...others, ordered: true, batch: { ...batch, window: 0 } });
    const { hand, postponed, close } = await handing();
    const messages = [
      [toMessage(eventOf("a")), 1, "g"],
      ["{", 1, "g"],
      [toMessage(eventOf("b")), 1, "g"],
      [toMessage(eventOf("c")), 1, "h"],
    ] as const;

    expect(await hand(...messages)).toEqual([1, 2]);
    expect([batches, alone, postponed]).toEqual([[["a", "c"]], [], [1, 1]]);
    expect(await hand([toMessage(eventOf("b")), 2, "g"])).toEqual([]);
    expect(alone).toEqual(["b"]);
    await close();
  });
});
