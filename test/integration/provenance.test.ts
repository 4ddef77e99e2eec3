import { afterEach, describe, expect, it } from "@jest/globals";
import { type ChangeEvent, definePlugin, need } from "@kintoun/kit";
import { startStore, type TestStore } from "../start-store.ts";

let store: TestStore;
afterEach(() => store.close());

const C = "/buckets/b/collections/c";
const RECORDS = `${C}/records`;
const needs = () => ({ data: need.data({ write: ["/buckets/b"] }) });

/** A plugin that notes every change of records, whoever made it. */
const watching = (heard: ChangeEvent[]) =>
  definePlugin({
    name: "watch",
    about: "Notes changes.",
    listeners: { all: { on: ["record.create", "record.update"], run: (event) => void heard.push(event) } },
  });

/** A plugin whose listener counts a record up each time it changes. */
const counting = (name: string, seen: number[], more: { echo?: boolean } = {}) =>
  definePlugin({
    name,
    about: "Counts a record up.",
    needs,
    setup: ({ resources }) => resources,
    listeners: {
      count: {
        on: ["record.create", "record.update"],
        retries: 0,
        ...more,
        run: async ({ uri, new: { n } }, { services: { data } }) => {
          seen.push(Number(n));
          if (Number(n) < 20) await data.update(uri, { data: { n: Number(n) + 1 } });
        },
      },
    },
  });

const start = async (...plugins: ReturnType<ReturnType<typeof watching>>[]) => {
  store = await startStore({ plugins, retryAfter: () => 0 });
  await store.put("/buckets/b");
  await store.put(C);
};
const causes = (heard: readonly ChangeEvent[]) =>
  heard.toSorted((a, b) => a.timestamp - b.timestamp).map(({ cause }) => cause?.join(" > "));

describe("what a plugin changes", () => {
  it("is not heard by the listener that changed it, and is by all others, with its cause and the request it came of", async () => {
    const [heard, seen]: [ChangeEvent[], number[]] = [[], []];
    await start(counting("count", seen)(), watching(heard)());
    await store.put(`${RECORDS}/r`, { data: { n: 1 } });
    await store.drain();

    expect(seen).toEqual([1]);
    expect(causes(heard)).toEqual([undefined, "count-count"]);
    const [request] = new Set(heard.map(({ request_id }) => request_id));
    expect(heard.map(({ request_id }) => request_id)).toEqual([request, request]);
    expect(request).toEqual(expect.any(String));
  });

  it("is heard by the listener that changed it where it asks for that, eight deep", async () => {
    const [heard, seen]: [ChangeEvent[], number[]] = [[], []];
    await start(counting("count", seen, { echo: true })(), watching(heard)());
    await store.put(`${RECORDS}/r`, { data: { n: 1 } });
    await store.drain();

    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(causes(heard).at(-1)).toBe(Array(8).fill("count-count").join(" > "));
    expect((await store.get(`${RECORDS}/r`)).body.data.n).toBe(9);
    expect(await store.dead("count-count")).toBe(1);
  });

  it("ends where two listeners would go on with each other's changes, which is logged and parked", async () => {
    const [ping, pong]: [number[], number[]] = [[], []];
    await start(counting("ping", ping)(), counting("pong", pong)());
    await store.put(`${RECORDS}/r`, { data: { n: 1 } });
    await store.drain();

    // Both hear the first change, and each the other's from there on.
    expect(Math.max(...ping, ...pong)).toBeLessThanOrEqual(17);
    expect((await store.dead("ping-count")) + (await store.dead("pong-count"))).toBeGreaterThan(0);
    const refusals = store.logged.map((line) => JSON.parse(line)).filter(({ error }) => error?.name === "EndlessChain");
    expect(refusals.length).toBeGreaterThan(0);
    expect(refusals[0]).toMatchObject({
      level: "ERROR",
      error: { message: expect.stringMatching(/9 parts of plugins .*(ping|pong)-count > (ping|pong)-count/) },
    });
  });

  it("within a request has that request's cause: a user's change has none, whichever hook makes it", async () => {
    const heard: ChangeEvent[] = [];
    const hook = definePlugin({
      name: "hook",
      about: "Adds a record.",
      needs,
      setup: ({ resources }) => resources,
      hooks: {
        before: {
          add: {
            on: ["record.create"],
            run: async ({ record_id }, { data }) => {
              if (record_id === "r") await data.create(RECORDS, { data: { id: "added" } });
            },
          },
        },
      },
    });
    await start(hook(), watching(heard)());
    await store.put(`${RECORDS}/r`);
    await store.drain();

    expect(heard.map(({ record_id }) => record_id).toSorted()).toEqual(["added", "r"]);
    expect(causes(heard)).toEqual([undefined, undefined]);
    expect(new Set(heard.map(({ request_id }) => request_id)).size).toBe(1);
  });

  it("in a batch tells the batch's request, and in another request another one", async () => {
    const heard: ChangeEvent[] = [];
    await start(watching(heard)());
    await store.post("/batch", { requests: ["a", "b"].map((id) => ({ method: "PUT", path: `${RECORDS}/${id}` })) });
    await store.put(`${RECORDS}/c`);
    await store.drain();

    const of = (id: string) => heard.find(({ record_id }) => record_id === id)?.request_id;
    expect(of("a")).toEqual(expect.any(String));
    expect(of("b")).toBe(of("a"));
    expect(of("c")).not.toBe(of("a"));
  });

  it("in a job has the plugin's jobs for its cause, and the request that asked for it", async () => {
    const heard: ChangeEvent[] = [];
    const painter = definePlugin({
      name: "painter",
      about: "Paints.",
      needs,
      setup: ({ resources }) => resources,
      actions: {
        paint: {
          about: "Adds a painting.",
          on: ["collection"],
          run: async (_, { services: { data } }) => void (await data.create(RECORDS, { data: { id: "painting" } })),
        },
      },
    });
    await start(painter(), watching(heard)());
    expect((await store.post(`${C}/actions/paint`)).status).toBe(202);
    await store.drain();

    expect(heard).toMatchObject([{ record_id: "painting", cause: ["painter-jobs"], request_id: expect.any(String) }]);
  });
});
