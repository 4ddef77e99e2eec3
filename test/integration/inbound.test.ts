import { afterEach, describe, expect, it } from "@jest/globals";
import { type ChangeEvent, definePlugin, type InboundMessage, type JsonObject, need } from "@kintoun/kit";
import { startTestStore, type TestStore, type TestStoreOptions } from "@kintoun/testing";
import * as z from "zod";

let store: TestStore;
afterEach(() => store?.close());
const start = async (plugins: TestStoreOptions["plugins"]) => {
  store = await startTestStore({ ...(plugins && { plugins }), retryAfter: () => 0 });
};

/** A plugin that records inbound messages and throws for some of them. */
const recorder = (received: InboundMessage[], fails: (message: InboundMessage) => boolean = () => false) =>
  definePlugin({
    name: "notes",
    about: "Notes what comes in.",
    inbound: {
      instances: {
        about: "Receives events of instances.",
        from: need.events({
          source: ["compute"],
          "detail-type": [{ prefix: "compute.instance." }],
          detail: { state: ["active", "stopped"] },
        }),
        run: (message) => {
          received.push(message);
          if (fails(message)) throw new Error("fails on purpose");
        },
      },
    },
  })();
const TYPE = "compute.instance.update";

describe("event of a bus", () => {
  it("reaches only the inbound parts whose pattern it matches", async () => {
    const received: InboundMessage[] = [];
    await start([recorder(received)]);
    await store.emit({ source: "compute", type: TYPE, detail: { id: "i-1", state: "active" } });
    await store.emit({ source: "network", type: TYPE, detail: { id: "i-2", state: "active" } });
    await store.emit({ source: "compute", type: "compute.volume.update", detail: { id: "i-3", state: "active" } });
    await store.emit({ source: "compute", type: TYPE, detail: { id: "i-4", state: "building" } });
    await store.emit({ source: "compute", type: TYPE, detail: { id: "i-5", state: "active" }, bus: "another" });
    await store.drain();

    expect(received).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        source: "compute",
        type: TYPE,
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        detail: { id: "i-1", state: "active" },
        body: expect.any(String),
      },
    ]);
    expect(JSON.parse(String(received[0]?.body))).toMatchObject({
      version: "0",
      id: received[0]?.id,
      "detail-type": TYPE,
      resources: [],
      detail: { id: "i-1" },
    });
  });

  it("is retried with the same id and then dead-lettered when the part throws, while others continue", async () => {
    const received: InboundMessage[] = [];
    await start([recorder(received, ({ detail }) => (detail as JsonObject).id === "poison")]);
    await store.emit({ source: "compute", type: TYPE, detail: { id: "poison", state: "active" } });
    await store.emit({ source: "compute", type: TYPE, detail: { id: "fine", state: "active" } });
    await store.drain();

    const ids = received.map(({ id, detail }) => [(detail as JsonObject).id, id] as const);
    expect(ids.filter(([name]) => name === "poison")).toHaveLength(5);
    expect(new Set(ids.map(([, id]) => id)).size).toBe(2);
    expect(await store.deadLetterCount("notes-instances")).toBe(1);
  });

  it("has its effect once when its queue delivers it repeatedly", async () => {
    const received: InboundMessage[] = [];
    await start([recorder(received)]);
    await store.emit({ source: "compute", type: TYPE, detail: { id: "i-1", state: "active" } });
    await store.drain();
    await store.send("notes-instances", received[0]?.body);
    await store.drain();

    expect(received).toHaveLength(1);
  });

  it("is dead-lettered when it has no EventBridge envelope", async () => {
    const received: InboundMessage[] = [];
    await start([recorder(received)]);
    for (const odd of [
      "no JSON",
      "[]",
      { id: 1 },
      { id: "i", source: "compute", "detail-type": TYPE, time: "now", detail: "text" },
    ]) {
      await store.send("notes-instances", odd);
    }
    await store.drain();

    expect([received, await store.deadLetterCount("notes-instances")]).toEqual([[], 4]);
  });
});

