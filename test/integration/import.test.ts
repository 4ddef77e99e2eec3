import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type ChangeEvent, definePlugin } from "@kintoun/kit";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { startStore, type TestResponse, type TestStore } from "../start-store.ts";

const events: ChangeEvent[] = [];
const noting = definePlugin({
  name: "notes",
  about: "Records events.",
  listeners: {
    note: { on: ["record.create", "record.update", "record.delete"], run: (event) => void events.push(event) },
  },
});

let store: TestStore;
let counter = 0;
beforeAll(async () => {
  store = await startStore({ plugins: [basicauth(), noting()] });
  await store.put("/buckets/b");
});
afterAll(() => store.close());

const DAY_MS = 24 * 3600 * 1000;
const newRecords = async () => {
  const collection = `/buckets/b/collections/c${counter++}`;
  await store.put(collection);
  return `${collection}/records`;
};
const etag = ({ headers }: Pick<TestResponse, "headers">) => Number(headers.get("etag")?.slice(1, -1));
const time = ({ body }: TestResponse) => body.data.last_modified;
const ids = ({ body }: TestResponse): string[] => body.data.map(({ id }: { id: string }) => id);
const timestamp = async (list: string) => etag(await store.request(list, { method: "HEAD" }));
/** Reads the entries of all pages. */
const walk = async (list: string) => {
  const seen: { id: string; last_modified: number; deleted?: true }[] = [];
  for (let next: string | null = list; next !== null; ) {
    const { body, headers } = await store.get(next);
    seen.push(...body.data);
    next = headers.get("next-page");
  }
  return seen;
};

