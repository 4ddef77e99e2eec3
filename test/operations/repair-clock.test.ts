import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type ChangeEvent, definePlugin } from "@kintoun/kit";
import { openClockRepair } from "../../operations/repair-clock.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { search } from "../../plugins/search/index.ts";
import { startStore, type TestStore } from "../start-store.ts";

const DAY_MS = 24 * 3600 * 1000;
const COLLECTION = "/buckets/b/collections/c";
const RECORDS = `${COLLECTION}/records`;

const events: ChangeEvent[] = [];
const recorder = definePlugin({
  name: "recorder",
  about: "Records events.",
  listeners: {
    note: { on: ["record.create", "record.update", "record.delete"], run: (event) => void events.push(event) },
  },
});

let store: TestStore;
let now: number;
beforeAll(async () => {
  store = await startStore({ plugins: [basicauth(), search(), recorder()] });
  now = Date.now();
  store.clock.set(now);
  await store.put("/buckets/b");
  await store.put(COLLECTION);
  await store.put(`${RECORDS}/before`, { data: { title: "Before" } });
  store.clock.advance(400 * DAY_MS);
  for (let n = 0; n < 30; n++) await store.put(`${RECORDS}/ahead${n}`, { data: { title: `Ahead ${n}` } });
  await store.put(`${RECORDS}/gone`, { data: {} });
  await store.delete(`${RECORDS}/gone`);
  await store.put(`${RECORDS}/imported`, { data: { title: "Imported", last_modified: 1000 } });
  store.clock.set(now + 5000);
  await store.drain();
});
afterAll(() => store.close());

const open = (uri: string, signal = new AbortController().signal) =>
  openClockRepair({ appOptions: store.options, uri, signal });
const timestamp = async (list: string) =>
  Number((await store.request(list, { method: "HEAD" })).headers.get("etag")?.slice(1, -1));
const titles = async (word: string): Promise<string[]> => {
  const { body } = await store.post(`${COLLECTION}/search`, { query: { match: { title: word } }, size: 100 });
  return body.hits.hits.map(({ _source }: { _source: { title: string } }) => _source.title);
};

describe("the repair of a list that is ahead of the clock", () => {
  it("reports first how much would change", async () => {
    const clock = open(RECORDS);
    const report = await clock.inspect();
    await clock.close();
    expect(report).toMatchObject({ isAhead: true, entries: 31, now: now + 5000 });
    expect(report.timestamp).toBeGreaterThan(now + 399 * DAY_MS);
    expect(await timestamp(RECORDS)).toBe(report.timestamp);
  });

  it("can be stopped and continued", async () => {
    const stopped = new AbortController();
    const clock = openClockRepair({
      appOptions: store.options,
      uri: RECORDS,
      signal: stopped.signal,
      progress: () => stopped.abort(),
    });
    expect(await clock.repair()).toEqual({ changed: 20, isRepaired: false });
    await clock.close();
    expect(await timestamp(RECORDS)).toBeGreaterThan(now + 399 * DAY_MS);
  });

  it("gives the list and its entries present timestamps", async () => {
    const order = (await store.get(`${RECORDS}?_since=0`)).body.data.map(({ id }: { id: string }) => id);
    const clock = open(RECORDS);
    expect(await clock.repair()).toEqual({ changed: 11, isRepaired: true });
    expect(await clock.inspect()).toMatchObject({ isAhead: false, entries: 0 });
    await clock.close();

    const { body, headers } = await store.get(`${RECORDS}?_since=0`);
    const times = body.data.map(({ last_modified }: { last_modified: number }) => last_modified);
    expect(Math.max(...times)).toBeLessThan(now + DAY_MS);
    expect(Number(headers.get("etag")?.slice(1, -1))).toBeGreaterThanOrEqual(Math.max(...times));
    expect(body.data.map(({ id }: { id: string }) => id).toSorted()).toEqual(order.toSorted());
    expect(body.data.find(({ id }: { id: string }) => id === "gone")).toMatchObject({ deleted: true });
    expect(body.data.find(({ id }: { id: string }) => id === "imported").last_modified).toBe(1000);
    const total = (await store.request(RECORDS, { method: "HEAD" })).headers.get("total-objects");
    expect(total).toBe("32");
  });

  it("leaves a list that works, also in a process that knew the old timestamp", async () => {
    const before = await timestamp(RECORDS);
    store.clock.advance(60_000);
    const changed = await store.put(`${RECORDS}/ahead0`, { data: { title: "Changed" } });
    expect(changed.body.data.last_modified).toBe(now + 65_000);
    expect(await timestamp(RECORDS)).toBe(now + 65_000);
    expect((await store.get(`${RECORDS}?_since=${before}`)).body.data).toMatchObject([{ id: "ahead0" }]);
    expect((await store.get(`${RECORDS}?_since=${now + 399 * DAY_MS}`)).status).toBe(400);
    expect((await store.put(`${RECORDS}/gone`, { data: { title: "Back" } })).status).toBe(201);
    expect((await store.delete(`${RECORDS}/imported`)).status).toBe(200);
  });

  it("is followed by listeners and by the search index", async () => {
    await store.drain();
    events.length = 0;
    await store.put(`${RECORDS}/ahead1`, { data: { title: "Changed again" } });
    await store.drain();
    expect(events).toMatchObject([{ action: "update", record_id: "ahead1", new: { title: "Changed again" } }]);
    expect((await titles("changed")).toSorted()).toEqual(["Changed", "Changed again"]);
    expect(await titles("ahead")).toHaveLength(28);
    expect(await titles("back")).toEqual(["Back"]);
    expect(await titles("imported")).toEqual([]);
  });

  it("leaves a list alone that is not ahead", async () => {
    const clock = open("/buckets");
    expect(await clock.inspect()).toMatchObject({ isAhead: false });
    expect(await clock.repair()).toEqual({ changed: 0, isRepaired: true });
    await clock.close();
  });

  it("repairs a list of buckets", async () => {
    store.clock.advance(30 * DAY_MS);
    await store.put("/buckets/late");
    store.clock.advance(-30 * DAY_MS);
    const clock = open("/buckets");
    expect(await clock.inspect()).toMatchObject({ isAhead: true, entries: 1 });
    expect(await clock.repair()).toEqual({ changed: 1, isRepaired: true });
    await clock.close();
    expect((await store.get("/buckets/late")).body.data.last_modified).toBeLessThan(now + DAY_MS);
    expect(await timestamp("/buckets")).toBeLessThan(now + DAY_MS);
  });

  it.each([
    ["/buckets/b", "is not the URI of a list"],
    ["nothing", "is not the URI of a list"],
    ["/buckets/none/collections", "There is no list"],
  ])("rejects %s", async (uri, message) => {
    const inspect = async () => {
      const clock = open(uri);
      try {
        return await clock.inspect();
      } finally {
        await clock.close();
      }
    };
    await expect(inspect()).rejects.toThrow(message);
  });
});
