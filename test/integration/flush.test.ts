import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { flush } from "../../plugins/flush/index.ts";
import { startStore, type TestStore } from "../start-store.ts";

const RECORDS = "/buckets/b/collections/c/records";

let store: TestStore;
beforeAll(async () => {
  store = await startStore({ plugins: [basicauth(), flush()] });
});
afterAll(() => store.close());

const createObjects = async () => {
  const bob = await store.userId("bob");
  await store.put("/buckets/b", { permissions: { read: [bob] } });
  await store.put("/buckets/b/groups/g", { data: { members: [bob] } });
  await store.put("/buckets/b/collections/c", { permissions: { write: ["/buckets/b/groups/g"] } });
  for (const id of ["r", "s", "t"]) await store.put(`${RECORDS}/${id}`, { permissions: { read: [bob] } });
  await store.delete(`${RECORDS}/t`);
  await store.put("/buckets/deleted");
  await store.delete("/buckets/deleted");
};
const listTimestamps = async () =>
  Promise.all(
    ["/buckets", "/buckets/b/collections", "/buckets/b/groups", RECORDS].map(async (list) =>
      Number((await store.get(list)).headers.get("etag")?.slice(1, -1)),
    ),
  );

describe("flush", () => {
  it("removes all objects, tombstones, memberships and permissions", async () => {
    await createObjects();
    const answer = await store.post("/__flush__", undefined, { as: null });
    expect([answer.status, answer.body]).toEqual([202, {}]);

    for (const step of ["after the response", "after the purge"]) {
      expect({ step, buckets: (await store.get("/buckets?_since=0")).body.data }).toEqual({ step, buckets: [] });
      expect((await store.request("/buckets", { method: "HEAD" })).headers.get("total-objects")).toBe("0");
      expect((await store.get("/", { as: "bob" })).body.user.principals).toHaveLength(3);
      expect((await store.get("/permissions", { as: "bob" })).body.data.map(({ uri }: { uri: string }) => uri)).toEqual(
        ["/"],
      );
      expect((await store.get(`${RECORDS}/r`)).status).toBe(403);
      await store.drain();
    }
  });

  it("leaves new objects with the same ids empty, with rising timestamps", async () => {
    await createObjects();
    const before = await listTimestamps();
    await store.post("/__flush__");
    await store.put("/buckets/b");
    expect((await store.get("/buckets/b/collections?_since=0")).body.data).toEqual([]);
    expect((await store.get("/buckets/b/groups?_since=0")).body.data).toEqual([]);
    await store.put("/buckets/b/collections/c");
    expect((await store.get(`${RECORDS}?_since=0`)).body.data).toEqual([]);
    const after = await listTimestamps();
    for (const [index, timestamp] of after.entries()) expect(timestamp).toBeGreaterThan(before[index] as number);

    await store.put(`${RECORDS}/r`, { data: { n: 2 } });
    await store.drain();
    expect((await store.get(`${RECORDS}?_since=0`)).body.data).toMatchObject([{ id: "r", n: 2 }]);
    expect((await store.get("/buckets/b", { as: "bob" })).status).toBe(403);
  });

  it("can be repeated and run concurrently", async () => {
    await createObjects();
    const answers = await Promise.all(Array.from({ length: 4 }, () => store.post("/__flush__")));
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202]);
    expect((await store.post("/__flush__")).status).toBe(202);
    expect((await store.get("/buckets?_since=0")).body.data).toEqual([]);
  });

  it("accepts only POST, and the root URL lists its capability", async () => {
    const { status, headers } = await store.get("/__flush__");
    expect([status, headers.get("allow")]).toEqual([405, "POST, OPTIONS"]);
    expect((await store.get("/")).body.capabilities).toHaveProperty("flush_endpoint");
  });
});

it("without the flush plugin, the flush endpoint returns 404 and changes nothing", async () => {
  await using plain = await startStore();
  await plain.put("/buckets/b");
  expect((await plain.post("/__flush__")).status).toBe(404);
  expect((await plain.get("/buckets/b")).status).toBe(200);
  expect((await plain.get("/")).body.capabilities).not.toHaveProperty("flush_endpoint");
});
