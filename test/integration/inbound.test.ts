import { afterEach, describe, expect, it } from "@jest/globals";
import { type ChangeEvent, definePlugin, type InboundMessage, type JsonObject, need } from "@kintoun/kit";
import { type TestStore, type TestStoreOptions, testStore } from "@kintoun/testing";
import * as z from "zod";

let store: TestStore;
afterEach(() => store?.close());
const start = async (plugins: TestStoreOptions["plugins"]) => {
  store = await testStore({ ...(plugins && { plugins }), retryAfter: () => 0 });
};

/** A plugin that notes what comes in, and throws where it is told to. */
const noting = (heard: InboundMessage[], fails: (message: InboundMessage) => boolean = () => false) =>
  definePlugin({
    name: "notes",
    about: "Notes what comes in.",
    inbound: {
      instances: {
        about: "Hears of instances.",
        from: need.events({
          source: ["compute"],
          "detail-type": [{ prefix: "compute.instance." }],
          detail: { state: ["active", "stopped"] },
        }),
        run: (message) => {
          heard.push(message);
          if (fails(message)) throw new Error("told to fail");
        },
      },
    },
  })();
const TYPE = "compute.instance.update";

describe("an event of a bus", () => {
  it("comes to the inbound parts whose pattern it is like, and to no others", async () => {
    const heard: InboundMessage[] = [];
    await start([noting(heard)]);
    await store.emit({ source: "compute", type: TYPE, detail: { id: "i-1", state: "active" } });
    await store.emit({ source: "network", type: TYPE, detail: { id: "i-2", state: "active" } });
    await store.emit({ source: "compute", type: "compute.volume.update", detail: { id: "i-3", state: "active" } });
    await store.emit({ source: "compute", type: TYPE, detail: { id: "i-4", state: "building" } });
    await store.emit({ source: "compute", type: TYPE, detail: { id: "i-5", state: "active" }, bus: "another" });
    await store.drain();

    expect(heard).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        source: "compute",
        type: TYPE,
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        detail: { id: "i-1", state: "active" },
        body: expect.any(String),
      },
    ]);
    expect(JSON.parse(String(heard[0]?.body))).toMatchObject({
      version: "0",
      id: heard[0]?.id,
      "detail-type": TYPE,
      resources: [],
      detail: { id: "i-1" },
    });
  });

  it("is tried again when the part throws, with the same id, and is parked at last, while others go on", async () => {
    const heard: InboundMessage[] = [];
    await start([noting(heard, ({ detail }) => (detail as JsonObject).id === "poison")]);
    await store.emit({ source: "compute", type: TYPE, detail: { id: "poison", state: "active" } });
    await store.emit({ source: "compute", type: TYPE, detail: { id: "fine", state: "active" } });
    await store.drain();

    const ids = heard.map(({ id, detail }) => [(detail as JsonObject).id, id] as const);
    expect(ids.filter(([name]) => name === "poison")).toHaveLength(5);
    expect(new Set(ids.map(([, id]) => id)).size).toBe(2);
    expect(await store.dead("notes-instances")).toBe(1);
  });

  it("is in effect once, however often its queue brings it", async () => {
    const heard: InboundMessage[] = [];
    await start([noting(heard)]);
    await store.emit({ source: "compute", type: TYPE, detail: { id: "i-1", state: "active" } });
    await store.drain();
    await store.send("notes-instances", heard[0]?.body);
    await store.drain();

    expect(heard).toHaveLength(1);
  });

  it("is no event unless it is wrapped as one", async () => {
    const heard: InboundMessage[] = [];
    await start([noting(heard)]);
    for (const odd of [
      "no JSON",
      "[]",
      { id: 1 },
      { id: "i", source: "compute", "detail-type": TYPE, time: "now", detail: "text" },
    ]) {
      await store.send("notes-instances", odd);
    }
    await store.drain();

    expect([heard, await store.dead("notes-instances")]).toEqual([[], 4]);
  });
});

describe("what comes in on a queue alone", () => {
  it("is JSON, or a text, and known by the message's id", async () => {
    const heard: InboundMessage[] = [];
    const box = definePlugin({
      name: "box",
      about: "Takes letters.",
      inbound: { letters: { about: "Letters.", run: (letter) => void heard.push(letter) } },
    });
    await start([box()]);
    for (const letter of [{ text: "hello" }, [1, null], "hello, you", '{"__proto__": 1}'])
      await store.send("box-letters", letter);
    await store.drain();

    const details = heard.map(({ detail }) => JSON.stringify(detail)).toSorted();
    expect(details).toEqual(['"hello, you"', "[1,null]", '{"__proto__":1}', '{"text":"hello"}']);
    expect(heard[0]).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      time: expect.stringMatching(/Z$/),
      detail: expect.anything(),
      body: expect.any(String),
    });
    expect(new Set(heard.map(({ id }) => id)).size).toBe(4);
  });

  it("is what its schema makes of it, or parked with what is wrong", async () => {
    const heard: unknown[] = [];
    const counter = definePlugin({
      name: "counter",
      about: "Counts.",
      inbound: {
        counts: {
          about: "Counts.",
          schema: z.object({ count: z.coerce.number().int(), of: z.string() }),
          run: ({ detail }) => void heard.push(detail),
        },
      },
    });
    await start([counter()]);
    for (const count of [{ count: "3", of: "sheep", more: 1 }, { count: "many" }, "text"])
      await store.send("counter-counts", count);
    await store.drain();

    expect([heard, await store.dead("counter-counts")]).toEqual([[{ count: 3, of: "sheep" }], 2]);
    // Another try would find the same.
    expect(
      store.logged.map((line) => JSON.parse(line)).filter(({ message }) => message === "The listener failed"),
    ).toMatchObject([{ attempt: 1 }, { attempt: 1 }]);
    expect(store.logged.join()).toMatch(
      /What came in is not as the schema says: detail\.count: [^;"]+; detail\.of: Required/,
    );
  });

  it("can't be sent to a part that there is not", async () => {
    await start([noting([])]);

    await expect(store.send("notes-instance", {})).rejects.toThrow(
      "No plugin has the inbound part 'notes-instance'. Did you mean 'notes-instances'?",
    );
  });
});

describe("what a part does with what comes in", () => {
  const INSTANCES = "/buckets/cloud/collections/instances";

  it("is told by its events as its own, and publishes what it returns", async () => {
    const changes: ChangeEvent[] = [];
    const told: unknown[] = [];
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
        tell: {
          about: "Notes.",
          from: () => ["keeper-instances"],
          publish: async (items, { listener, event_id }) => void told.push({ items, listener, event_id }),
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
    expect(told).toEqual([
      { items: [{ kept: "i-1" }], listener: "keeper-instances", event_id: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    ]);
  });
});
