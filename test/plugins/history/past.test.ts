import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { definePlugin } from "@kintoun/kit";
import kinto from "kinto";
import { basicauth } from "../../../plugins/basicauth/index.ts";
import { history } from "../../../plugins/history/index.ts";
import { startStore, type TestResponse, type TestStore } from "../../start-store.ts";

/** Hides a field from users, and lets time pass while slow records are created. */
const hiding = definePlugin({
  name: "hiding",
  about: "Hides the field secret.",
  hooks: {
    before: { wait: { on: ["record.create"], run: ({ new: { slow } }) => void (slow && store.clock.advance(50)) } },
    read: { hide: { on: ["record.read"], run: ({ data: { secret: _, ...shown } }) => shown } },
  },
});

let store: TestStore;
let counter = 0;
beforeAll(async () => {
  const excluded = { excludeUserIds: [] as string[], excludeResources: ["/buckets/p/collections/private"] };
  store = await startStore({ plugins: [basicauth(), hiding(), history(excluded)] });
  await store.put("/buckets/p");
});
afterAll(() => store.close());

const newRecords = async () => {
  const collection = `/buckets/p/collections/c${counter++}`;
  await store.put(collection);
  return { collection, records: `${collection}/records`, snapshot: `/buckets/p/snapshot${collection.slice(10)}` };
};
/** Time passes between the changes, so that each time is between two of them. */
const tick = () => {
  store.clock.advance(1000);
  return store.clock.now() - 1;
};
const describeRefusal = ({ status, body }: TestResponse) => [status, body.message];

describe("_at", () => {
  it("shows data and permissions to writers as they were, with the permissions of now", async () => {
    const { records } = await newRecords();
    const [alice, bob] = [await store.userId("alice"), await store.userId("bob")];
    const record = `${records}/r`;
    await store.put(record, { data: { n: 1, secret: "x" }, permissions: { read: [bob] } });
    const first = tick();
    await store.put(record, { data: { n: 2 }, permissions: { write: [alice] } });
    tick();

    const was = await store.get(`${record}?_at=${first}`);
    expect(was.body).toMatchObject({ data: { n: 1 }, permissions: { read: [bob], write: [alice] } });
    expect(was.body.data).not.toHaveProperty("secret");
    expect(was.headers.get("etag")).toBe(`"${was.body.data.last_modified}"`);
    expect((await store.get(`${record}?_at="${first}"&_fields=n`)).body.data).toMatchObject({ n: 1 });
    // He may not read it any more.
    expect((await store.get(`${record}?_at=${first}`, { as: "bob" })).status).toBe(403);
    const etag = was.headers.get("etag") ?? "";
    expect((await store.get(`${record}?_at=${first}`, { headers: { "if-none-match": etag } })).status).toBe(304);
  });

  it("fills its pages, also where all has changed since", async () => {
    const { records } = await newRecords();
    for (const id of ["a", "b", "c", "d"]) await store.put(`${records}/${id}`);
    const at = tick();
    for (const id of ["d", "c", "b", "a", "later-1", "later-2"])
      await store.put(`${records}/${id}`, { data: { n: 1 } });
    const ids: string[] = [];
    const statuses: number[] = [];
    for (let next: string | null = `${records}?_at=${at}&_limit=1`; next !== null; ) {
      const page: TestResponse = await store.get(next);
      ids.push(...page.body.data.map(({ id }: { id: string }) => id));
      statuses.push(page.body.data.length);
      next = page.headers.get("next-page");
    }
    expect(ids).toEqual(["d", "c", "b", "a"]);
    expect(statuses.filter((length) => length === 0).length).toBeLessThanOrEqual(1);
  });

  it("finds what was deleted, and not what was created later", async () => {
    const { records, collection } = await newRecords();
    tick();
    const before = tick();
    await store.put(`${records}/r`, { data: { n: 1 } });
    const between = tick();
    await store.delete(`${records}/r`);
    const after = tick();

    expect((await store.get(`${records}/r?_at=${before}`)).status).toBe(404);
    expect((await store.get(`${records}/r?_at=${between}`)).body.data).toMatchObject({ n: 1 });
    expect((await store.get(`${records}/r?_at=${after}`)).status).toBe(404);
    const list = await store.get(`${records}?_at=${between}`);
    expect([list.body.data.length, list.headers.get("etag")]).toEqual([1, `"${between}"`]);
    expect((await store.get(`${collection}?_at=${before}`)).status).toBe(200);
    expect((await store.get(`/buckets/p?_at=${between}`)).status).toBe(200);
    const batch = await store.post("/batch", {
      requests: [
        { method: "PUT", path: `${records}/r`, body: { data: { n: 2 } } },
        { path: `${records}/r?_at=${between}` },
        { path: `${records}?_at=${after}` },
      ],
    });
    expect(batch.body.responses.map(({ body }: { body: { data: unknown } }) => body.data)).toEqual([
      expect.objectContaining({ n: 2 }),
      expect.objectContaining({ n: 1 }),
      [],
    ]);
  });

  it("finds records of a collection that was deleted and created again", async () => {
    const { records, collection } = await newRecords();
    for (const id of ["a", "b"]) await store.put(`${records}/${id}`, { data: { n: 1 } });
    tick();
    await store.put(`${records}/a`, { data: { n: 2 } });
    const before = tick();
    await store.delete(collection);
    const gone = tick();
    await store.put(collection);
    await store.put(`${records}/c`);
    tick();
    await store.drain();

    const list = await store.get(`${records}?_at=${before}`);
    expect(list.body.data.map(({ id, n }: { id: string; n: number }) => [id, n])).toEqual([
      ["a", 2],
      ["b", 1],
    ]);
    expect((await store.get(`${records}/b?_at=${before}`)).body.data).toMatchObject({ n: 1 });
    expect((await store.get(`${records}?_at=${gone}`)).body.data).toEqual([]);
    // What is left of the history does not show whether it is complete.
    await store.delete(`/buckets/p/history?uri=${collection}`);
    expect((await store.get(`${records}?_at=${before}`)).status).toBe(400);
  });

  it("finds records of collections whose own timestamps are ahead, or that one batch has deleted and created", async () => {
    const { records, collection } = await newRecords();
    const others = [0, 1, 2].map(() => `/buckets/p/collections/c${counter++}`);
    const created = await store.post("/batch", {
      requests: [
        ...others.map((path) => ({ method: "PUT", path })),
        { method: "PUT", path: `${others[2]}/records/r`, body: { data: { n: 1, slow: true } } },
        { method: "DELETE", path: collection },
        { method: "PUT", path: collection },
        { method: "PUT", path: `${records}/r`, body: { data: { n: 1 } } },
      ],
    });
    const timeOf = (index: number) => created.body.responses[index].body.data.last_modified;
    expect(timeOf(2)).toBeGreaterThan(timeOf(3));
    tick();
    const between = tick();
    for (const list of [`${others[2]}/records`, records]) await store.patch(`${list}/r`, { data: { n: 2 } });
    tick();

    for (const [list, time] of [
      [`${others[2]}/records`, timeOf(3)],
      [records, timeOf(6)],
    ] as const) {
      expect((await store.get(`${list}?_at=${time}`)).body.data).toMatchObject([{ n: 1 }]);
      expect((await store.get(`${list}/r?_at=${time}`)).body.data).toMatchObject({ n: 1 });
    }
    await store.delete(collection);
    await store.put(collection);
    tick();
    expect((await store.get(`${records}?_at=${between}`)).body.data).toMatchObject([{ n: 1 }]);
  });

  it("refuses times whose versions are not kept, and other invalid ones", async () => {
    const { records } = await newRecords();
    const record = `${records}/r`;
    await store.put(record, { data: { n: 1 } });
    const first = tick();
    const second = (await store.put(record, { data: { n: 2 } })).body.data.last_modified;
    tick();
    await store.delete(`/buckets/p/history?_before=${second}`);

    const message = `_at in querystring: The version of ${record} at ${first} is not kept. Its first version in the history is that of ${second}.`;
    expect(describeRefusal(await store.get(`${record}?_at=${first}`))).toEqual([400, message]);
    expect(describeRefusal(await store.get(`${records}?_at=${first}`))).toEqual([400, message]);
    expect((await store.get(`${record}?_at=${second}`)).body.data).toMatchObject({ n: 2 });
    const future = store.clock.now() + 5000;
    for (const at of ["x", "", "-1", "1.5", "1&_at=2", "99999999999999999999", String(future)])
      expect([at, (await store.get(`${record}?_at=${at}`)).status]).toEqual([at, 400]);
    expect((await store.get(`${records}?_at=${future}`)).body.message).toContain("is in the future");
    expect((await store.delete(`${records}?_at=${second}`)).status).toBe(400);
    expect((await store.get(`/buckets?_at=${second}`)).body.message).toContain("Send _at to a bucket");
    await store.put("/buckets/p/collections/private");
    const refused = await store.get(`/buckets/p/collections/private/records?_at=${second}`);
    expect(refused.body.message).toContain("No history of /buckets/p/collections/private");
  });

  it("is refused by a store without the plugin", async () => {
    await using plain = await startStore();
    await plain.put("/buckets/b");

    const { status, body } = await plain.get("/buckets/b?_at=1");
    expect([status, body.message]).toEqual([
      400,
      "_at in querystring: This store keeps no history. Its operator can add the plugin history.",
    ]);
  });
});

