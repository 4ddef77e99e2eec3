import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { startStore, type TestStore } from "../../start-store.ts";

let store: TestStore;
let made = 0;
beforeAll(async () => {
  store = await startStore({ settings: { paginateBy: 3 } });
});
afterAll(() => store.close());

const newRecords = async (): Promise<string> => {
  const bucket = `/buckets/b${made++}`;
  await store.put(bucket);
  await store.put(`${bucket}/collections/c`);
  return `${bucket}/collections/c/records`;
};

describe("a list", () => {
  it("includes tombstones between bounds, and does not count them", async () => {
    const records = await newRecords();
    for (const id of ["a", "b", "c"]) await store.put(`${records}/${id}`, {});
    await store.delete(`${records}/b`);

    expect((await store.get(`${records}?_since=0`)).body.data.map(({ id }: { id: string }) => id)).toEqual([
      "b",
      "c",
      "a",
    ]);
    for (const query of ["", "?_since=0", "?_since=0&_limit=1"]) {
      expect((await store.request(`${records}${query}`, { method: "HEAD" })).headers.get("total-objects")).toBe("2");
    }
  });

  it("that never changed has a timestamp when it is deleted", async () => {
    const { headers, body } = await store.delete("/buckets", { as: "newcomer" });

    expect(body.data).toEqual([]);
    expect(Number(headers.get("etag")?.slice(1, -1))).toBeGreaterThan(1e12);
  });

  it("with shared objects is deleted page by page, only where the user can write", async () => {
    const records = await newRecords();
    const bob = await store.userId("bob");
    for (let i = 0; i < 8; i++)
      await store.put(`${records}/r${i}`, { permissions: { [i === 0 ? "read" : "write"]: [bob] } });

    const sizes: number[] = [];
    for (let next: string | null = records; next !== null; ) {
      const { body, headers } = await store.delete(next, { as: "bob" });
      sizes.push(body.data.length);
      next = headers.get("next-page");
    }

    expect(sizes).toEqual([3, 3, 1]);
    expect((await store.get(records)).body.data.map(({ id }: { id: string }) => id)).toEqual(["r0"]);
  });

  it("is deleted by one of several concurrent requests with If-Match; the others get 412", async () => {
    for (let round = 0; round < 10; round++) {
      const records = await newRecords();
      for (const id of ["a", "b"]) await store.put(`${records}/${id}`, {});
      const state = (await store.get(records)).headers.get("etag") ?? "";

      const answers = await Promise.all(
        Array.from({ length: 6 }, () => store.delete(records, { headers: { "If-Match": state } })),
      );

      expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 412, 412, 412, 412, 412]);
    }
  });
});