describe("message of an inbound queue", () => {
  it("is JSON or text and has the id of the SQS message", async () => {
    const received: InboundMessage[] = [];
    const box = definePlugin({
      name: "box",
      about: "Takes letters.",
      inbound: {
        letters: {
          about: "Letters.",
          // They have no effect on a laptop.
          from: need.messages({ from: ["arn:aws:sns:eu-west-1:123456789012:letters", "123456789012"] }),
          run: (letter) => void received.push(letter),
        },
      },
    });
    await start([box()]);
    for (const letter of [{ text: "hello" }, [1, null], "hello, you", '{"__proto__": 1}'])
      await store.send("box-letters", letter);
    await store.drain();

    const details = received.map(({ detail }) => JSON.stringify(detail)).toSorted();
    expect(details).toEqual(['"hello, you"', "[1,null]", '{"__proto__":1}', '{"text":"hello"}']);
    expect(received[0]).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      time: expect.stringMatching(/Z$/),
      detail: expect.anything(),
      body: expect.any(String),
    });
    expect(new Set(received.map(({ id }) => id)).size).toBe(4);
  });

  it("is parsed by its schema, or dead-lettered with the issues", async () => {
    const received: unknown[] = [];
    const counter = definePlugin({
      name: "counter",
      about: "Counts.",
      inbound: {
        counts: {
          about: "Counts.",
          schema: z.object({ count: z.coerce.number().int(), of: z.string() }),
          run: ({ detail }) => void received.push(detail),
        },
      },
    });
    await start([counter()]);
    for (const count of [{ count: "3", of: "sheep", more: 1 }, { count: "many" }, "text"])
      await store.send("counter-counts", count);
    await store.drain();

    expect([received, await store.deadLetterCount("counter-counts")]).toEqual([[{ count: 3, of: "sheep" }], 2]);
    // A retry would fail in the same way.
    expect(
      store.logLines.map((line) => JSON.parse(line)).filter(({ message }) => message === "The listener failed"),
    ).toMatchObject([{ attempt: 1 }, { attempt: 1 }]);
    expect(store.logLines.join()).toMatch(
      /The message does not match the schema: detail\.count: [^;"]+; detail\.of: Required/,
    );
  });

  it("cannot be sent to an unknown part", async () => {
    await start([recorder([])]);

    await expect(store.send("notes-instance", {})).rejects.toThrow(
      "There is no inbound part 'notes-instance'. Did you mean 'notes-instances'?",
    );
  });
});

describe("inbound part", () => {
  const INSTANCES = "/buckets/cloud/collections/instances";

  it("is the cause of its changes and publishes what it returns", async () => {
    const changes: ChangeEvent[] = [];
    const published: unknown[] = [];
    const keeper = definePlugin({
      name: "keeper",
      about: "Keeps instances.",
      needs: () => ({ data: need.data({ write: [INSTANCES] }) }),
      setup: ({ resources }) => resources,
      inbound: {
        instances: {
          about: "Instances.",
          from: () => need.events({ source: ["compute"] }, { bus: "ops" }),
          run: async ({ detail }, { services }) => {
            const { id, ...data } = detail as { id: string };
            await services.data.replace(`${INSTANCES}/records/${id}`, { data });
            return { publish: [{ kept: id }] };
          },
        },
      },
      listeners: { changes: { on: ["record.create"], run: (event) => void changes.push(event) } },
      publishers: {
        send: {
          about: "Notes.",
          from: () => ["keeper-instances"],
          publish: async (items, { listener, event_id }) => void published.push({ items, listener, event_id }),
        },
      },
    });
    await start([keeper()]);
    await store.put("/buckets/cloud");
    await store.put(INSTANCES);
    await store.emit({ source: "compute", type: TYPE, detail: { id: "i-1", state: "active" }, bus: "ops" });
    await store.drain();

    expect((await store.get(`${INSTANCES}/records/i-1`)).body.data).toMatchObject({ state: "active" });
    expect(changes).toMatchObject([{ cause: ["keeper-instances"], user_id: "plugin:keeper", record_id: "i-1" }]);
    expect(published).toEqual([
      { items: [{ kept: "i-1" }], listener: "keeper-instances", event_id: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    ]);
  });
});
