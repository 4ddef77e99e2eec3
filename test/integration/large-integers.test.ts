import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import {
  type Data,
  definePlugin,
  type Json,
  type JsonObject,
  jsonResponse,
  need,
  PermanentError,
  type State,
} from "@kintoun/kit";
import * as z from "zod";
import { findListener } from "../../cli/commands/events/replay.ts";
import { sendReplay } from "../../operations/replay.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { email } from "../../plugins/email/index.ts";
import { search } from "../../plugins/search/index.ts";
import { webhooks } from "../../plugins/webhooks/index.ts";
import { startStore, type TestStore } from "../start-store.ts";
import { waitUntil } from "../wait-until.ts";

const C = "/buckets/b/collections/c";
const R = `${C}/records`;
const N = 9_007_199_254_740_993n;
const NEXT = N + 1n;
const HUGE = -12_345_678_901_234_567_890_123_456_789_012_345_678n;

/** What the plugin below got, by the part that got it. */
const received = new Map<string, Json[]>();
const receive = (part: string, value: Json) => void received.set(part, [...(received.get(part) ?? []), value]);
const number = z.union([z.number(), z.bigint()]);

const counter = definePlugin({
  name: "counter",
  about: "Counts with large integers.",
  needs: () => ({
    data: need.data({ write: [C] }),
    state: need.state(),
    steps: need.queue("steps"),
  }),
  setup: ({ resources }) => resources,
  actions: {
    count: {
      about: "Adds one.",
      on: ["server"],
      principals: () => ["system.Everyone"],
      params: z.object({ n: number }),
      run: async ({ params: { n }, job }) => {
        await job.note({ noted: n });
        return { next: BigInt(n) + 1n };
      },
    },
  },
  hooks: {
    read: {
      hide: {
        on: ["record.read"],
        buckets: () => ["guarded"],
        run: ({ data: { secret: _, ...shown } }) => shown,
      },
    },
  },
  inbound: {
    messages: { about: "Receives messages.", run: ({ detail }) => receive("message", detail) },
    steps: { about: "Receives from the plugin itself.", run: ({ detail }) => receive("step", detail) },
    events: {
      about: "Receives events of a bus.",
      from: need.events({ source: ["meter"], detail: { n: [{ numeric: [">", 5] }] } }),
      run: ({ detail }) => receive("event", detail),
    },
  },
  listeners: {
    above: {
      on: ["record.create"],
      collections: () => ["c"],
      where: () => ({ new: { n: [{ numeric: [">", 2 ** 53] }] } }),
      run: (event) => {
        receive("listener", event.new.n ?? null);
        if (event.new.fails === true) throw new PermanentError("fails on purpose");
        return { publish: [{ n: event.new.n ?? null }] };
      },
    },
  },
  publishers: {
    send: {
      about: "Publishes.",
      from: () => ["counter-above"],
      publish: async (items) => {
        for (const item of items) receive("publisher", item);
      },
    },
  },
  routes: {
    "GET /numbers": {
      about: "Returns a number of the query.",
      input: z.object({ query: z.object({ n: number }) }),
      run: ({ input: { query } }) => jsonResponse({ n: query.n, is: typeof query.n }),
    },
    "POST /numbers": {
      about: "Returns a number of the body.",
      input: z.object({ body: z.object({ n: z.bigint() }) }),
      run: ({ input: { body } }) => jsonResponse({ n: body.n + 1n }),
    },
  },
});

