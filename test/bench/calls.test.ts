import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { countCalls } from "../../bench/calls.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { defaultBucket } from "../../plugins/default-bucket/index.ts";
import { startStore, type TestStore } from "../start-store.ts";
import { wrapRequests } from "../wrap-requests.ts";

describe("DynamoDB calls per request", () => {
  const { wrap, take } = countCalls();
  const records = "/buckets/b/collections/c/records";
  let store: TestStore;

  beforeAll(async () => {
    store = await startStore({ wrap: wrapRequests(wrap), plugins: [basicauth(), defaultBucket()] });
    await store.put("/buckets/b");
    await store.put("/buckets/b/groups/g", { data: { members: [await store.userId("bob")] } });
    await store.put("/buckets/b/collections/c", { permissions: { read: ["/buckets/b/groups/g"] } });
    await store.put(`${records}/r`, { data: { n: 1 } });
  });
  afterAll(() => store.close());

  const roundsOf = async (act: () => Promise<{ status: number }>) => {
    await store.drain();
    take();
    const { status } = await act();
    return { status, rounds: take().rounds };
  };

  it("is one for reading an object with permissions and groups", async () => {
    expect(await roundsOf(() => store.get(`${records}/r`))).toEqual({ status: 200, rounds: 1 });
    expect(await roundsOf(() => store.get(`${records}/r`, { as: "bob" }))).toEqual({ status: 200, rounds: 1 });
    expect(await roundsOf(() => store.get(`${records}/r`, { as: null }))).toEqual({ status: 401, rounds: 1 });
  });

  it("is two when access depends on further groups", async () => {
    expect(await roundsOf(() => store.get(`${records}/r`, { as: "eve" }))).toEqual({ status: 403, rounds: 2 });
  });

  it("is two for a list, and one if it is unchanged", async () => {
    expect(await roundsOf(() => store.get(records))).toEqual({ status: 200, rounds: 2 });
    expect(await roundsOf(() => store.get(records))).toEqual({ status: 200, rounds: 1 });
    const { headers } = await store.get(records);
    expect(
      await roundsOf(() => store.get(records, { headers: { "if-none-match": headers.get("etag") ?? "" } })),
    ).toEqual({ status: 304, rounds: 1 });
  });

  it("is two for a write", async () => {
    expect(await roundsOf(() => store.post(records, { data: { n: 2 } }))).toEqual({ status: 201, rounds: 2 });
    expect(await roundsOf(() => store.put(`${records}/r`, { data: { n: 3 } }))).toEqual({ status: 200, rounds: 2 });
    expect(await roundsOf(() => store.patch(`${records}/r`, { data: { n: 4 } }))).toEqual({ status: 200, rounds: 2 });
    expect(await roundsOf(() => store.delete(`${records}/r`))).toEqual({ status: 200, rounds: 2 });
    expect(await roundsOf(() => store.put("/buckets/b/collections/d"))).toEqual({ status: 201, rounds: 2 });
  });

  it("is two for a batch", async () => {
    const requests = [
      { method: "PUT", path: "/buckets/b/collections/e" },
      ...Array.from({ length: 10 }, (_, i) => ({
        method: "PUT",
        path: `/buckets/b/collections/e/records/r${i}`,
        body: { data: { i } },
      })),
      { method: "GET", path: `${records}/none` },
      { method: "DELETE", path: "/buckets/b/collections/d" },
    ];
    expect(await roundsOf(() => store.post("/batch", { requests }))).toEqual({ status: 200, rounds: 2 });
  });

  it("is two for the first write to a personal bucket, also in a batch", async () => {
    const path = "/buckets/default/collections/tasks/records/r";
    expect(await roundsOf(() => store.put(path, { data: {} }, { as: "dora" }))).toEqual({ status: 201, rounds: 2 });
    const requests = [1, 2, 3].map((i) => ({ method: "PUT", path: `${path}${i}` }));
    expect(await roundsOf(() => store.post("/batch", { requests }, { as: "emil" }))).toEqual({
      status: 200,
      rounds: 2,
    });
  });

  it("is two for deleting a bucket of any size", async () => {
    expect(await roundsOf(() => store.delete("/buckets/b"))).toEqual({ status: 200, rounds: 2 });
  });
});