describe("last_modified in a request", () => {
  it("is used for a new object, in the past or in the future", async () => {
    const records = await newRecords();
    const future = (await timestamp(records)) + 100_000;
    for (const [id, at] of [
      ["past", 1000],
      ["zero", 0],
      ["future", future],
    ] as const) {
      const put = await store.put(`${records}/${id}`, { data: { last_modified: at } });
      expect([put.status, time(put), etag(put)]).toEqual([201, at, at]);
      expect(time(await store.get(`${records}/${id}`))).toBe(at);
    }
    const posted = await store.post(records, { data: { id: "posted", last_modified: 7 } });
    expect([posted.status, time(posted)]).toEqual([201, 7]);
    expect(
      (await store.get(records)).body.data.map(({ last_modified }: { last_modified: number }) => last_modified),
    ).toEqual([future, 1000, 7, 0]);
  });

  it("advances the list's timestamp when it is in the future", async () => {
    const records = await newRecords();
    const future = (await timestamp(records)) + 100_000;
    await store.put(`${records}/a`, { data: { last_modified: future } });
    expect(await timestamp(records)).toBe(future);
    expect(time(await store.put(`${records}/b`, { data: {} }))).toBe(future + 1);
    expect(time(await store.patch(`${records}/b`, { data: { last_modified: future + 50 } }))).toBe(future + 50);
    expect(etag(await store.delete(`${records}/a`))).toBe(future + 51);
    expect(ids(await store.get(`${records}?_since=${future}`))).toEqual(["a", "b"]);
  });

  it.each(["PUT", "PATCH"])("is ignored by %s when it is not later than the object's", async (method) => {
    const records = await newRecords();
    const put = await store.put(`${records}/r`, { data: {} });
    let last = time(put);
    for (const at of [last, last - 1, 1]) {
      const changed = await store.request(`${records}/r`, { method, body: { data: { last_modified: at } } });
      expect(time(changed)).toBeGreaterThan(last);
      last = time(changed);
    }
    expect(await timestamp(records)).toBe(last);
  });

  it("may be before the list's timestamp but after the object's", async () => {
    const records = await newRecords();
    await store.put(`${records}/r`, { data: { last_modified: 1000 } });
    for (const [method, at] of [
      ["PUT", 2000],
      ["PATCH", 3000],
    ] as const) {
      expect(time(await store.request(`${records}/r`, { method, body: { data: { n: at, last_modified: at } } }))).toBe(
        at,
      );
    }
    const tombstone = await store.delete(`${records}/r?last_modified=4000`);
    expect(tombstone.body.data).toEqual({ id: "r", last_modified: 4000, deleted: true });
    expect(ids(await store.get(`${records}?_since=3999&_before=4001`))).toEqual(["r"]);
    expect(time(await store.put(`${records}/r`, { data: { last_modified: 3500 } }))).toBe(3500);
  });

  it("is used for a tombstone when it is later than the object's", async () => {
    const records = await newRecords();
    const future = (await timestamp(records)) + 100_000;
    await store.put(`${records}/a`, { data: {} });
    await store.put(`${records}/b`, { data: {} });
    expect((await store.delete(`${records}/a?last_modified=${future}`)).body.data).toEqual({
      id: "a",
      last_modified: future,
      deleted: true,
    });
    expect(await timestamp(records)).toBe(future);
    expect(time(await store.delete(`${records}/b?last_modified=5`))).toBe(future + 1);
  });

  it.each(["abc", "1000", null, 1.5, [], {}])("is ignored when it is %j", async (at) => {
    const records = await newRecords();
    const before = await timestamp(records);
    expect(time(await store.put(`${records}/r`, { data: { last_modified: at } }))).toBeGreaterThan(before);
    expect(time(await store.patch(`${records}/r`, { data: { last_modified: at } }))).toBeGreaterThan(before + 1);
  });

  it("returns 400 when it is before 1970 or more than a day in the future", async () => {
    const records = await newRecords();
    const before = await timestamp(records);
    for (const at of [-1, Date.now() + 2 * DAY_MS, 1e15, Number.MAX_SAFE_INTEGER, 1e300]) {
      const refused = {
        status: 400,
        body: { errno: 107, details: [{ location: "body", name: "data.last_modified" }] },
      };
      expect(await store.put(`${records}/r`, { data: { last_modified: at } })).toMatchObject(refused);
      expect(await store.post(records, { data: { last_modified: at } })).toMatchObject(refused);
    }
    expect(await timestamp(records)).toBe(before);
    await store.put(`${records}/r`, { data: {} });
    for (const at of ["abc", "1.5", "1e3", "9".repeat(20), String(Date.now() + 2 * DAY_MS)])
      expect(await store.delete(`${records}/r?last_modified=${at}`)).toMatchObject({
        status: 400,
        body: { errno: 107, details: [{ location: "querystring", name: "last_modified" }] },
      });
    const far = Date.now() + 2 * DAY_MS;
    expect((await store.patch(`${records}/r`, { data: { last_modified: far } })).status).toBe(400);
    expect((await store.get(`${records}/r`)).status).toBe(200);
  });

  it("of a tombstone returns 400 when it is given more than once", async () => {
    const records = await newRecords();
    await store.put(`${records}/r`, { data: {} });
    for (const query of [
      "last_modified=1&last_modified=abc",
      "last_modified=1&last_modified=1",
      "last_modified=&last_modified=",
    ])
      expect(await store.delete(`${records}/r?${query}`)).toMatchObject({
        status: 400,
        body: { details: [{ location: "querystring", name: "last_modified" }] },
      });
    expect((await store.get(`${records}/r`)).status).toBe(200);
  });

  it("may be up to a day in the future, and each entry is still listed once", async () => {
    const records = await newRecords();
    await store.put(`${records}/first`, { data: { last_modified: Date.now() + DAY_MS - 10_000 } });
    for (const id of ["second", "another"]) await store.put(`${records}/${id}`, { data: {} });
    expect((await walk(`${records}?_limit=1`)).map(({ id }) => id)).toEqual(["another", "second", "first"]);
  });

  it("works for buckets, groups and collections", async () => {
    for (const list of ["/buckets", "/buckets/b/groups", "/buckets/b/collections"]) {
      const id = `imported${counter++}`;
      expect(time(await store.put(`${list}/${id}`, { data: { last_modified: 1000 } }))).toBe(1000);
      expect(time(await store.put(`${list}/${id}`, { data: { last_modified: 2000 } }))).toBe(2000);
      expect((await store.delete(`${list}/${id}?last_modified=3000`)).body.data).toEqual({
        id,
        last_modified: 3000,
        deleted: true,
      });
    }
  });
});