describe("a snapshot", () => {
  it("has all records at a time", async () => {
    const { records, snapshot } = await newRecords();
    await store.put(`${records}/a`, { data: { n: 1, secret: "x" } });
    await store.put(`${records}/b`, { data: { n: 1 } });
    const time = tick();
    await store.delete(`${records}/a`);
    await store.put(`${records}/c`, { data: { n: 1 } });

    const { body } = await store.get(`${snapshot}@${time}`);
    expect(body.data.map(({ id }: { id: string }) => id)).toEqual(["b", "a"]);
    expect(body.data[1]).not.toHaveProperty("secret");
    expect((await store.get(`${snapshot}@${time + 1e9}`)).body.data).toHaveLength(2);
    for (const [path, status] of [
      [`${snapshot}@abc`, 400],
      [`${snapshot}@-42`, 400],
      [snapshot, 404],
      [`/buckets/p/snapshot/collections/none@1`, 404],
    ])
      expect([path, (await store.get(String(path))).status]).toEqual([path, status]);
    expect((await store.get(`${snapshot}@${time}`, { as: "bob" })).status).toBe(403);
    expect((await store.put(`${snapshot}@${time}`)).status).toBe(405);
  });

  it("is what kinto.js reads", async () => {
    const { records, collection } = await newRecords();
    await store.put(`${records}/a`, { data: { n: 1 } });
    const time = tick();
    await store.put(`${records}/a`, { data: { n: 2 } });
    tick();

    const headers = { Authorization: `Basic ${btoa("alice:secret")}` };
    const bucket = new kinto.KintoClient(store.url, { headers }).bucket("p");
    const past = await bucket.collection(collection.split("/").at(-1) ?? "").listRecords({ at: time });
    expect(past.data).toMatchObject([{ id: "a", n: 1 }]);
    const { data } = await bucket.listHistory({ limit: 1, pages: 2, filters: { uri: `${records}/a` } });
    expect(data.map(({ action }) => action)).toEqual(["update", "create"]);
  });
});