describe("a large integer", () => {
  let store: TestStore;
  beforeAll(async () => {
    store = await startStore({
      plugins: [
        basicauth(),
        counter(),
        search(),
        webhooks({ private: true }),
        email({
          from: "desk@example.org",
          hooks: [
            { recipients: ["ada@example.org"], collections: ["mailed"], subject: "Serial {new.n}", text: "{new}" },
          ],
        }),
      ],
      retryAfter: () => 0,
    });
    await store.put("/buckets/b");
    await store.put(C);
  });
  afterAll(() => store?.close());
  beforeEach(() => received.clear());

  it.each(["/buckets/large", "/buckets/b/groups/g", "/buckets/b/collections/large", `${R}/large`])(
    "is kept in %s, which can have it in any field",
    async (path) => {
      const data = { n: N, inner: { list: [HUGE, 1] } };
      expect((await store.put(path, { data })).body.data).toMatchObject(data);
      expect((await store.get(`${path}?_fields=n,inner.list`)).body.data).toMatchObject(data);
    },
  );

  it("is selected, filtered and sorted in a list with shared records", async () => {
    await store.put("/buckets/b/collections/shared");
    const bob = await store.userId("bob");
    const list = "/buckets/b/collections/shared/records";
    for (const [id, n] of Object.entries({ a: N, b: HUGE, c: NEXT, d: 5, hidden: N }))
      await store.put(`${list}/${id}`, {
        data: { n, more: true },
        ...(id !== "hidden" && { permissions: { read: [bob] } }),
      });
    const find = async (query: string): Promise<Json> =>
      (await store.get(`${list}?${query}`, { as: "bob" })).body.data.map(({ n }: JsonObject) => n);

    expect(await find("_sort=n&_fields=n")).toEqual([HUGE, 5, N, NEXT]);
    expect(await find(`n=${N}`)).toEqual([N]);
    expect(await find(`min_n=${NEXT}&_sort=n`)).toEqual([NEXT]);
    expect(await find(`like_n=*254740993`)).toEqual([N]);
    expect(await find(`in_n=${HUGE},5&_sort=-n`)).toEqual([5, HUGE]);
  });

  it("is shown and kept where a read hook hides other fields", async () => {
    await store.put("/buckets/guarded");
    await store.put("/buckets/guarded/collections/c");
    const path = "/buckets/guarded/collections/c/records/r";
    await store.put(path, { data: { n: N, secret: HUGE } });

    expect((await store.get(path)).body.data).toEqual({ id: "r", n: N, last_modified: expect.any(Number) });
    expect((await store.get(path.slice(0, -2))).body.data[0].n).toBe(N);
    const patched = await store.patch(path, '[{"op":"copy","from":"/data/n","path":"/data/m"}]', {
      headers: { "content-type": "application/json-patch+json" },
    });
    expect(patched.body.data).toMatchObject({ n: N, m: N });
  });

  it("is found and returned by searches", async () => {
    await store.put("/buckets/b/collections/found");
    for (const [id, n] of Object.entries({ a: N, b: NEXT, c: HUGE, d: 7 }))
      await store.put(`/buckets/b/collections/found/records/${id}`, { data: { n } });
    await store.drain();
    const find = async (body: JsonObject) => (await store.post("/buckets/b/collections/found/search", body)).body;
    const listHits = async (body: JsonObject) =>
      (await find(body)).hits.hits.map((hit: { _source: JsonObject; sort?: Json }) => [hit._source.n, hit.sort]);

    expect(await listHits({ query: { term: { n: N } } })).toEqual([[N, undefined]]);
    expect(await listHits({ query: { range: { n: { gt: N } } } })).toEqual([[NEXT, undefined]]);
    expect(await listHits({ sort: ["n"] })).toEqual([
      [HUGE, [HUGE]],
      [7, [7]],
      [N, [N]],
      [NEXT, [NEXT]],
    ]);
    const { aggregations } = await find({ size: 0, aggs: { numbers: { terms: { field: "n" } } } });
    expect(aggregations.numbers.buckets.map(({ key }: { key: Json }) => key)).toEqual(
      expect.arrayContaining([HUGE, 7, N, NEXT]),
    );
  });

  it("is in the bodies of webhooks", async () => {
    const sink = await store.webhookSink();
    await store.put("/buckets/b/collections/hooked", {
      data: { webhooks: [{ id: "h", url: sink.url, on: ["create"] }] },
    });
    await store.put("/buckets/b/collections/hooked/records/r", { data: { n: N, huge: HUGE } });
    await waitUntil("the webhook is called", () => sink.requests.length > 0);

    expect(sink.requests[0]?.text).toContain(`"n":${N}`);
    expect(sink.requests[0]?.text).toContain(`"huge":${HUGE}`);
  });

  it("is in mails", async () => {
    await store.put("/buckets/b/collections/mailed");
    await store.put("/buckets/b/collections/mailed/records/r", { data: { n: N, list: [HUGE] } });
    await store.drain();

    const raw = store.mails.map((mail) => JSON.stringify(mail)).join();
    expect(raw).toContain(`Serial ${N}`);
    expect(raw.replaceAll("=\\r\\n", "")).toContain(String(HUGE));
  });

  it("reaches listeners whose filter it matches, publishers, dead letters and replays", async () => {
    await store.put(`${R}/above`, { data: { n: N, fails: true } });
    await store.put(`${R}/below`, { data: { n: HUGE } });
    await store.drain();
    expect(received.get("listener")).toEqual([N]);
    const [letter] = await store.deadLetters("counter-above");
    expect(letter?.message).toMatchObject({ impacted_records: [{ new: { n: N } }] });

    received.clear();
    await store.put(`${R}/above`, { data: { n: NEXT } });
    await sendReplay(
      {
        appOptions: store.cloud.options,
        listener: findListener(store.cloud.options.config, "counter-above"),
        prefix: `${R}/above`,
        run: "r1",
        from: [],
        signal: new AbortController().signal,
      },
      100,
    );
    await store.drain();
    expect(received.get("listener")).toEqual([NEXT]);
    expect(received.get("publisher")).toMatchObject([{ n: NEXT }]);
  });

  it("is kept by the services of plugins", async () => {
    const { data, state, steps } = (await store.getServices("counter", "above")) as {
      data: Data;
      state: State;
      steps: { send(messages: readonly { detail: Json }[]): Promise<void> };
    };
    expect((await data.create(`${R}`, { data: { id: "made", n: N } })).data.n).toBe(N);
    expect((await data.update(`${R}/made`, { data: { m: HUGE } })).data).toMatchObject({ n: N, m: HUGE });
    expect((await data.replace(`${R}/made`, { data: { n: NEXT } })).data.n).toBe(NEXT);
    expect((await data.get(`${R}/made`))?.data.n).toBe(NEXT);
    const found: Json[] = [];
    for await (const { n } of data.list(R, { n: String(NEXT), id: "made" })) found.push(n ?? null);
    expect(found).toEqual([NEXT]);

    await state.put("numbers", "n", { n: N });
    expect(await state.get("numbers", "n")).toEqual({ n: N });
    expect(await state.change("numbers", "n", (value) => ({ n: BigInt((value as { n: bigint }).n) + 1n }))).toEqual({
      n: NEXT,
    });

    await steps.send([{ detail: { n: HUGE } }]);
    await store.drain();
    expect(received.get("step")).toEqual([{ n: HUGE }]);
  });

  it("is kept in parameters, entries and result of a job", async () => {
    const { body } = await store.post("/actions/count", { n: N });
    await store.drain();

    expect((await store.get(`/jobs/${body.job_id}`)).body).toMatchObject({
      status: "succeeded",
      params: { n: N },
      entries: [{ noted: N }],
      result: { next: NEXT },
    });
  });

  it("is kept in inbound messages and events, however the sender writes it", async () => {
    await store.send("counter-messages", { n: N });
    await store.send("counter-messages", '{ "n": 1E+22, "m": [ 9007199254740993.0 ] }');
    await store.emit({ source: "meter", type: "read", detail: { n: N } });
    await store.emit({ source: "meter", type: "read", detail: { n: HUGE } });
    await store.drain();

    expect(received.get("message")).toEqual(expect.arrayContaining([{ n: N }, { n: 10n ** 22n, m: [N] }]));
    expect(received.get("event")).toEqual([{ n: N }]);
  });

  it("is kept in requests and responses of routes", async () => {
    expect((await store.get(`/numbers?n=${N}`)).body).toEqual({ n: N, is: "bigint" });
    expect((await store.get(`/numbers?n=${HUGE}`)).body).toEqual({ n: HUGE, is: "bigint" });
    expect((await store.get("/numbers?n=5")).body).toEqual({ n: 5, is: "number" });
    expect((await store.post("/numbers", { n: N })).body).toEqual({ n: NEXT });
  });
});
