import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { Data, State } from "@kintoun/kit";
import { startTestStore, type TestStore } from "@kintoun/testing";
import { quotas } from "../../plugins/quotas/index.ts";
import { recountBucket } from "../../plugins/quotas/recount.ts";

const sizeOf = ({ last_modified: _, ...data }: Record<string, unknown>) => Buffer.byteLength(JSON.stringify(data));

let store: TestStore;
beforeAll(async () => {
  store = await startTestStore({
    plugins: [
      quotas({
        buckets: { small: { maxBytes: 400, maxItems: 4, maxBytesPerItem: 200 }, race: { maxItems: 7 } },
        collection: { maxBytes: 10_000 },
        collections: { "lists/short": { maxItems: 2 }, lists: { maxBytes: 300 } },
      }),
    ],
  });
});
afterAll(() => store.close());

const read = async (uri: string) => (await store.get(`${uri}/quota`)).body.data;
/** What is stored in a bucket, by reading it. */
const measure = async (bucket: string) => {
  const uri = `/buckets/${bucket}`;
  const list = async (of: string) => (await store.get(of)).body.data as Record<string, unknown>[];
  const collections = await list(`${uri}/collections`);
  const records = (await Promise.all(collections.map(({ id }) => list(`${uri}/collections/${id}/records`)))).flat();
  const all = [(await store.get(uri)).body.data, ...(await list(`${uri}/groups`)), ...collections, ...records];
  return {
    storage_size: all.reduce((sum, object) => sum + sizeOf(object), 0),
    record_count: records.length,
    collection_count: collections.length,
  };
};
const create = async (bucket: string, ...collections: string[]) => {
  await store.put(`/buckets/${bucket}`);
  for (const id of collections) await store.put(`/buckets/${bucket}/collections/${id}`);
};

