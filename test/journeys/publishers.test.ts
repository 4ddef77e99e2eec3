import { afterEach, describe, expect, it } from "@jest/globals";
import { definePlugin, type JsonObject } from "@kintoun/kit";
import { type TestStore, testStore } from "@kintoun/kit/testing";

let store: TestStore;
afterEach(() => store?.close());

const R = "/buckets/b/collections/c/records";

const reporter = definePlugin({
  name: "reporter",
  about: "Has something to tell of each record.",
  listeners: {
    news: { on: ["record.create"], run: ({ record_id }) => ({ publish: [{ made: String(record_id) }, { by: "news" }] }) },
    quiet: { on: ["record.create"], run: ({ record_id }) => (record_id === "nothing" ? { publish: [] } : { publish: [{ quiet: true }] }) },
  },
});

const taking = (name: string, told: [string, readonly JsonObject[]][], from?: readonly string[], fails: () => boolean = () => false) =>
  definePlugin({
    name,
    about: "Tells on.",
    publishers: {
      tell: {
        about: "Notes what it is to tell on.",
        from: () => from,
        publish: async (items) => {
          told.push([name, items]);
          if (fails()) throw new Error("the line is down");
          (items[0] as JsonObject).spoiled = true;
        },
      },
    },
  })();

const start = async (...plugins: ReturnType<typeof taking>[]) => {
  store = await testStore({ plugins: [reporter(), ...plugins], retryAfter: () => 0 });
  await store.put("/buckets/b");
  await store.put("/buckets/b/collections/c");
};

describe("what a listener has to publish", () => {
  it("goes to every publisher that takes from it, in the config's order, each with its own copy", async () => {
    const told: [string, readonly JsonObject[]][] = [];
    await start(taking("one", told, ["reporter-news"]), taking("two", told, ["reporter-news"]), taking("other", told, ["reporter-else"]));
    await store.put(`${R}/r`);
    await store.drain();

    const spoiled = [{ made: "r", spoiled: true }, { by: "news" }];
    expect(told).toEqual([
      ["one", spoiled],
      ["two", spoiled],
    ]);
  });

  it("goes to those who take all, from each listener; nothing is not told", async () => {
    const told: [string, readonly JsonObject[]][] = [];
    await start(taking("all", told));
    await store.put(`${R}/nothing`);
    await store.drain();
    expect(told.map(([, items]) => items.length)).toEqual([2]);
    await store.put(`${R}/r`);
    await store.drain();
    expect(told.map(([, items]) => items.length).sort()).toEqual([1, 2, 2]);
  });

  it("is told again when a publisher fails, to all, and is parked at last", async () => {
    const told: [string, readonly JsonObject[]][] = [];
    let failures = 1;
    await start(
      taking("one", told, ["reporter-news"]),
      taking("two", told, ["reporter-news"], () => failures-- > 0),
    );
    await store.put(`${R}/r`);
    await store.drain();
    expect(told.map(([name]) => name)).toEqual(["one", "two", "one", "two"]);

    failures = 100;
    await store.put(`${R}/poison`);
    await store.drain();
    expect([await store.dead("reporter-news"), await store.dead("reporter-quiet")]).toEqual([1, 0]);
  });

  it("is nothing where a listener returns something else", async () => {
    const told: [string, readonly JsonObject[]][] = [];
    const odd = definePlugin({
      name: "odd",
      about: "Returns what it likes.",
      listeners: {
        none: { on: ["record.create"], run: () => null as never },
        other: { on: ["record.create"], run: () => ({ some: "thing" }) as never },
      },
    });
    await start(taking("all", told, ["odd-none", "odd-other"]), odd());
    await store.put(`${R}/r`);
    await store.drain();
    expect([told, await store.dead("odd-none"), await store.dead("odd-other")]).toEqual([[], 0, 0]);
  });

  it("goes nowhere where nobody takes it", async () => {
    await start();
    await store.put(`${R}/r`);
    await store.drain();
    expect(await store.dead("reporter-news")).toBe(0);
  });
});
