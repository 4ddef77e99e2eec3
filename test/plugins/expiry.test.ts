import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { startTestStore, type TestStore } from "@kintoun/testing";
import { deleteExpired } from "../../plugins/expiry/delete-expired.ts";
import { dueTime } from "../../plugins/expiry/due-time.ts";
import { expiry } from "../../plugins/expiry/index.ts";
import { findRule, options } from "../../plugins/expiry/options.ts";

const MINUTE = 60_000;
const START = Date.UTC(2030, 0, 1, 12, 0, 30);
const rules = [
  { buckets: ["app"], collections: ["sessions"] },
  { collections: ["cache-*"], field: "until", seconds: 3600 },
];

let store: TestStore;
beforeAll(async () => {
  store = await startTestStore({ plugins: [expiry({ rules })] });
  store.clock.set(new Date(START).toISOString());
  await store.put("/buckets/app");
  for (const id of ["sessions", "cache-1", "notes"]) await store.put(`/buckets/app/collections/${id}`);
});
afterAll(() => store.close());

const sessions = "/buckets/app/collections/sessions/records";
const put = (id: string, expires: unknown, list = sessions) => store.put(`${list}/${id}`, { data: { expires } });

describe("expiry", () => {
  it("hides records at their time, and deletes them by a job with tombstones", async () => {
    const now = START;
    await put("a", now + MINUTE);
    await put("b", new Date(now + MINUTE).toISOString());
    await put("later", now + 600 * MINUTE);
    await store.post(sessions, { data: { id: "forever" } });
    await put("other", now, "/buckets/app/collections/notes/records");
    await store.drain();
    const before = (await store.request(sessions, { method: "HEAD" })).headers;

    store.clock.set(new Date(now + MINUTE).toISOString());
    expect((await store.get(`${sessions}/a`)).body).toMatchObject({ code: 404, message: "The record has expired." });
    const again = await store.post(sessions, { data: { id: "a", expires: now + 9 * MINUTE } });
    expect([again.status, again.body.message]).toEqual([409, expect.stringContaining("The record has expired.")]);
    expect((await store.get(sessions)).body.data.map(({ id }: { id: string }) => id)).toEqual(["forever", "later"]);
    expect((await store.request(sessions, { method: "HEAD" })).headers.get("total-objects")).toBe("2");

    store.clock.set(new Date(START + 5 * MINUTE).toISOString());
    await store.drain();
    const changes = (await store.get(`${sessions}?_since=${before.get("etag")}`)).body.data;
    expect(changes.map(({ id, deleted }: { id: string; deleted: boolean }) => [id, deleted]).toSorted()).toEqual([
      ["a", true],
      ["b", true],
    ]);
    expect((await store.get("/buckets/app/collections/notes/records")).body.data).toHaveLength(1);
  });

  it("keeps records that have got more time, also while the job runs", async () => {
    const { services } = { services: await store.getServices("expiry") };
    const { data, index, dueOf } = services as Parameters<typeof deleteExpired>[0];
    const due = Date.now() + 10 ** 9;
    await put("x", due);
    await put("y", due);
    await store.drain();
    const job = { checkpoint: async () => undefined } as never;
    const deleting = (services as { deleting: Set<string> }).deleting;
    // The last reading of the record shows it as due; then its user extends it.
    const slow = {
      ...data,
      get: async (uri: string) => {
        const record = await data.get(uri);
        if (uri.endsWith("/x")) await put("x", due + 10 ** 9);
        return record;
      },
    };
    store.clock.set(new Date(due).toISOString());
    const context = {
      data: slow,
      index,
      dueOf,
      deleting,
      job,
      now: () => due,
      log: { warn: () => undefined } as never,
    };

    expect(await deleteExpired(context)).toEqual({ deleted: 1 });
    expect((await store.get(`${sessions}/x`)).status).toBe(200);
    expect((await store.get(`${sessions}/y`)).status).toBe(404);
    expect(await deleteExpired(context)).toEqual({ deleted: 0 });
    await store.drain();
    store.clock.set(new Date(due + 10 ** 9).toISOString());
    expect(await deleteExpired({ ...context, data, now: () => due + 10 ** 9 })).toMatchObject({
      deleted: expect.any(Number),
    });
    expect((await store.get(`${sessions}/x`)).status).toBe(404);
  });

  it("refuses values that are no times", async () => {
    for (const wrong of ["soon", "2030-13-01", 1_700_000_000, 1.5, true, 10 ** 17])
      expect((await put("wrong", wrong)).body.message).toContain("data.expires is no time");
    expect((await put("right", null)).status).toBe(201);
  });

  it("expires records without the field some time after their last change, if a rule says so", () => {
    const config = options.parse({ rules });
    const rule = findRule(config, "any", "cache-2");
    const due = (data: object) => rule && dueTime(rule, data as never);

    expect(due({ last_modified: 5 * 10 ** 11 })).toBe(5 * 10 ** 11 + 3600 * 1000);
    expect(due({ last_modified: 5 * 10 ** 11, until: "2030-01-01" })).toBe(Date.UTC(2030, 0, 1));
    expect(due({ last_modified: 5 * 10 ** 11, until: "2030-01-01T00:00:00+01:00" })).toBe(Date.UTC(2029, 11, 31, 23));
    expect(findRule(config, "other", "sessions")).toBeUndefined();
    expect(findRule(config, "app", "cache")).toBeUndefined();
  });

  it.each([
    ["a*c", "abc", true],
    ["a*c", "ac", true],
    ["a*b*c", "a-b-c", true],
    ["a*a", "a", false],
    ["*", "x", true],
    ["a*", "ba", false],
    ["*x*", "axb", true],
  ])("compares the pattern %s with %s", (pattern, id, matches) => {
    const config = options.parse({ rules: [{ collections: [pattern] }] });
    expect(findRule(config, "b", id) !== undefined).toBe(matches);
  });
});
