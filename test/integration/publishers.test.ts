import { afterEach, describe, expect, it } from "@jest/globals";
import { definePlugin, type JsonObject, RetryAfterError } from "@kintoun/kit";
import { startTestStore, type TestStore } from "@kintoun/testing";

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
  about: "Publishes items for each record.",
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

const createPublisher = (
  name: string,
  published: [string, readonly JsonObject[]][],
  from?: readonly string[],
  fails: () => boolean = () => false,
) =>
  definePlugin({
    name,
    about: "Publishes items.",
    publishers: {
      send: {
        about: "Records published items.",
        from: () => from,
        publish: async (items) => {
          published.push([name, items]);
          if (fails()) throw new Error("the line is down");
          (items[0] as JsonObject).spoiled = true;
        },
      },
    },
  })();

const start = async (...plugins: ReturnType<typeof createPublisher>[]) => {
  store = await startTestStore({ plugins: [reporter(), ...plugins], retryAfter: () => 0 });
  await store.put("/buckets/b");
  await store.put("/buckets/b/collections/c");
};

describe("items of a listener", () => {
  it("reach every publisher of the listener, each with its own copy", async () => {
    const published: [string, readonly JsonObject[]][] = [];
    await start(
      createPublisher("one", published, ["reporter-news"]),
      createPublisher("two", published, ["reporter-news"]),
      createPublisher("other", published, ["reporter-quiet"]),
    );
    await store.put(`${R}/nothing`);
    await store.drain();

    const spoiled = [{ made: "nothing", spoiled: true }, { by: "news" }];
    expect(published.toSorted()).toEqual([
      ["one", spoiled],
      ["two", spoiled],
    ]);
  });

  it("reach publishers of all listeners, and no publisher when there are none", async () => {
    const published: [string, readonly JsonObject[]][] = [];
    await start(createPublisher("all", published));
    await store.put(`${R}/nothing`);
    await store.drain();
    expect(published.map(([, items]) => items.length)).toEqual([2]);
    await store.put(`${R}/r`);
    await store.drain();
    expect(published.map(([, items]) => items.length).sort()).toEqual([1, 2, 2]);
  });

  it("are retried only with the failed publisher and then dead-lettered", async () => {
    const published: [string, readonly JsonObject[]][] = [];
    let failures = 1;
    await start(
      createPublisher("one", published, ["reporter-news"]),
      createPublisher("two", published, ["reporter-news"], () => failures-- > 0),
      createPublisher("three", published, ["reporter-news"]),
    );
    await store.put(`${R}/r`);
    await store.drain();
    expect(
      published
        .splice(0)
        .map(([name]) => name)
        .toSorted(),
    ).toEqual(["one", "three", "two", "two"]);

    failures = 100;
    await store.put(`${R}/poison`);
    await store.drain();
    expect(published.map(([name]) => name).toSorted()).toEqual(["one", "three", "two", "two", "two", "two", "two"]);
    expect([await store.deadLetterCount("reporter-news"), await store.deadLetterCount("reporter-quiet")]).toEqual([
      1, 0,
    ]);
    expect(store.logLines.join()).toContain("The publisher 'two-send' failed: the line is down");
  });

  it("reach the other publishers while one hangs", async () => {
    const published: string[] = [];
    const brief = definePlugin({
      name: "brief",
      about: "Has little time.",
      listeners: { news: { on: ["record.create"], retries: 0, timeout: 1, run: () => ({ publish: [{}] }) } },
    });
    const telling = (name: string, ends: Promise<void>) =>
      definePlugin({
        name,
        about: "Publishes items.",
        publishers: {
          send: {
            about: "Notes.",
            from: () => ["brief-news"],
            publish: async () => {
              published.push(name);
              await ends;
            },
          },
        },
      })();
    await start(brief() as never, telling("hanging", new Promise(() => {})), telling("fine", Promise.resolve()));
    await store.put(`${R}/r`);
    await store.drain();

    expect(published.toSorted()).toEqual(["fine", "hanging"]);
    expect(await store.deadLetterCount("brief-news")).toBe(1);
  });

  it.each<[string, object[], number, number]>([
    ["are dead-lettered at once after a permanent error", [{ permanent: true }], 1, 1],
    ["are retried when one of several errors is not permanent", [{ permanent: true }, {}], 5, 1],
    [
      "are retried when one publisher throws RetryAfterError",
      [{ permanent: true }, new RetryAfterError(0, "closed")],
      5,
      1,
    ],
  ])("%s", async (_, failures, tries, dead) => {
    let times = 0;
    const failing = failures.map((failure, n) =>
      definePlugin({
        name: `failing-${n}`,
        about: "Fails.",
        publishers: {
          send: {
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

    expect([times, await store.deadLetterCount("reporter-news")]).toEqual([tries, dead]);
  });

  it("reach all publishers again if the listener is idempotent", async () => {
    const published: [string, readonly JsonObject[]][] = [];
    let failures = 1;
    const careless = definePlugin({
      name: "careless",
      about: "Takes it easy.",
      listeners: { news: { on: ["record.create"], idempotent: true, run: () => ({ publish: [{}] }) } },
    });
    await start(
      careless(),
      createPublisher("one", published, ["careless-news"]),
      createPublisher("two", published, ["careless-news"], () => failures-- > 0),
    );
    await store.put(`${R}/r`);
    await store.drain();

    expect(published.map(([name]) => name).toSorted()).toEqual(["one", "one", "two", "two"]);
  });

  it("are filtered by the pattern of the publisher and have their origin", async () => {
    const published: object[] = [];
    const picky = definePlugin({
      name: "picky",
      about: "Takes some.",
      publishers: {
        some: {
          about: "Some.",
          where: () => ({ by: ["news"] }),
          publish: async (items, { listener, event_id, request_id }) =>
            void published.push({ items, listener, event_id, request_id }),
        },
      },
    });
    await start(picky());
    await store.put(`${R}/r`);
    await store.drain();

    const { last_modified } = (await store.get(`${R}/r`)).body.data;
    expect(published).toEqual([
      {
        items: [{ by: "news" }],
        listener: "reporter-news",
        event_id: `${R}/r@${last_modified}`,
        request_id: expect.any(String),
      },
    ]);
  });

  it.each<[string, unknown, string]>([
    ["no list", { item: 1 }, "`publish` must be a list of JSON objects"],
    ["an item that is not an object", ["text"], "publish[0] is not an object"],
    ["a date", [{}, { at: [new Date(0)] }], "publish[1].at[0] is a Date, which is not JSON"],
    ["a number that is none", [{ of: Number.NaN }], "publish[0].of is NaN, which is not JSON"],
    ["something undefined", [{ of: undefined }], "publish[0].of is undefined, which is not JSON"],
    ["what leads back to itself", [circular()], "is nested deeper than 100 levels"],
  ])("are rejected when they are not JSON: %s", async (_, publish, why) => {
    const published: [string, readonly JsonObject[]][] = [];
    const odd = definePlugin({
      name: "odd",
      about: "Is odd.",
      listeners: { odd: { on: ["record.create"], retries: 0, run: () => ({ publish }) as never } },
    });
    await start(createPublisher("all", published, ["odd-odd"]), odd());
    await store.put(`${R}/r`);
    await store.drain();

    expect([published, await store.deadLetterCount("odd-odd")]).toEqual([[], 1]);
    expect(store.logLines.join()).toContain(why);
  });

  it("are empty when a listener returns something else", async () => {
    const published: [string, readonly JsonObject[]][] = [];
    const odd = definePlugin({
      name: "odd",
      about: "Returns what it likes.",
      listeners: {
        none: { on: ["record.create"], run: () => null as never },
        other: { on: ["record.create"], run: () => ({ some: "thing" }) as never },
      },
    });
    await start(createPublisher("all", published, ["odd-none", "odd-other"]), odd());
    await store.put(`${R}/r`);
    await store.drain();
    expect([published, await store.deadLetterCount("odd-none"), await store.deadLetterCount("odd-other")]).toEqual([
      [],
      0,
      0,
    ]);
  });

  it("are ignored without a publisher", async () => {
    await start();
    await store.put(`${R}/r`);
    await store.drain();
    expect(await store.deadLetterCount("reporter-news")).toBe(0);
  });
});
