import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { definePlugin, jsonResponse } from "@kintoun/kit";
import { basicauth } from "../../../plugins/basicauth/index.ts";
import { console as consolePlugin } from "../../../plugins/console/index.ts";
import { startStore, type TestStore } from "../../start-store.ts";

const failing = new Set<string>();
const received: string[] = [];

const shop = definePlugin({
  name: "shop",
  about: "Receives records.",
  listeners: {
    first: { on: ["record.create"], run: ({ uri }) => void received.push(uri) },
    second: {
      on: ["record.create"],
      retries: 1,
      run: ({ uri, new: data }) => {
        if (data?.fails === true) failing.add(uri);
        if (failing.has(uri) && data?.fails !== false) throw new Error("The warehouse is closed");
      },
    },
  },
  routes: {
    "GET /invitations/:key": { about: "Has a secret in its path.", run: () => jsonResponse({}) },
    "GET /broken": {
      about: "Fails.",
      run: () => {
        throw new Error("broken");
      },
    },
  },
});

const RECORDS = "/buckets/b/collections/c/records";

let store: TestStore;
beforeAll(async () => {
  const group = "/buckets/admins/groups/staff";
  store = await startStore({
    plugins: [basicauth(), shop(), consolePlugin({ administrators: [group] })],
    retryAfter: () => 0,
  });
  await store.put("/buckets/admins", undefined, { as: "admin" });
  await store.put(group, { data: { members: [await store.userId("admin")] } }, { as: "admin" });
  await store.put("/buckets/b");
  await store.put("/buckets/b/collections/c");
  await store.put(`${RECORDS}/good`, { data: {} });
  await store.put(`${RECORDS}/bad`, { data: { fails: true } });
  await store.get("/invitations/top-secret");
  await store.get("/invitations/top-secret/");
  await store.get("/elsewhere/top-secret/");
  for (const path of ["/invitations/top-secret", "//v1/invitations/top-secret"])
    await fetch(new URL(store.url).origin + path, { redirect: "manual" });
  await store.get("/broken");
  await store.get("/buckets/none", { as: null });
  await store.drain();
});
afterAll(() => store.close());

const read = async (path: string) => (await store.get(`/__operations__${path}`, { as: "admin" })).body.data;

describe("endpoints for administrators", () => {
  it.each([
    ["GET", "/queues"],
    ["GET", "/dead-letters/shop-second"],
    ["GET", "/dead-letters/shop-second/x"],
    ["DELETE", "/dead-letters/shop-second/x"],
    ["POST", "/dead-letters/shop-second/redrive"],
    ["GET", "/events"],
    ["GET", "/requests"],
    ["GET", "/request-totals"],
  ])("%s %s refuses others", async (method, path) => {
    const request = { method, body: method === "POST" ? {} : undefined };
    expect((await store.request(`/__operations__${path}`, { ...request, as: null })).status).toBe(401);
    expect((await store.request(`/__operations__${path}`, { ...request, as: "alice" })).status).toBe(403);
  });

  it("does not let others replay", async () => {
    const start = { listener: "shop-first" };
    expect((await store.post("/actions/replay", start, { as: "alice" })).status).toBe(403);
  });
});

it("refuses anyone as an administrator", async () => {
  const starting = startStore({ plugins: [consolePlugin({ administrators: ["system.Everyone"] })] });
  await expect(starting).rejects.toThrow("administrators.0: would let anyone read all activity");
});

describe("events", () => {
  it("have their deliveries with all attempts, newest first", async () => {
    const [bad, good] = await read(`/events?uri=${RECORDS}`);
    expect(good).toMatchObject({
      id: expect.stringContaining(`${RECORDS}/good@`),
      uri: `${RECORDS}/good`,
      action: "create",
      resource: "record",
      user: await store.userId("alice"),
      time: expect.any(Number),
      deliveries: [
        { listener: "shop-first", result: "delivered", attempts: [{ attempt: 1, outcome: "delivered" }] },
        { listener: "shop-second", result: "delivered" },
      ],
    });
    expect(bad.deliveries[1]).toMatchObject({
      listener: "shop-second",
      result: "dead",
      attempts: [
        { attempt: 1, outcome: "failed", error: "Error: The warehouse is closed", retry_in_seconds: 0 },
        { attempt: 2, outcome: "dead", error: "Error: The warehouse is closed" },
      ],
    });
  });

  it("are listed even if no listener receives them, and have no content of objects", async () => {
    const [bucket] = await read("/events?uri=/buckets/b&_limit=200").then((all: { uri: string }[]) => all.toReversed());
    expect(bucket).toMatchObject({ uri: "/buckets/b", deliveries: [] });
    expect(JSON.stringify(await read("/events"))).not.toContain("fails");
  });

  it("are filtered by listener and result", async () => {
    expect(await read("/events?listener=shop-second&result=dead")).toHaveLength(1);
    expect(await read("/events?listener=shop-first&result=dead")).toHaveLength(0);
    expect((await store.get("/__operations__/events?result=lost", { as: "admin" })).status).toBe(400);
  });

  it("come in pages without gaps or repetitions", async () => {
    const all = await read("/events?_limit=200");
    const ids: string[] = [];
    for (let path: string | undefined = "/__operations__/events?_limit=2"; path !== undefined; ) {
      const { body, headers } = await store.get(path, { as: "admin" });
      ids.push(...body.data.map(({ id }: { id: string }) => id));
      path = headers.get("next-page")?.slice(store.url.length);
    }
    expect(ids).toEqual(all.map(({ id }: { id: string }) => id));
  });
});