describe("quotas", () => {
  it("refuse changes that exceed a quota, and count what is given back", async () => {
    await create("small", "c");
    const records = "/buckets/small/collections/c/records";
    const put = (id: string, chars: number) => store.put(`${records}/${id}`, { data: { text: "x".repeat(chars) } });

    expect((await put("a", 150)).status).toBe(201);
    expect((await put("b", 100)).status).toBe(201);
    const refused = await put("c", 100);
    expect(refused.body).toMatchObject({ code: 507, errno: 121, error: "Insufficient Storage" });
    expect(refused.body.message).toMatch(/^The bucket would have 4\d\d bytes; its quota is 400 bytes/);
    expect((await put("b", 190)).body.message).toContain("the quota is 200 bytes per object");
    expect((await put("a", 1)).status).toBe(200);
    expect((await put("c", 100)).status).toBe(201);
    expect((await put("d", 1)).status).toBe(201);
    expect((await put("e", 1)).body.message).toContain("5 records; its quota is 4 records");
    expect((await store.put("/buckets/small/groups/g", { data: { members: ["x".repeat(100)] } })).status).toBe(507);

    expect(await read("/buckets/small")).toEqual({
      ...(await measure("small")),
      max_bytes: 400,
      max_items: 4,
      max_bytes_per_item: 200,
    });
    await store.delete("/buckets/small/collections/c");
    expect(await read("/buckets/small")).toMatchObject({ record_count: 0, collection_count: 0 });
    expect(await read("/buckets/small")).toMatchObject(await measure("small"));
    await create("small", "c");
    expect((await put("a", 150)).status).toBe(201);
    expect(await read("/buckets/small")).toMatchObject(await measure("small"));
    expect((await store.delete("/buckets/small/collections/c/records")).status).toBe(200);
    expect(await read("/buckets/small")).toMatchObject(await measure("small"));
  });

  it("begin anew with a bucket that is created again", async () => {
    await create("again", "c");
    await store.post("/buckets/again/collections/c/records", { data: { n: 1 } });
    await store.delete("/buckets/again");
    await store.drain();
    const { state } = (await store.getServices("quotas")) as { state: State };
    const left: string[] = [];
    for await (const { key } of state.list("bucket again")) left.push(key);
    expect(left).toEqual(["total"]);
    await create("again", "c");

    expect(await read("/buckets/again")).toEqual(await measure("again"));
    expect(await read("/buckets/again/collections/c")).toMatchObject({ record_count: 0, max_bytes: 10_000 });
  });

  it("have quotas of collections, by id and for all in a bucket", async () => {
    await create("lists", "short", "other");
    const post = async (id: string, text = "") =>
      (await store.post(`/buckets/lists/collections/${id}/records`, { data: { text } })).status;

    expect([await post("short"), await post("short"), await post("short")]).toEqual([201, 201, 507]);
    expect([await post("other"), await post("other"), await post("other")]).toEqual([201, 201, 201]);
    expect(await post("other", "x".repeat(200))).toBe(507);
    expect(await read("/buckets/lists/collections/short")).toMatchObject({
      record_count: 2,
      max_items: 2,
      max_bytes: 300,
    });
  });

  it("count each request of a batch, and refuse those that exceed the quota alone", async () => {
    await create("small2");
    const requests = [
      { method: "PUT", path: "/buckets/race" },
      { method: "PUT", path: "/buckets/race/collections/batched" },
      ...Array.from({ length: 9 }, (_, n) => ({
        method: "PUT",
        path: `/buckets/race/collections/batched/records/r${n}`,
        body: { data: { n } },
      })),
    ];
    const { body } = await store.post("/batch", { requests });

    expect(body.responses.map(({ status }: { status: number }) => status)).toEqual([...Array(9).fill(201), 507, 507]);
    expect(await read("/buckets/race")).toMatchObject({ ...(await measure("race")), record_count: 7 });
    await store.delete("/buckets/race");
  });

  it("fit into the transaction of a batch with 25 new collections", async () => {
    await create("many");
    const requests = Array.from({ length: 25 }, (_, n) => ({ method: "PUT", path: `/buckets/many/collections/c${n}` }));

    const { body } = await store.post("/batch", { requests });

    expect(new Set(body.responses.map(({ status }: { status: number }) => status))).toEqual(new Set([201]));
    await store.post("/buckets/many/collections/c7/records");
    expect(await read("/buckets/many")).toEqual(await measure("many"));
    expect((await read("/buckets/many/collections/c7")).record_count).toBe(1);
  });

  it("are exact with parallel writers of several collections", async () => {
    await create("race", "a", "b", "c");
    const write = async (n: number) => {
      const list = `/buckets/race/collections/${"abc"[n % 3]}/records`;
      const { status, body } = await store.post(list, { data: { n } });
      if (status === 201 && n % 4 === 0) await store.delete(`${list}/${body.data.id}`);
      return status;
    };
    const statuses = await Promise.all(Array.from({ length: 24 }, (_, n) => write(n)));

    expect(new Set(statuses)).toEqual(new Set([201, 507]));
    const stored = await measure("race");
    expect(stored.record_count).toBeLessThanOrEqual(7);
    expect(await read("/buckets/race")).toMatchObject(stored);
    expect((await read("/buckets/race/collections/a")).record_count).toBe(
      (await store.get("/buckets/race/collections/a/records")).body.data.length,
    );
  });

  it("count what a bucket held before the plugin was active, while writes go on", async () => {
    const { state, data } = (await store.getServices("quotas")) as { state: State; data: Data };
    const records = "/buckets/old/collections/c/records";
    const put = (id: number | string, fields: object = {}) => store.put(`${records}/${id}`, { data: { ...fields } });
    await create("old", "c", "empty", "gone");
    await store.put("/buckets/old/groups/g", { data: { members: ["a"] } });
    for (let n = 0; n < 9; n++) await put(n, { text: "old", ...(n > 5 && { last_modified: 1000 }) });
    await store.put("/buckets/old/collections/gone/records/r");
    for await (const { key } of state.list("bucket old")) await state.delete("bucket old", key);

    expect(await read("/buckets/old")).toEqual({
      storage_size: 0,
      record_count: 0,
      collection_count: 0,
      counting: true,
    });
    let step = 0;
    const changes = [
      () => put(8, { text: "an old one changes" }),
      () => store.delete(`${records}/0`),
      () => put("new"),
      () => put("import", { last_modified: 900 }),
      () => store.put("/buckets/old/collections/c", { data: { title: "Posts" } }),
      () => put(1, { text: "a new one changes" }),
      () => store.delete("/buckets/old/collections/gone"),
      () => store.put("/buckets/old/collections/late"),
      () => put(7, { text: "the oldest one changes" }),
    ];
    const onProgress = async () => void (await changes[step++]?.());
    await recountBucket({ state, data, onProgress, maxObjects: 2 }, "old", { resume: true });

    expect(step).toBeGreaterThanOrEqual(changes.length);
    expect(await read("/buckets/old")).toEqual(await measure("old"));
    expect((await read("/buckets/old/collections/c")).record_count).toBe(10);
  });

  it("start a count with the first change of a bucket that is not counted", async () => {
    const { state } = (await store.getServices("quotas")) as { state: State };
    await create("before", "c");
    await store.post("/buckets/before/collections/c/records");
    for await (const { key } of state.list("bucket before")) await state.delete("bucket before", key);

    await store.post("/buckets/before/collections/c/records");
    await store.drain();

    expect(await read("/buckets/before")).toEqual(await measure("before"));
  });

  it("are repaired by a command, which shows what was wrong", async () => {
    const { state } = (await store.getServices("quotas")) as { state: State };
    await create("wrong", "c");
    await store.post("/buckets/wrong/collections/c/records");
    await state.count("bucket wrong", "total", { add: { items: 7 } });

    const { storage_size: bytes } = await measure("wrong");
    expect(await store.runCommand("quotas", "recount", { bucket: ["wrong"] })).toEqual([
      `wrong: bytes ${bytes} -> ${bytes}, records 8 -> 1, collections 1 -> 1`,
    ]);
    expect(await read("/buckets/wrong")).toEqual(await measure("wrong"));
  });

  it("let only readers of a bucket see its numbers", async () => {
    await create("secret");
    expect((await store.get("/buckets/secret/quota", { as: "bob" })).status).toBe(403);
    expect((await store.get("/buckets/secret/collections/none/quota")).status).toBe(404);
  });
});
