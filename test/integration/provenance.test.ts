import { afterEach, describe, expect, it } from "@jest/globals";
import { type ChangeEvent, definePlugin, need } from "@kintoun/kit";
import { startStore, type TestStore } from "../start-store.ts";

let store: TestStore;
afterEach(() => store.close());

const C = "/buckets/b/collections/c";
const RECORDS = `${C}/records`;
const needs = () => ({ data: need.data({ write: ["/buckets/b"] }) });

/** A plugin that records every change of records. */
const createRecorder = (received: ChangeEvent[]) =>
  definePlugin({
    name: "watch",
    about: "Notes changes.",
    listeners: { all: { on: ["record.create", "record.update"], run: (event) => void received.push(event) } },
  });

/** A plugin whose listener increments a record at each change. */
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

const start = async (...plugins: ReturnType<ReturnType<typeof createRecorder>>[]) => {
  store = await startStore({ plugins, retryAfter: () => 0 });
  await store.put("/buckets/b");
  await store.put(C);
};
const causes = (received: readonly ChangeEvent[]) =>
  received.toSorted((a, b) => a.timestamp - b.timestamp).map(({ cause }) => cause?.join(" > "));

describe("change of a plugin", () => {
  it("reaches all listeners but its own, with its cause and request id", async () => {
    const [received, seen]: [ChangeEvent[], number[]] = [[], []];
    await start(counting("count", seen)(), createRecorder(received)());
    await store.put(`${RECORDS}/r`, { data: { n: 1 } });
    await store.drain();

    expect(seen).toEqual([1]);
    expect(causes(received)).toEqual([undefined, "count-count"]);
    const [request] = new Set(received.map(({ request_id }) => request_id));
    expect(received.map(({ request_id }) => request_id)).toEqual([request, request]);
    expect(request).toEqual(expect.any(String));
  });

  it("reaches its own listener with `echo`, up to a chain of eight", async () => {
    const [received, seen]: [ChangeEvent[], number[]] = [[], []];
    await start(counting("count", seen, { echo: true })(), createRecorder(received)());
    await store.put(`${RECORDS}/r`, { data: { n: 1 } });
    await store.drain();

    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(causes(received).at(-1)).toBe(Array(8).fill("count-count").join(" > "));
    expect((await store.get(`${RECORDS}/r`)).body.data.n).toBe(9);
    expect(await store.deadLetterCount("count-count")).toBe(1);
  });

  it("ends a loop of two listeners, which is logged and dead-lettered", async () => {
    const [ping, pong]: [number[], number[]] = [[], []];
    await start(counting("ping", ping)(), counting("pong", pong)());
    await store.put(`${RECORDS}/r`, { data: { n: 1 } });
    await store.drain();

    // Both receive the first change, and then those of the other.
    expect(Math.max(...ping, ...pong)).toBeLessThanOrEqual(17);
    expect((await store.deadLetterCount("ping-count")) + (await store.deadLetterCount("pong-count"))).toBeGreaterThan(
      0,
    );
    const refusals = store.logLines
      .map((line) => JSON.parse(line))
      .filter(({ error }) => error?.name === "CauseChainTooLongError");
    expect(refusals.length).toBeGreaterThan(0);
    expect(refusals[0]).toMatchObject({
      level: "ERROR",
      error: { message: expect.stringMatching(/has 9 plugin parts; .*(ping|pong)-count > (ping|pong)-count/) },
    });
  });

  it("in a hook has the cause of its request, which a user's change has none of", async () => {
    const received: ChangeEvent[] = [];
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
    await start(hook(), createRecorder(received)());
    await store.put(`${RECORDS}/r`);
    await store.drain();

    expect(received.map(({ record_id }) => record_id).toSorted()).toEqual(["added", "r"]);
    expect(causes(received)).toEqual([undefined, undefined]);
    expect(new Set(received.map(({ request_id }) => request_id)).size).toBe(1);
  });

  it("in a batch has the request id of the batch", async () => {
    const received: ChangeEvent[] = [];
    await start(createRecorder(received)());
    await store.post("/batch", { requests: ["a", "b"].map((id) => ({ method: "PUT", path: `${RECORDS}/${id}` })) });
    await store.put(`${RECORDS}/c`);
    await store.drain();

    const of = (id: string) => received.find(({ record_id }) => record_id === id)?.request_id;
    expect(of("a")).toEqual(expect.any(String));
    expect(of("b")).toBe(of("a"));
    expect(of("c")).not.toBe(of("a"));
  });

  it("in a job has the job queue as its cause and the id of the request", async () => {
    const received: ChangeEvent[] = [];
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
    await start(painter(), createRecorder(received)());
    expect((await store.post(`${C}/actions/paint`)).status).toBe(202);
    await store.drain();

    expect(received).toMatchObject([
      { record_id: "painting", cause: ["painter-jobs"], request_id: expect.any(String) },
    ]);
  });
});
