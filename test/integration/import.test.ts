import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type ChangeEvent, definePlugin } from "@kintoun/kit";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { type Answer, startStore, type TestStore } from "../start-store.ts";

const heard: ChangeEvent[] = [];
const noting = definePlugin({
  name: "notes",
  about: "Notes what it hears.",
  listeners: {
    note: { on: ["record.create", "record.update", "record.delete"], run: (event) => void heard.push(event) },
  },
});

let store: TestStore;
let made = 0;
beforeAll(async () => {
  store = await startStore({ plugins: [basicauth(), noting()] });
  await store.put("/buckets/b");
});
afterAll(() => store.close());

const newRecords = async () => {
  const collection = `/buckets/b/collections/c${made++}`;
  await store.put(collection);
  return `${collection}/records`;
};
const etag = ({ headers }: Pick<Answer, "headers">) => Number(headers.get("etag")?.slice(1, -1));
const time = ({ body }: Answer) => body.data.last_modified;
const ids = ({ body }: Answer): string[] => body.data.map(({ id }: { id: string }) => id);
const timestamp = async (list: string) => etag(await store.ask(list, { method: "HEAD" }));
/** The entries of all pages. */
const walk = async (list: string) => {
  const seen: { id: string; last_modified: number; deleted?: true }[] = [];
  for (let next: string | null = list; next !== null; ) {
    const { body, headers } = await store.get(next);
    seen.push(...body.data);
    next = headers.get("next-page");
  }
  return seen;
};

