import { describe, expect, it } from "@jest/globals";
import { basicauth } from "../../../plugins/basicauth/index.ts";
import { history } from "../../../plugins/history/index.ts";
import { startStore, type TestStore } from "../../start-store.ts";

// HISTORY_ENTRIES=100000 makes the number of entries that are trimmed while others are written larger.
const ENTRIES = Number(process.env.HISTORY_ENTRIES ?? 150);
const TIME_LIMIT_MS = 120_000 + 40 * ENTRIES;
const MAX_COUNT = 60;

/** Lets the schedule `trim` run. */
const trim = async (store: TestStore): Promise<number> => {
  store.clock.advance(3600_000);
  await store.drain({ within: 60_000 + 20 * ENTRIES });
  const { body } = await store.get("/jobs?_limit=1", { as: "operator" });
  expect(body.data[0]).toMatchObject({ schedule: "trim", status: "succeeded" });
  return (await store.get(`/jobs/${body.data[0].id}`, { as: "operator" })).body.result.trimmed;
};
const start = async (options: Parameters<typeof history>[0]) => {
  const store = await startStore({
    plugins: [basicauth(), history({ trimSchedule: "0 * * * *", ...options })],
    settings: { jobsReadPrincipals: ["system.Authenticated"] },
  });
  store.clock.set("2030-01-01T00:30:00Z");
  // From here on, what is due is run.
  await store.drain();
  return store;
};
const write = async (store: TestStore, bucket: string, count: number, name = "r") => {
  for (let done = 0; done < count; done += 25)
    await store.post("/batch", {
      defaults: { method: "PUT" },
      requests: Array.from({ length: Math.min(25, count - done) }, (_, index) => ({
        path: `${bucket}/collections/c/records/${name}${done + index}`,
      })),
    });
};
const count = async (store: TestStore, bucket: string) =>
  Number((await store.request(`${bucket}/history`, { method: "HEAD" })).headers.get("total-objects"));

describe("trimming", () => {
  it(
    "keeps the newest entries of each bucket while others are written",
    async () => {
      await using store = await start({ maxCount: MAX_COUNT });
      for (const bucket of ["/buckets/a", "/buckets/b"]) {
        await store.put(bucket);
        await store.put(`${bucket}/collections/c`);
      }
      await write(store, "/buckets/a", ENTRIES);
      await write(store, "/buckets/b", 10);

      const [trimmed] = await Promise.all([trim(store), write(store, "/buckets/a", 50, "meanwhile")]);
      expect(trimmed).toBeGreaterThanOrEqual(ENTRIES + 2 - MAX_COUNT);
      // What was written meanwhile is trimmed by the next run.
      await trim(store);
      expect(await count(store, "/buckets/a")).toBe(MAX_COUNT);
      expect(await count(store, "/buckets/b")).toBe(12);
      const { body } = await store.get("/buckets/a/history?_limit=60");
      const names = body.data.map(({ record_id: id }: { record_id: string }) => id.replace(/\d+$/, ""));
      expect(names.filter((name: string) => name === "meanwhile")).toHaveLength(50);
    },
    TIME_LIMIT_MS,
  );

  it("deletes entries of a certain age", async () => {
    await using store = await start({ maxAgeDays: 2, trimSchedule: "0 1 * * *" });
    await store.put("/buckets/a");
    await store.put("/buckets/a/collections/c");
    store.clock.set("2030-01-02T00:30:00Z");

    expect(await trim(store)).toBe(0);
    store.clock.set("2030-01-03T00:30:00Z");
    await store.put("/buckets/a/collections/d");
    expect(await trim(store)).toBe(2);
    expect((await store.get("/buckets/a/history")).body.data).toMatchObject([{ collection_id: "d" }]);
    // A time before the entries that are left.
    const at = Date.parse("2030-01-01T01:00:00Z");
    expect((await store.get(`/buckets/a/collections/c?_at=${at}`)).status).toBe(200);
    await store.patch("/buckets/a/collections/c", { data: { n: 1 } });
    expect((await store.get(`/buckets/a/collections/c?_at=${at}`)).status).toBe(400);
  });
});
