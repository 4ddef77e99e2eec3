import { afterEach, describe, expect, it } from "@jest/globals";
import { definePlugin, type JsonObject, later } from "@kintoun/kit";
import { type TestStore, testStore } from "@kintoun/testing";

let store: TestStore;
afterEach(() => store?.close());

const circular = (): JsonObject => {
  const item: JsonObject = {};
  item.self = item;
  return item;
};

const R = "/buckets/b/collections/c/records";

const reporter = definePlugin({
  name: "reporter",
  about: "Has something to tell of each record.",
  listeners: {
    news: {
      on: ["record.create"],
      run: ({ record_id }) => ({ publish: [{ made: String(record_id) }, { by: "news" }] }),
    },
    quiet: {
      on: ["record.create"],
      run: ({ record_id }) => (record_id === "nothing" ? { publish: [] } : { publish: [{ quiet: true }] }),
    },
  },
});

const taking = (
  name: string,
  told: [string, readonly JsonObject[]][],
  from?: readonly string[],
  fails: () => boolean = () => false,
) =>
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
  it("goes to every publisher that takes from it, each with its own copy", async () => {
    const told: [string, readonly JsonObject[]][] = [];
    await start(
      taking("one", told, ["reporter-news"]),
      taking("two", told, ["reporter-news"]),
      taking("other", told, ["reporter-quiet"]),
    );
    await store.put(`${R}/nothing`);
    await store.drain();

    const spoiled = [{ made: "nothing", spoiled: true }, { by: "news" }];
    expect(told.toSorted()).toEqual([
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

  it("is told again to the publisher that failed alone, and is parked at last", async () => {
    const told: [string, readonly JsonObject[]][] = [];
    let failures = 1;
    await start(
      taking("one", told, ["reporter-news"]),
      taking("two", told, ["reporter-news"], () => failures-- > 0),
      taking("three", told, ["reporter-news"]),
    );
    await store.put(`${R}/r`);
    await store.drain();
    expect(
      told
        .splice(0)
        .map(([name]) => name)
        .toSorted(),
    ).toEqual(["one", "three", "two", "two"]);

    failures = 100;
    await store.put(`${R}/poison`);
    await store.drain();
    expect(told.map(([name]) => name).toSorted()).toEqual(["one", "three", "two", "two", "two", "two", "two"]);
    expect([await store.dead("reporter-news"), await store.dead("reporter-quiet")]).toEqual([1, 0]);
    expect(store.logged.join()).toContain("The publisher 'two-tell' failed: the line is down");
  });

  it("reaches the others though one never comes to an end", async () => {
    const told: string[] = [];
    const brief = definePlugin({
      name: "brief",
      about: "Has little time.",
      listeners: { news: { on: ["record.create"], retries: 0, timeout: 1, run: () => ({ publish: [{}] }) } },
    });
    const telling = (name: string, ends: Promise<void>) =>
      definePlugin({
        name,
        about: "Tells on.",
        publishers: {
          tell: {
            about: "Notes.",
            from: () => ["brief-news"],
            publish: async () => {
              told.push(name);
              await ends;
            },
          },
        },
      })();
    await start(brief() as never, telling("hanging", new Promise(() => {})), telling("fine", Promise.resolve()));
    await store.put(`${R}/r`);
    await store.drain();

    expect(told.toSorted()).toEqual(["fine", "hanging"]);
    expect(await store.dead("brief-news")).toBe(1);
  });

  it.each<[string, object[], number, number]>([
    ["is parked at once where no other try would help", [{ forGood: true }], 1, 1],
    ["comes again for those whom that may help", [{ forGood: true }, {}], 5, 1],
    ["comes again for the one that wants it later", [{ forGood: true }, later(0, "closed")], 5, 1],
  ])("%s", async (_, failures, tries, dead) => {
    let times = 0;
    const failing = failures.map((failure, n) =>
      definePlugin({
        name: `failing-${n}`,
        about: "Fails.",
        publishers: {
          tell: {
            about: "Fails.",
            from: () => ["reporter-news"],
            publish: async () => {
              if (n === failures.length - 1) times++;
              throw failure instanceof Error ? failure : Object.assign(new Error("no"), failure);
            },
          },
        },
      })(),
    );
    await start(...failing);
    await store.put(`${R}/r`);
    await store.drain();

    expect([times, await store.dead("reporter-news")]).toEqual([tries, dead]);
  });

  it("comes to all again where its listener says that repetitions do no harm", async () => {
    const told: [string, readonly JsonObject[]][] = [];
    let failures = 1;
    const careless = definePlugin({
      name: "careless",
      about: "Takes it easy.",
      listeners: { news: { on: ["record.create"], idempotent: true, run: () => ({ publish: [{}] }) } },
    });
    await start(
      careless(),
      taking("one", told, ["careless-news"]),
      taking("two", told, ["careless-news"], () => failures-- > 0),
    );
    await store.put(`${R}/r`);
    await store.drain();

    expect(told.map(([name]) => name).toSorted()).toEqual(["one", "one", "two", "two"]);
  });

  it("is told as far as it is like what a publisher wants, with what it came of", async () => {
    const told: object[] = [];
    const picky = definePlugin({
      name: "picky",
      about: "Takes some.",
      publishers: {
        some: {
          about: "Some.",
          where: () => ({ by: ["news"] }),
          publish: async (items, { listener, event_id, request_id }) =>
            void told.push({ items, listener, event_id, request_id }),
        },
      },
    });
    await start(picky());
    await store.put(`${R}/r`);
    await store.drain();

    const { last_modified } = (await store.get(`${R}/r`)).body.data;
    expect(told).toEqual([
      {
        items: [{ by: "news" }],
        listener: "reporter-news",
        event_id: `${R}/r@${last_modified}`,
        request_id: expect.any(String),
      },
    ]);
  });

  it.each<[string, unknown, string]>([
    ["no list", { item: 1 }, "What is to be published is no list of items"],
    ["an item that is no object", ["text"], "publish[0] is no object"],
    ["a date", [{}, { at: [new Date(0)] }], "publish[1].at[0] is a Date, which is no JSON"],
    ["a number that is none", [{ of: Number.NaN }], "publish[0].of is NaN, which is no JSON"],
    ["something undefined", [{ of: undefined }], "publish[0].of is undefined, which is no JSON"],
    ["what leads back to itself", [circular()], "is deeper than 100 levels"],
  ])("is refused where it is no JSON: %s", async (_, publish, why) => {
    const told: [string, readonly JsonObject[]][] = [];
    const odd = definePlugin({
      name: "odd",
      about: "Is odd.",
      listeners: { odd: { on: ["record.create"], retries: 0, run: () => ({ publish }) as never } },
    });
    await start(taking("all", told, ["odd-odd"]), odd());
    await store.put(`${R}/r`);
    await store.drain();

    expect([told, await store.dead("odd-odd")]).toEqual([[], 1]);
    expect(store.logged.join()).toContain(why);
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