describe("a last_modified that a writer gives", () => {
  it("is that of a new object, in the past or in the future", async () => {
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

  it("leads the list into the future, and what comes after goes on from there", async () => {
    const records = await newRecords();
    const future = (await timestamp(records)) + 100_000;
    await store.put(`${records}/a`, { data: { last_modified: future } });
    expect(await timestamp(records)).toBe(future);
    expect(time(await store.put(`${records}/b`, { data: {} }))).toBe(future + 1);
    expect(time(await store.patch(`${records}/b`, { data: { last_modified: future + 50 } }))).toBe(future + 50);
    expect(etag(await store.delete(`${records}/a`))).toBe(future + 51);
    expect(ids(await store.get(`${records}?_since=${future}`))).toEqual(["a", "b"]);
  });

  it.each(["PUT", "PATCH"])("that does not lie ahead of what is there means nothing with %s", async (method) => {
    const records = await newRecords();
    const put = await store.put(`${records}/r`, { data: {} });
    let last = time(put);
    for (const at of [last, last - 1, 1]) {
      const changed = await store.ask(`${records}/r`, { method, body: { data: { last_modified: at } } });
      expect(time(changed)).toBeGreaterThan(last);
      last = time(changed);
    }
    expect(await timestamp(records)).toBe(last);
  });

  it("may lie behind the list, but ahead of what is there", async () => {
    const records = await newRecords();
    await store.put(`${records}/r`, { data: { last_modified: 1000 } });
    for (const [method, at] of [
      ["PUT", 2000],
      ["PATCH", 3000],
    ] as const) {
      expect(time(await store.ask(`${records}/r`, { method, body: { data: { n: at, last_modified: at } } }))).toBe(at);
    }
    const tombstone = await store.delete(`${records}/r?last_modified=4000`);
    expect(tombstone.body.data).toEqual({ id: "r", last_modified: 4000, deleted: true });
    expect(ids(await store.get(`${records}?_since=3999&_before=4001`))).toEqual(["r"]);
    expect(time(await store.put(`${records}/r`, { data: { last_modified: 3500 } }))).toBe(3500);
  });

  it("is that of a tombstone, if it lies ahead of what is there", async () => {
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

  it.each(["abc", "1000", null, 1.5, [], {}])("means nothing as %j", async (at) => {
    const records = await newRecords();
    const before = await timestamp(records);
    expect(time(await store.put(`${records}/r`, { data: { last_modified: at } }))).toBeGreaterThan(before);
    expect(time(await store.patch(`${records}/r`, { data: { last_modified: at } }))).toBeGreaterThan(before + 1);
  });

  it("is refused where it is no time", async () => {
    const records = await newRecords();
    for (const at of [-1, 1e15, Number.MAX_SAFE_INTEGER]) {
      expect(await store.put(`${records}/r`, { data: { last_modified: at } })).toMatchObject({
        status: 400,
        body: { errno: 107 },
      });
    }
    await store.put(`${records}/r`, { data: {} });
    for (const at of ["abc", "1.5", "1e3", "9".repeat(20)])
      expect((await store.delete(`${records}/r?last_modified=${at}`)).status).toBe(400);
    expect((await store.get(`${records}/r`)).status).toBe(200);
  });

  it("as late as can be leaves room for what comes after", async () => {
    const records = await newRecords();
    const latest = 999_999_999_999_999;
    await store.put(`${records}/first`, { data: { last_modified: latest } });
    const [second, third] = [
      await store.put(`${records}/second`, { data: {} }),
      await store.put(`${records}/another`, { data: {} }),
    ];
    expect([second.status, third.status]).toEqual([201, 201]);
    expect(time(third)).toBeGreaterThan(time(second));
    expect(time(second)).toBeGreaterThan(latest);
    expect((await store.delete(`${records}/first`)).status).toBe(200);
    expect(ids(await store.get(`${records}?_sort=last_modified`))).toEqual(["second", "another"]);
  });

  it("as late as can be leaves a list that is walked once through", async () => {
    const records = await newRecords();
    await store.put(`${records}/first`, { data: { last_modified: 999_999_999_999_999 } });
    for (const id of ["second", "another"]) await store.put(`${records}/${id}`, { data: {} });
    expect((await walk(`${records}?_limit=1`)).map(({ id }) => id)).toEqual(["another", "second", "first"]);
  });

  it("holds for buckets, groups and collections too", async () => {
    for (const list of ["/buckets", "/buckets/b/groups", "/buckets/b/collections"]) {
      const id = `imported${made++}`;
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

describe("a list that is imported into", () => {
  it("moves its timestamp with each change, so that nobody takes it for what it was", async () => {
    const records = await newRecords();
    let last = await timestamp(records);
    const moved = async (change: Promise<Answer>) => {
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

  it("is walked once through, whatever has the same timestamp", async () => {
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

  it("is walked once through with tombstones of the same timestamp", async () => {
    const records = await newRecords();
    for (const id of ["a", "b", "c", "d"]) await store.put(`${records}/${id}`, { data: { last_modified: 1000 } });
    for (const id of ["b", "c"]) await store.delete(`${records}/${id}?last_modified=2000`);
    await store.put(`${records}/e`, { data: { last_modified: 2000 } });
    for (const limit of [1, 2, 3]) {
      const seen = await walk(`${records}?_since=0&_limit=${limit}`);
      expect(seen.map(({ id }) => id).toSorted()).toEqual(["a", "b", "c", "d", "e"]);
      expect(seen.map(({ last_modified }) => last_modified)).toEqual([2000, 2000, 2000, 1000, 1000]);
    }
    expect((await store.ask(records, { method: "HEAD" })).headers.get("total-objects")).toBe("3");
  });

  it("tells each change once, also where one has the timestamp of another", async () => {
    const records = await newRecords();
    const record = `${records}/r`;
    await store.drain();
    heard.length = 0;
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

    const told = heard.toSorted((one, other) => one.timestamp - other.timestamp);
    expect(
      told.map(({ action, record_id, new: after, old }) => [action, record_id, (after ?? old)?.last_modified]),
    ).toEqual([
      ["create", "r", 1000],
      ["delete", "r", 1000],
      ["create", "r", 1000],
      ["delete", "r", 1000],
      ["create", "r", 1000],
      ["create", "s", 1000],
    ]);
    expect(told.at(-1)?.timestamp).toBe(await timestamp(records));
    expect(new Set(heard.map(({ id }) => id)).size).toBe(6);
  });
});