describe("list with imported timestamps", () => {
  it("advances its timestamp with each change", async () => {
    const records = await newRecords();
    let last = await timestamp(records);
    const moved = async (change: Promise<TestResponse>) => {
      expect((await change).status).toBeLessThan(300);
      const now = await timestamp(records);
      expect(now).toBeGreaterThan(last);
      expect((await store.get(records, { headers: { "if-none-match": `"${last}"` } })).status).toBe(200);
      last = now;
    };
    await moved(store.put(`${records}/a`, { data: { last_modified: 1000 } }));
    await moved(store.put(`${records}/b`, { data: { last_modified: 1000 } }));
    await moved(store.put(`${records}/a`, { data: { last_modified: 2000 } }));
    await moved(store.patch(`${records}/a`, { data: { last_modified: 3000 } }));
    await moved(store.delete(`${records}/a?last_modified=4000`));
    await moved(
      store.post("/batch", {
        requests: [{ method: "PUT", path: `${records}/c`, body: { data: { last_modified: 1000 } } }],
      }),
    );
  });

  it("returns each entry once, even with equal timestamps", async () => {
    const records = await newRecords();
    for (const [id, at] of [
      ["a", 1000],
      ["b", 1000],
      ["c", 1000],
      ["d", 999],
      ["e", 1000],
      ["f", 1001],
    ] as const) {
      await store.put(`${records}/${id}`, { data: { last_modified: at } });
    }
    for (const limit of [1, 2, 3, 4]) {
      expect((await walk(`${records}?_limit=${limit}`)).map(({ id }) => id)).toEqual(["f", "e", "c", "b", "a", "d"]);
      expect((await walk(`${records}?_limit=${limit}&_sort=last_modified`)).map(({ id }) => id).toSorted()).toEqual([
        "a",
        "b",
        "c",
        "d",
        "e",
        "f",
      ]);
    }
    expect(ids(await store.get(`${records}?last_modified=1000`)).toSorted()).toEqual(["a", "b", "c", "e"]);
  });

  it("returns each tombstone once, even with equal timestamps", async () => {
    const records = await newRecords();
    for (const id of ["a", "b", "c", "d"]) await store.put(`${records}/${id}`, { data: { last_modified: 1000 } });
    for (const id of ["b", "c"]) await store.delete(`${records}/${id}?last_modified=2000`);
    await store.put(`${records}/e`, { data: { last_modified: 2000 } });
    for (const limit of [1, 2, 3]) {
      const seen = await walk(`${records}?_since=0&_limit=${limit}`);
      expect(seen.map(({ id }) => id).toSorted()).toEqual(["a", "b", "c", "d", "e"]);
      expect(seen.map(({ last_modified }) => last_modified)).toEqual([2000, 2000, 2000, 1000, 1000]);
    }
    expect((await store.request(records, { method: "HEAD" })).headers.get("total-objects")).toBe("3");
  });

  it("emits an event for each change, even with equal timestamps", async () => {
    const records = await newRecords();
    const record = `${records}/r`;
    await store.drain();
    events.length = 0;
    const alternately = async () => {
      await store.put(record, { data: { last_modified: 1000 } });
      await store.drain();
      await store.delete(`${record}?last_modified=2000`);
      await store.drain();
    };
    await alternately();
    await alternately();
    await store.put(record, { data: { last_modified: 1000 } });
    await store.put(`${records}/s`, { data: { last_modified: 1000 } });
    await store.drain();

    const sortedEvents = events.toSorted((one, other) => one.timestamp - other.timestamp);
    expect(
      sortedEvents.map(({ action, record_id, new: after, old }) => [action, record_id, (after ?? old)?.last_modified]),
    ).toEqual([
      ["create", "r", 1000],
      ["delete", "r", 1000],
      ["create", "r", 1000],
      ["delete", "r", 1000],
      ["create", "r", 1000],
      ["create", "s", 1000],
    ]);
    expect(sortedEvents.at(-1)?.timestamp).toBe(await timestamp(records));
    expect(new Set(events.map(({ id }) => id)).size).toBe(6);
  });
});

describe("list whose timestamp is more than a day ahead of the clock", () => {
  /** A list that was written to while the clock was wrong. */
  const aheadOfClock = async () => {
    const records = await newRecords();
    const now = ahead.clock.now();
    ahead.clock.advance(30 * DAY_MS);
    await ahead.put(records.slice(0, records.indexOf("/", "/buckets/".length)));
    await ahead.put(records.slice(0, -"/records".length));
    const stored = await ahead.put(`${records}/r`, { data: { n: 1 } });
    ahead.clock.set(now);
    return { records, path: `${records}/r`, at: time(stored) };
  };
  let ahead: TestStore;
  beforeAll(async () => {
    ahead = await startStore();
  });
  afterAll(() => ahead.close());

  it("accepts its own timestamp as a bound", async () => {
    const { records, at } = await aheadOfClock();
    for (const [query, found] of [
      [`_since=${at}`, []],
      [`_since=%22${at}%22`, []],
      [`_since=${at - 1}`, ["r"]],
      [`_before=${at}`, []],
      [`_to=${at + 1}`, ["r"]],
      [`gt_last_modified=${at}`, []],
      [`last_modified=${at}`, ["r"]],
      [`_sort=n&min_last_modified=${at}`, ["r"]],
    ] as const)
      expect([query, ids(await ahead.get(`${records}?${query}`))]).toEqual([query, found]);
    expect((await ahead.get(`${records}?_since=${at + 2 * DAY_MS}`)).status).toBe(400);
    expect((await ahead.request(`${records}?_since=${at}`, { method: "HEAD" })).headers.get("total-objects")).toBe("0");
    expect((await ahead.delete(`${records}?_before=${at}`)).body.data).toEqual([]);
    expect(ids(await ahead.delete(`${records}?_since=${at - 1}`))).toEqual(["r"]);
  });

  it("is synced by a client that sends what it was given", async () => {
    const { records, path, at } = await aheadOfClock();
    const sent = await ahead.put(path, { data: { n: 2, last_modified: at } });
    expect([sent.status, time(sent)]).toEqual([200, at + 1]);
    expect(ids(await ahead.get(`${records}?_since=${at}`))).toEqual(["r"]);
    expect((await ahead.put(path, { data: { last_modified: at + 2 } })).status).toBe(400);
  });
});
