import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { definePlugin } from "@kintoun/kit";
import { startTestStore, type TestStore } from "@kintoun/testing";
import { counters } from "../../plugins/counters/index.ts";

const devices = definePlugin({ name: "devices", about: "Devices.", resources: { device: { about: "A device." } } });

let store: TestStore;
beforeAll(async () => {
  store = await startTestStore({ plugins: [devices(), counters({ lists: { device: "/devices" } })] });
});
afterAll(() => store.close());

const count = async () => (await store.get("/__counters__", { as: null })).body;

describe("counters", () => {
  it("show the numbers of objects and tombstones of all buckets, to everyone", async () => {
    expect(await count()).toEqual({ objects: {}, tombstones: {} });
    for (const bucket of ["a", "b"]) {
      await store.put(`/buckets/${bucket}`);
      await store.put(`/buckets/${bucket}/groups/g`, { data: { members: [] } });
      for (const id of ["c", "d"]) {
        await store.put(`/buckets/${bucket}/collections/${id}`);
        for (let n = 0; n < 3; n++) await store.put(`/buckets/${bucket}/collections/${id}/records/${n}`);
      }
    }
    await store.post("/devices", {});
    await store.delete("/buckets/a/collections/c/records/1");
    await store.delete("/buckets/a/collections/c/records/2");
    await store.put("/buckets/a/collections/c/records/2");
    await store.delete("/buckets/b/groups/g");

    expect(await count()).toEqual({
      objects: { bucket: 2, collection: 4, device: 1, group: 1, record: 11 },
      tombstones: { group: 1, record: 1 },
    });
    // Records and their tombstones end with their collection.
    await store.delete("/buckets/a/collections/c");
    expect(await count()).toEqual({
      objects: { bucket: 2, collection: 3, device: 1, group: 1, record: 9 },
      tombstones: { collection: 1, group: 1 },
    });
    expect((await store.get("/")).body.capabilities.counters_endpoint).toBeDefined();
  });

  it("show what a job has counted if the store is too large for a request", async () => {
    await using large = await startTestStore({ plugins: [counters({ maxSeconds: 0 })] });
    await large.put("/buckets/a");
    await large.put("/buckets/a/collections/c");

    const first = await large.get("/__counters__");
    expect([first.status, first.headers.get("retry-after")]).toEqual([503, "60"]);
    await large.drain();

    expect((await large.get("/__counters__")).body).toEqual({
      objects: { bucket: 1, collection: 1 },
      tombstones: {},
      counted: expect.any(Number),
    });
  });
});