describe("requests", () => {
  it("have time, use and cost, and no secrets", async () => {
    const requests = await read("/requests?_limit=500");
    const put = requests.find(({ path }: { path: string }) => path === `${RECORDS}/good`);
    expect(put).toMatchObject({
      method: "PUT",
      status: 201,
      route: "/buckets/:bucket/collections/:collection/records/:id",
      user: await store.userId("alice"),
      calls: expect.any(Number),
      bytes: expect.any(Number),
    });
    expect(put.calls).toBeGreaterThan(1);
    expect(put.read_units).toBeGreaterThan(0);
    expect(put.write_units).toBeGreaterThan(0);
    expect(put.cost_usd).toBeGreaterThan(0.000001);
    expect(JSON.stringify(requests)).not.toContain("top-secret");
    expect(requests.some(({ path }: { path: string }) => path.includes("__operations__"))).toBe(false);
  });

  it("are listed by errors, by time and by endpoint", async () => {
    const errors = await read("/requests?errors=true");
    expect(errors.map(({ status }: { status: number }) => status)).toEqual([403, 401, 500, 404]);
    const [slowest, ...others] = await read("/requests?_sort=-ms");
    expect(others.every(({ ms }: { ms: number }) => ms <= slowest.ms)).toBe(true);
    const totals = await read("/request-totals");
    expect(totals).toContainEqual(
      expect.objectContaining({ method: "GET", route: "/broken", requests: 1, errors: 1, calls: expect.any(Number) }),
    );
  });

  it("come in pages", async () => {
    const all = await read("/requests?_limit=500");
    const first = await store.get("/__operations__/requests?_limit=3", { as: "admin" });
    const next = first.headers.get("next-page")?.slice(store.url.length) ?? "";
    const second = await store.get(next, { as: "admin" });
    expect([...first.body.data, ...second.body.data]).toEqual(all.slice(0, 6));
    expect((await store.get("/__operations__/requests?_token=x", { as: "admin" })).status).toBe(400);
  });
});

describe("queues", () => {
  it("have their depths, tries and ages", async () => {
    const queues = await read("/queues");
    expect(queues.find(({ name }: { name: string }) => name === "shop-second")).toEqual({
      name: "shop-second",
      ordered: false,
      tries: 2,
      waiting: 0,
      delayed: 0,
      in_flight: 0,
      dead: 1,
      oldest_seconds: 0,
      can_replay: true,
    });
    expect(queues.at(-1)).toMatchObject({ name: "dispatch-failures", dead: 0, can_replay: false });
  });

  it("are unknown with a suggestion", async () => {
    const { status, body } = await store.get("/__operations__/dead-letters/shop-seconds", { as: "admin" });
    expect([status, body.message]).toEqual([404, "There is no queue 'shop-seconds'. Did you mean 'shop-second'?"]);
  });
});

describe("dead letters", () => {
  it("have their error, can be edited, redriven and deleted", async () => {
    const path = "/__operations__/dead-letters/shop-second";
    const [letter] = await read("/dead-letters/shop-second");
    expect(letter).toMatchObject({
      error: "Error: The warehouse is closed",
      stack: expect.stringContaining("events.test.ts"),
      attempts: 2,
      time: expect.any(Number),
    });
    expect((await store.get(`${path}/${letter.id}`, { as: "admin" })).body.data).toEqual(letter);
    const redrive = (body: object) => store.post(`${path}/redrive`, body, { as: "admin" });

    expect((await redrive({ ids: [letter.id], body: "{" })).status).toBe(400);
    expect((await redrive({ body: "{}" })).status).toBe(400);
    expect((await redrive({ ids: ["none"] })).status).toBe(404);
    expect((await redrive({})).body.data).toEqual({ redriven: [letter.id] });
    await store.drain();
    const [again] = await read("/dead-letters/shop-second");
    const body = again.body.replace('"fails":true', '"fails":false');
    expect((await redrive({ ids: [again.id], body })).status).toBe(200);
    await store.drain();
    expect(await read("/dead-letters/shop-second")).toEqual([]);

    await store.put(`${RECORDS}/worse`, { data: { fails: true } });
    await store.drain();
    const [third] = await read("/dead-letters/shop-second");
    expect((await store.delete(`${path}/${third.id}`, { as: "admin" })).status).toBe(200);
    expect((await store.delete(`${path}/${third.id}`, { as: "admin" })).status).toBe(404);
    expect(await read("/dead-letters/shop-second")).toEqual([]);
  });
});

describe("a replay", () => {
  it("is a job that sends existing objects to a listener", async () => {
    received.length = 0;
    const start = { listener: "shop-first", prefix: RECORDS };
    const { status, body } = await store.post("/actions/replay", start, { as: "admin" });
    expect(status).toBe(202);
    await store.drain();
    const job = (await store.get(`/jobs/${body.job_id}`, { as: "admin" })).body;
    expect(job).toMatchObject({ status: "succeeded", result: { sent: 3, checked: 3 } });
    expect(received.toSorted()).toEqual(["bad", "good", "worse"].map((id) => `${RECORDS}/${id}`));
  });
});
