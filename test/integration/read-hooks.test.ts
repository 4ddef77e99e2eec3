import { afterEach, describe, expect, it } from "@jest/globals";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { startStore, type TestStore } from "../start-store.ts";
import { alice, boss, createReadPlugin, listIds, startWithGuard } from "./read-hook-store.ts";
import { R } from "./record-hooks.ts";

let store: TestStore;
afterEach(() => store?.close());

const put = (id: string, data: object) => store.put(`${R}/${id}`, { data }, boss);

describe("read hook", () => {
  it("redacts and refuses single objects, but not for the users that it lets read them", async () => {
    store = await startWithGuard();
    await put("a", { n: 1, salary: 10 });
    await put("s", { n: 2, secret: true });

    expect((await store.get(`${R}/a`, alice)).body.data).toEqual({ id: "a", n: 1, last_modified: expect.any(Number) });
    expect((await store.get(`${R}/a`, boss)).body.data).toMatchObject({ salary: 10 });
    expect(await store.get(`${R}/s`, alice)).toMatchObject({
      status: 403,
      body: { message: "This record is secret." },
    });
    expect((await store.get(`${R}/s`, boss)).status).toBe(200);
    expect((await store.get(`${R}/a?_fields=salary,n`, alice)).body.data).not.toHaveProperty("salary");
  });

  it("refuses an object also to a client that has its current state", async () => {
    store = await startWithGuard();
    const { headers } = await put("s", { secret: true });
    const conditional = { ...alice, headers: { "If-None-Match": headers.get("etag") ?? "" } };

    expect((await store.get(`${R}/s`, conditional)).status).toBe(403);
    expect((await store.request(`${R}/s`, { method: "HEAD", ...conditional })).status).toBe(403);
    expect((await store.get(`${R}/s`, { ...conditional, ...boss })).status).toBe(304);
  });

  it("redacts the entries of lists, leaves out refused ones and fills the page", async () => {
    store = await startWithGuard();
    for (let i = 0; i < 12; i++) await put(`r${i}`, { n: i, salary: i, ...(i % 2 === 1 && { secret: true }) });

    const first = await store.get(`${R}?_limit=4`, alice);
    expect(listIds(first.body)).toEqual(["r10", "r8", "r6", "r4"]);
    expect(JSON.stringify(first.body)).not.toContain("salary");
    const next = first.headers.get("next-page")?.replace(/^.*\/v1/, "") ?? "";
    expect(listIds((await store.get(next, alice)).body)).toEqual(["r2", "r0"]);
    expect((await store.get(next, alice)).headers.get("next-page")).toBeNull();
    expect(listIds((await store.get(`${R}?_limit=2&_sort=n`, alice)).body)).toEqual(["r0", "r2"]);
    expect((await store.get(R, boss)).body.data).toHaveLength(12);
  });

  it("counts only the entries that a user sees", async () => {
    store = await startWithGuard();
    await put("a", { salary: 1 });
    await put("s", { secret: true });
    const count = async (user: object, query = "") =>
      (await store.request(`${R}${query}`, { method: "HEAD", ...user })).headers.get("total-objects");

    expect([await count(alice), await count(boss)]).toEqual(["1", "2"]);
    expect([await count(alice, "?salary=1"), await count(boss, "?salary=1")]).toEqual(["0", "1"]);
    expect([await count(alice, "?_since=1"), await count(alice, "?has_secret=true")]).toEqual(["1", "0"]);
  });

  it("filters and sorts by what the user sees, so that nothing hidden can be guessed", async () => {
    store = await startWithGuard();
    for (const [id, salary] of [
      ["a", 30],
      ["b", 10],
      ["c", 20],
    ] as const)
      await put(id, { salary });

    for (const query of ["salary=10", "max_salary=20", "has_salary=true", "in_salary=10,20"])
      expect([query, (await store.get(`${R}?${query}`, alice)).body.data]).toEqual([query, []]);
    // A missing field sorts behind all values.
    for (const query of ["not_salary=10", "min_salary=20", "gt_salary=20"])
      expect([query, (await store.get(`${R}?${query}`, alice)).body.data.length]).toEqual([query, 3]);
    expect(listIds((await store.get(`${R}?_sort=salary,id`, alice)).body)).toEqual(["a", "b", "c"]);
    expect(listIds((await store.get(`${R}?_sort=salary,id`, boss)).body)).toEqual(["b", "c", "a"]);
  });

  it("keeps tombstones and timestamps, so that clients stay in step", async () => {
    store = await startWithGuard();
    const { headers } = await put("s", { secret: true });
    await put("fake", { deleted: true, secret: true });
    await store.delete(`${R}/s`, boss);
    const seen = await store.get(`${R}?_since=${headers.get("etag")?.replaceAll('"', "")}`, alice);

    expect(seen.body.data).toEqual([{ id: "s", deleted: true, last_modified: expect.any(Number) }]);
    expect(seen.headers.get("etag")).toBe((await store.get(R, boss)).headers.get("etag"));
    const again = await store.get(R, { ...alice, headers: { "If-None-Match": seen.headers.get("etag") ?? "" } });
    expect(again.status).toBe(304);
  });

  it("applies to each part of a batch, and to each format", async () => {
    store = await startWithGuard();
    await put("a", { n: 1, salary: 98765 });
    await put("s", { secret: true, n: 43210 });
    const requests = [`${R}/a`, `${R}/s`, R].map((path) => ({ path }));
    const { body } = await store.post("/batch", { requests }, alice);

    expect(body.responses.map(({ status }: { status: number }) => status)).toEqual([200, 403, 200]);
    expect(JSON.stringify(body)).not.toMatch(/98765|43210/);
    for (const Accept of ["text/csv", "application/xml", "application/x-ndjson"]) {
      const { status, body: text } = await store.get(R, { ...alice, headers: { Accept } });
      expect([Accept, status]).toEqual([Accept, 200]);
      expect(JSON.stringify(text)).not.toMatch(/98765|43210|salary/);
    }
  });

  it("applies to entries that are shared with a user", async () => {
    store = await startWithGuard();
    await store.put("/buckets/own", undefined, boss);
    await store.put("/buckets/own/collections/c", undefined, boss);
    const permissions = { read: [await store.userId("alice")] };
    const list = "/buckets/own/collections/c/records";
    await store.put(`${list}/a`, { data: { salary: 1 }, permissions }, boss);
    await store.put(`${list}/s`, { data: { secret: true }, permissions }, boss);

    expect((await store.get(list, alice)).body.data).toEqual([{ id: "a", last_modified: expect.any(Number) }]);
  });

  it("keeps shared caches away from what may differ by user", async () => {
    store = await startStore({
      plugins: [basicauth(), createReadPlugin(() => undefined, { collections: () => ["c"] })],
      settings: { recordCacheExpiresSeconds: 60 },
    });
    await store.put("/buckets/b");
    for (const id of ["c", "d"]) {
      await store.put(`/buckets/b/collections/${id}`, { permissions: { read: ["system.Everyone"] } });
      await store.put(`/buckets/b/collections/${id}/records/r`);
    }
    const cacheControl = async (path: string) =>
      (await store.get(`/buckets/b/collections/${path}`, { as: null })).headers.get("cache-control");

    for (const path of ["c/records", "c/records/r"]) expect(await cacheControl(path)).toBe("no-cache, no-store");
    for (const path of ["d/records", "d/records/r"]) expect(await cacheControl(path)).toBe("max-age=60");
  });
});
