/** @slow */

import { mkdtempSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "@jest/globals";
import { definePlugin, type Plugin } from "@kintoun/kit";
import {
  startTestStore,
  startWebhookSink,
  type TestStore,
  type WebhookRequest,
  type WebhookSink,
} from "@kintoun/testing";
import { Webhook } from "standardwebhooks";
import { readConfig } from "../../config/config.ts";
import { createJsonLog } from "../../core/ports/log.ts";
import { startCloud } from "../../local/cloud.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { webhooks } from "../../plugins/webhooks/index.ts";
import { createClient, createRequester } from "../../testing/client.ts";
import { waitUntil } from "../wait-until.ts";

const C = "/buckets/b/collections/c";
const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

type Options = NonNullable<Parameters<typeof webhooks>[0]>;

/** Less than the time until the first retry. */
const NO_RETRIES = { retryDays: 0.000_01 };

/**
 * Starts a store with a collection, and a sink for its webhooks. Retries advance the clock; `waits` has their seconds.
 */
const start = async (options: Options = {}, more: Parameters<typeof startTestStore>[0] = {}) => {
  const sink = await startWebhookSink();
  open.push(sink);
  const waits: number[] = [];
  const retryAfter = (_: number, seconds?: number) => {
    if (seconds !== undefined) waits.push(seconds);
    store.clock.advance((seconds ?? 3600) * 1000);
    return 0;
  };
  const store: TestStore = await startTestStore({
    plugins: [webhooks({ private: true, ...options })],
    retryAfter,
    ...more,
  });
  open.push(store);
  store.clock.set(Date.now());
  await store.put("/buckets/b");
  await store.put(C);
  return { store, sink, waits };
};
const setHooks = (store: TestStore, ...hooks: readonly object[]) => store.patch(C, { data: { webhooks: hooks } });

/** Verifies a request with the specification's own package and returns its body. */
const verify = ({ text, headers }: WebhookRequest, secret: string): unknown =>
  new Webhook(secret).verify(text, headers as Record<string, string>);
const getSecrets = async (store: TestStore, hook = "h"): Promise<string[]> =>
  (await store.get(`${C}/webhooks/${hook}`)).body.data.secrets;
const listDeliveries = async (store: TestStore, hook = "h", query = "") =>
  (await store.get(`${C}/webhooks/${hook}/deliveries${query}`)).body.data;
/** The state and the statuses of the attempts of each delivery, newest first. */
const listStatuses = async (store: TestStore, hook = "h") =>
  (await listDeliveries(store, hook)).map(({ state, attempts }: { state: string; attempts: { status: number }[] }) => [
    state,
    ...attempts.map(({ status }) => status),
  ]);
/** Waits for the first delivery and returns its id. */
const waitForDelivery = async (store: TestStore): Promise<string> => {
  await waitUntil("there is a delivery", async () => (await listDeliveries(store)).length > 0);
  return (await listDeliveries(store))[0].id;
};
const listPaths = ({ requests }: WebhookSink) => requests.map(({ path }) => path).sort();

/** Runs an action on the collection and returns its job. */
const runAction = async (store: TestStore, action: string, params: object) => {
  const response = await store.post(`${C}/actions/${action}`, params);
  expect(response.status).toBe(202);
  await store.drain();
  const { status, result, error } = (await store.get(`/jobs/${response.body.job_id}`)).body;
  return { status, result, error };
};

describe("webhooks › hook in metadata", () => {
  it("receives changes of records, signed with its secret", async () => {
    const { store, sink } = await start();
    expect((await setHooks(store, { id: "h", url: `${sink.url}/hook?a=b` })).status).toBe(200);
    const { body } = await store.put(`${C}/records/r`, { data: { n: 1 } });
    await store.drain();
    await store.put(`${C}/records/r`, { data: { n: 2 } });
    await store.drain();
    await store.delete(`${C}/records/r`);
    await store.drain();

    const [created, updated, deleted] = sink.requests;
    expect(created).toMatchObject({
      method: "POST",
      path: "/hook?a=b",
      headers: { "content-type": "application/json" },
    });
    expect(created?.body).toEqual({
      type: "record.create",
      timestamp: new Date(body.data.last_modified).toISOString(),
      data: {
        event: {
          id: `${C}/records/r@${body.data.last_modified}`,
          action: "create",
          resource_name: "record",
          uri: `${C}/records/r`,
          bucket_id: "b",
          collection_id: "c",
          record_id: "r",
          user_id: "testuser:alice",
          timestamp: body.data.last_modified,
        },
        impacted_records: [{ new: body.data }],
      },
    });
    expect(updated?.body).toMatchObject({
      type: "record.update",
      data: { impacted_records: [{ new: { n: 2 }, old: { n: 1 } }] },
    });
    expect(deleted?.body).toMatchObject({ type: "record.delete", data: { impacted_records: [{ old: { n: 2 } }] } });
    const [secret = ""] = await getSecrets(store);
    for (const request of sink.requests) expect(verify(request, secret)).toEqual(request.body);
    expect(() => verify({ ...(created as WebhookRequest), text: `${created?.text} ` }, secret)).toThrow(
      "No matching signature found",
    );
    expect(new Set(sink.requests.map(({ headers }) => headers["webhook-id"])).size).toBe(3);
  });

  it("receives only its own actions in its own collection", async () => {
    const { store, sink } = await start();
    await setHooks(
      store,
      { id: "new", url: `${sink.url}/new`, on: ["create"] },
      { id: "rest", url: `${sink.url}/rest`, on: ["update", "delete"] },
    );
    await store.put("/buckets/b/collections/other");
    await store.put("/buckets/b/collections/other/records/r");
    await store.put(`${C}/records/r`);
    await store.patch(`${C}/records/r`, { data: { n: 1 } });
    await store.delete(`${C}/records/r`);
    await store.put("/buckets/b/groups/g", { data: { members: [] } });
    await store.drain();

    expect(listPaths(sink)).toEqual(["/new", "/rest", "/rest"]);
  });

  it("retries a failing receiver under the same id, without repeating other hooks", async () => {
    const { store, sink } = await start();
    let failures = 3;
    sink.respondWith(({ path }) => (path === "/healthy" || failures-- <= 0 ? 204 : ([503, 500, 429][failures] ?? 503)));
    await setHooks(store, { id: "failing", url: `${sink.url}/failing` }, { id: "healthy", url: `${sink.url}/healthy` });
    await store.put(`${C}/records/r`);
    await store.drain();

    expect(listPaths(sink)).toEqual(["/failing", "/failing", "/failing", "/failing", "/healthy"]);
    const ids = sink.requests
      .filter(({ path }) => path === "/failing")
      .map(({ headers, text }) => `${headers["webhook-id"]} ${text}`);
    expect(new Set(ids).size).toBe(1);
    expect(await listStatuses(store, "failing")).toEqual([["delivered", 429, 500, 503, 204]]);
    expect(await listStatuses(store, "healthy")).toEqual([["delivered", 204]]);
    expect(await store.deadLetterCount("webhooks-post")).toBe(0);
  });

  it("fails when its retries with backoff have lasted for the days in the options, without a dead letter", async () => {
    const { store, sink, waits } = await start({ retryDays: 0.1 });
    sink.respondWith(500);
    await setHooks(store, { id: "h", url: sink.url });
    await store.put(`${C}/records/r`);
    await store.drain();

    expect([sink.requests.length, waits]).toEqual([8, [2, 8, 32, 128, 512, 2048, 3600]]);
    expect([store.metrics("EventsPostponed", "webhooks-post"), store.metrics("EventsFailed", "webhooks-post")]).toEqual(
      [[7], []],
    );
    expect(await listDeliveries(store)).toMatchObject([
      { state: "failed", tries: 8, type: "record.create", uri: `${C}/records/r` },
    ]);
    expect(await store.deadLetterCount("webhooks-post")).toBe(0);
  });

  it("is retried for three days by default", async () => {
    const { store, sink, waits } = await start();
    const begun = store.clock.now();
    sink.respondWith(503);
    await setHooks(store, { id: "h", url: sink.url });
    await store.put(`${C}/records/r`);
    await store.drain();

    const [{ tries, attempts }] = await listDeliveries(store);
    expect([tries, Math.max(...waits), attempts.length]).toEqual([78, 3600, 20]);
    expect((attempts.at(-1).at - begun) / 3_600_000).toBeCloseTo(71.7, 0);
  });

  it("retries when the server cannot be reached", async () => {
    const { store, sink } = await start(NO_RETRIES);
    await sink.close();
    await setHooks(store, { id: "h", url: sink.url });
    await store.put(`${C}/records/r`);
    await store.drain();

    const [{ state, attempts }] = await listDeliveries(store);
    expect([state, attempts]).toEqual([
      "failed",
      [
        {
          at: expect.any(Number),
          ms: expect.any(Number),
          status: null,
          error: "The server could not be reached (ECONNREFUSED).",
        },
      ],
    ]);
  });

  it("is retried on statuses that do not mean success or the end", async () => {
    const statuses = [301, 302, 400, 401, 404, 408, 409, 422, 425, 429, 500, 599];
    const { store, sink } = await start();
    const answered = new Set<string>();
    sink.respondWith(({ path }) => {
      const status = answered.has(path) ? 204 : Number(path.slice(1));
      answered.add(path);
      return { status, headers: { location: "/elsewhere" }, body: "no secrets in the log" };
    });
    const [some, others] = [statuses.slice(0, 6), statuses.slice(6)];
    for (const part of [some, others]) {
      await setHooks(store, ...part.map((status) => ({ id: `h${status}`, url: `${sink.url}/${status}` })));
      await store.put(`${C}/records/r`, { data: { part } });
      await store.drain();
      for (const status of part) {
        expect([status, await listStatuses(store, `h${status}`)]).toEqual([status, [["delivered", status, 204]]]);
        expect(JSON.stringify(await listDeliveries(store, `h${status}`))).not.toContain("secrets");
      }
    }
    expect(listPaths(sink)).toEqual(statuses.flatMap((status) => [`/${status}`, `/${status}`]).toSorted());
  });

  it.each([200, 410])(
    "heeds status %i of a response whose body never ends, and closes the connection",
    async (status) => {
      const { store } = await start();
      let count = 0;
      const closed = Promise.withResolvers<void>();
      const server = createServer((request, response) => {
        count++;
        request.resume().socket.once("close", () => closed.resolve());
        response.writeHead(status, { "content-type": "text/event-stream" }).write("data: 1\n\n");
      });
      await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
      await setHooks(store, { id: "h", url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
      await store.put(`${C}/records/r`);
      await store.drain();

      expect(await listStatuses(store)).toEqual([[status === 200 ? "delivered" : "failed", status]]);
      expect(count).toBe(1);
      await closed.promise;
      server.close();
    },
  );

  it("follows a redirect with 307 or 308", async () => {
    const { store, sink } = await start();
    sink.respondWith(({ path }) => (path === "/" ? { status: 308, headers: { location: "/elsewhere" } } : 204));
    await setHooks(store, { id: "h", url: sink.url });
    await store.put(`${C}/records/r`);
    await store.drain();

    expect(await listStatuses(store)).toEqual([["delivered", 204]]);
    expect(sink.requests[1]).toMatchObject({ method: "POST", path: "/elsewhere", text: sink.requests[0]?.text });
  });

  it("waits for Retry-After, at most an hour, without delaying other hooks", async () => {
    const { store, sink } = await start({ retryDays: 0.16 });
    const asks = ["100", "999999", "0", new Date(store.clock.now() + 10_000_000).toUTCString(), "soon", "-5"];
    const times: Record<string, number[]> = { "/asks": [], "/failing": [] };
    const begun = store.clock.now();
    sink.respondWith(({ path }) => {
      times[path]?.push((store.clock.now() - begun) / 1000);
      const ask = path === "/asks" ? asks.shift() : "";
      return ask === undefined ? 204 : { status: 429, ...(ask !== "" && { headers: { "retry-after": ask } }) };
    });
    await setHooks(store, { id: "asks", url: `${sink.url}/asks` }, { id: "failing", url: `${sink.url}/failing` });
    await store.put(`${C}/records/r`);
    await store.drain();

    // The longer of Retry-After and the backoff, but never soon after an attempt of another webhook when both are old.
    expect(times["/asks"]).toEqual([0, 100, 3700, 3752, 7352, 7864, 9912]);
    expect(times["/failing"]).toEqual([0, 2, 10, 42, 170, 682, 2730, 6330, 10_050, 13_650]);
    expect([await listStatuses(store, "asks"), await store.deadLetterCount("webhooks-post")]).toEqual([
      [["delivered", 429, 429, 429, 429, 429, 429, 204]],
      0,
    ]);
  });

  it("is retried beside others with other delays, and comes back less than 82 times a day: 990 in 12 days", async () => {
    const { store, sink } = await start({ retryDays: 3 });
    sink.respondWith(({ path }) => ({ status: 503, headers: { "retry-after": String(path.length * 700) } }));
    await setHooks(store, ...["a", "bb", "ccc"].map((id) => ({ id, url: `${sink.url}/${id}` })));
    await store.put(`${C}/records/r`);
    await store.drain();

    for (const hook of ["a", "bb", "ccc"]) {
      const [{ state, attempts, created_at }] = await listDeliveries(store, hook);
      expect([state, Math.round((attempts.at(-1).at - created_at) / 86_400_000)]).toEqual(["failed", 3]);
    }
    expect(store.metrics("EventsPostponed", "webhooks-post")[0]).toBeLessThan(3 * 82);
    expect(await store.deadLetterCount("webhooks-post")).toBe(0);
  });

  it("fails alone if its secret is invalid", async () => {
    const sink = await startWebhookSink();
    open.push(sink);
    const hooks = [{ id: "audit", url: `${sink.url}/audit`, secret: { parameter: "/kintoun/audit" } }];
    const { store } = await start({ hooks }, { secrets: { webhooks: { "audit-secret": "hunter2" } } });
    let failures = 1;
    sink.respondWith(({ path }) => (path === "/failing" && failures-- > 0 ? 503 : 204));
    await setHooks(store, { id: "failing", url: `${sink.url}/failing` }, { id: "healthy", url: `${sink.url}/healthy` });
    await store.put(`${C}/records/r`);
    await store.drain();

    expect(listPaths(sink)).toEqual(["/failing", "/failing", "/healthy"]);
    const [line = ""] = await store.runCommand("webhooks", "deliveries", { hook: "audit" });
    expect(JSON.parse(line)).toMatchObject({
      state: "failed",
      attempts: expect.arrayContaining([
        expect.objectContaining({
          status: null,
          error: expect.stringMatching(/^The secret of the webhook 'audit' is/),
        }),
      ]),
    });
    expect(await store.deadLetterCount("webhooks-post")).toBe(0);
    expect(store.logLines.join()).not.toContain("hunter2");
  });

  it("is disabled by a 410 until it is enabled or has another URL", async () => {
    const { store, sink } = await start();
    const write = async () => {
      await store.post(`${C}/records`);
      await store.drain();
    };
    sink.respondWith(410);
    await setHooks(store, { id: "h", url: `${sink.url}/a` });
    await write();
    await write();
    expect(sink.requests).toHaveLength(1);
    expect((await store.get(`${C}/webhooks`)).body.data).toMatchObject([
      { id: "h", disabled: { since: expect.any(Number) } },
    ]);
    expect(await listStatuses(store)).toEqual([["failed", 410]]);

    sink.respondWith(204);
    expect(await runAction(store, "enable-webhook", { hook: "h" })).toMatchObject({ status: "succeeded" });
    await write();
    expect(sink.requests).toHaveLength(2);
    sink.respondWith(410);
    await write();
    sink.respondWith(204);
    await setHooks(store, { id: "h", url: `${sink.url}/b` });
    await write();
    expect(sink.requests.at(-1)).toMatchObject({ path: "/b" });
    expect((await store.get(`${C}/webhooks`)).body.data).toMatchObject([{ id: "h", disabled: null }]);
  });

  it("signs with the old secret too for a while after a rotation", async () => {
    const { store, sink } = await start();
    store.clock.set(Date.now());
    await setHooks(store, { id: "h", url: sink.url });
    const [first = ""] = await getSecrets(store);
    const until = store.clock.now() + 3_600_000;
    expect(await runAction(store, "rotate-webhook-secret", { hook: "h", hours: 1 })).toMatchObject({
      result: { old_valid_until: until },
    });
    const [second = "", ...older] = await getSecrets(store);
    expect([older, second === first]).toEqual([[first], false]);

    await store.post(`${C}/records`);
    const [both] = await sink.waitForRequests(1);
    await store.drain();
    expect(verify(both as WebhookRequest, first)).toEqual(verify(both as WebhookRequest, second));
    expect(both?.headers["webhook-signature"]).toMatch(/^v1,[\w+/]{43}= v1,[\w+/]{43}=$/);

    store.clock.advance(3_600_000);
    expect(await getSecrets(store)).toEqual([second]);
    expect((await runAction(store, "rotate-webhook-secret", { hook: "h", hours: 0 })).status).toBe("succeeded");
    expect(await getSecrets(store)).toHaveLength(1);
    expect(await getSecrets(store)).not.toContain(second);
  });

  it("drops pending retries when the hook is removed from the metadata", async () => {
    const { store, sink } = await start({}, { retryAfter: () => 1 });
    sink.respondWith(503);
    await setHooks(store, { id: "h", url: sink.url });
    await store.put(`${C}/records/r`);
    await sink.waitForRequests(1);
    await setHooks(store);
    await store.drain();

    expect(sink.requests).toHaveLength(1);
    expect((await store.get(`${C}/webhooks/h`)).status).toBe(404);
    expect(await store.deadLetterCount("webhooks-post")).toBe(0);
  });

  it("does not carry over to a new collection with the same id", async () => {
    const { store, sink } = await start({}, { retryAfter: () => 1 });
    sink.respondWith(503);
    await setHooks(store, { id: "h", url: `${sink.url}/old` });
    const [old] = await getSecrets(store);
    await store.put(`${C}/records/private`);
    await sink.waitForRequests(1);
    await store.delete(C);
    await store.put(C, { data: { webhooks: [{ id: "h", url: `${sink.url}/new` }] } });
    await store.drain();

    expect(listPaths(sink)).toEqual(["/old"]);
    expect(await listDeliveries(store)).toEqual([]);
    expect(await getSecrets(store)).not.toContain(old);
  });

  it("sends pings, and resends failed deliveries", async () => {
    const { store, sink } = await start(NO_RETRIES);
    await setHooks(store, { id: "h", url: sink.url });
    const [secret = ""] = await getSecrets(store);
    expect(await runAction(store, "ping-webhook", { hook: "h" })).toMatchObject({
      status: "succeeded",
      result: { delivered: true, status: 204, error: null },
    });
    expect(verify(sink.requests[0] as WebhookRequest, secret)).toMatchObject({ type: "ping", data: { hook: "h" } });

    sink.respondWith(400);
    await store.put(`${C}/records/r`, { data: { n: 1 } });
    await store.drain();
    const [{ id }] = await listDeliveries(store);
    sink.respondWith(200);
    expect(await runAction(store, "resend-webhook", { hook: "h", delivery: id })).toMatchObject({
      result: { delivery: id, delivered: true, status: 200 },
    });

    const [, missed, again] = sink.requests;
    expect([again?.text, again?.headers["webhook-id"]]).toEqual([missed?.text, id]);
    expect(verify(again as WebhookRequest, secret)).toMatchObject({ type: "record.create" });
    expect(await listStatuses(store)).toEqual([
      ["delivered", 400, 200],
      ["delivered", 204],
    ]);
    expect((await store.get(`${C}/webhooks/h/deliveries/${id}`)).body.data).toMatchObject({ id, body: missed?.text });
    const none = `${"0".repeat(15)}-${"0".repeat(24)}`;
    expect(await runAction(store, "resend-webhook", { hook: "h", delivery: none })).toMatchObject({
      status: "failed",
      error: "The log has no such delivery.",
    });
    expect((await store.post(`${C}/actions/resend-webhook`, { hook: "h", delivery: "x" })).status).toBe(400);
    expect(await runAction(store, "ping-webhook", { hook: "none" })).toMatchObject({
      status: "failed",
      error: "The collection has no such webhook.",
    });
  });

  it("keeps retrying after a failed resend, not after a successful one", async () => {
    const { store, sink } = await start({}, { retryAfter: () => 2 });
    sink.respondWith(503);
    await setHooks(store, { id: "h", url: sink.url });
    await store.put(`${C}/records/r`);
    await sink.waitForRequests(1);
    const id = await waitForDelivery(store);
    const response = await store.post(`${C}/actions/resend-webhook`, { hook: "h", delivery: id });
    await sink.waitForRequests(2);
    const getJob = async () => (await store.get(`/jobs/${response.body.job_id}`)).body;
    await waitUntil("the job succeeds", async () => (await getJob()).status === "succeeded");
    expect([(await getJob()).result, (await listDeliveries(store))[0].state]).toEqual([
      { delivery: id, delivered: false, status: 503, error: "The receiver responded with 503." },
      "pending",
    ]);

    sink.respondWith(204);
    store.clock.advance(3_600_000);
    await store.drain();
    expect(await listStatuses(store)).toEqual([["delivered", 503, 503, 204]]);
    sink.respondWith(500);
    expect(await runAction(store, "resend-webhook", { hook: "h", delivery: id })).toMatchObject({
      result: { delivered: false, status: 500 },
    });
    expect(await listStatuses(store)).toEqual([["delivered", 503, 503, 204, 500]]);
  });

  it("lists deliveries in pages", async () => {
    const { store, sink } = await start();
    await setHooks(store, { id: "h", url: sink.url });
    for (let n = 0; n < 5; n++) await store.put(`${C}/records/r${n}`);
    await store.drain();

    const all = await listDeliveries(store);
    expect(all.map(({ uri }: { uri: string }) => uri)).toEqual([4, 3, 2, 1, 0].map((n) => `${C}/records/r${n}`));
    const first = await listDeliveries(store, "h", "?limit=2");
    const next = await listDeliveries(store, "h", `?limit=2&before=${first[1].id}`);
    expect([...first, ...next]).toEqual(all.slice(0, 4));
    expect(Object.keys(all[0]).sort()).toEqual([
      ...["attempts", "circuit", "created_at", "id", "state", "tries", "type", "uri"],
    ]);
    for (const query of ["?limit=0", "?limit=101", "?before=x"])
      expect((await store.get(`${C}/webhooks/h/deliveries${query}`)).status).toBe(400);
  });

  it("is visible, with its deliveries, only to writers of the collection", async () => {
    const { store, sink } = await start();
    await store.patch(C, {
      data: { webhooks: [{ id: "h", url: sink.url }] },
      permissions: { read: ["testuser:reader"], write: ["testuser:writer"], "record:create": ["testuser:maker"] },
    });
    await store.put(`${C}/records/r`);
    await store.drain();
    const [{ id }] = await listDeliveries(store);

    for (const path of ["", "/h", "/h/deliveries", `/h/deliveries/${id}`]) {
      const statuses = ["writer", "reader", "maker", "mallory", null].map(
        async (as) => (await store.get(`${C}/webhooks${path}`, { as })).status,
      );
      expect(await Promise.all(statuses)).toEqual([200, 403, 403, 403, 401]);
    }
    for (const [action, params] of Object.entries({
      "ping-webhook": {},
      "enable-webhook": {},
      "rotate-webhook-secret": {},
      "resend-webhook": { delivery: id },
    })) {
      expect((await store.post(`${C}/actions/${action}`, { hook: "h", ...params }, { as: "reader" })).status).toBe(403);
    }
    for (const path of ["/x", "/x/deliveries", "/h/deliveries/x", `/h/deliveries/${"9".repeat(3000)}`]) {
      expect((await store.get(`${C}/webhooks${path}`)).status).toBe(404);
    }
    expect((await store.get(`${C}/webhooks/h`)).headers.get("cache-control")).toContain("no-store");
    expect(JSON.stringify((await store.get(C)).body)).not.toContain("whsec_");
  });
});

describe("webhooks › metadata", () => {
  /** A store whose webhooks must have public addresses. */
  let one: Promise<TestStore> | undefined;
  const startStrictStore = () => {
    one ??= (async () => {
      const store = await startTestStore({ plugins: [webhooks()] });
      await store.put("/buckets/b");
      return store;
    })();
    return one;
  };
  afterAll(async () => (await one)?.close());

  it.each([
    [{ id: "h", url: "https://127.0.0.1/x" }, "webhooks.0.url in body: The host 127.0.0.1 is not public."],
    [{ id: "h", url: "https://[::ffff:10.0.0.1]" }, "webhooks.0.url in body: The host [::ffff:a00:1] is not public."],
    [{ id: "h", url: "https://2852039166/latest" }, "webhooks.0.url in body: The host 169.254.169.254 is not public."],
    [{ id: "h", url: "https://localhost" }, "webhooks.0.url in body: The host localhost is not public."],
    [{ id: "h", url: "http://example.org" }, "webhooks.0.url in body: The URL must begin with https://."],
    [{ id: "h", url: "gopher://example.org" }, "webhooks.0.url in body: The URL must begin with https://."],
    [
      { id: "h", url: "https://me:pw@example.org" },
      "webhooks.0.url in body: The URL must not contain a user name or password.",
    ],
    [
      { id: "h", url: "https://example.org/#top" },
      "webhooks.0.url in body: The URL must not have a fragment (#…), because fragments are not sent to servers.",
    ],
    [
      { id: "h", url: "https://example.org/\r\nx-injected: 1" },
      "webhooks.0.url in body: The URL has spaces, line breaks or letters beyond ASCII: percent-encode them, and write the host in Punycode.",
    ],
    [
      { id: "h", url: `https://example.org/${"x".repeat(5000)}` },
      "webhooks.0.url in body: The URL has 5020 characters; the maximum is 2000.",
    ],
    [{ id: "h", url: "" }, "webhooks.0.url in body: It is not a URL. Use a URL such as https://example.org/path."],
    [
      { id: "../h", url: "https://example.org" },
      "webhooks.0.id in body: must have 1 to 64 letters, digits, '-' and '_', and begin with a letter or digit.",
    ],
    [{ id: "h" }, expect.stringMatching(/^webhooks\.0\.url in body: /)],
    [{ id: "h", url: "https://example.org", on: ["purge"] }, expect.stringMatching(/^webhooks\.0\.on\.0 in body: /)],
    [{ id: "h", url: "https://example.org", secret: "s" }, expect.stringMatching(/^webhooks\.0 in body: .*secret/)],
    ["https://example.org", expect.stringMatching(/^webhooks\.0 in body: /)],
  ])("is rejected with an invalid webhook (%#)", async (hook, message) => {
    const store = await startStrictStore();
    const refused = await store.put(C, { data: { webhooks: [hook] } });
    expect([refused.status, refused.body.message]).toEqual([400, message]);
  });

  it("is rejected with too many webhooks, duplicate ids, or no list", async () => {
    const store = await startStrictStore();
    const many = Array.from({ length: 11 }, (_, n) => ({ id: `h${n}`, url: "https://example.org" }));
    for (const hooks of [many, [many[0], many[0]], {}, null, "x", 1])
      expect((await store.put(C, { data: { webhooks: hooks } })).status).toBe(400);
    expect((await store.put(C, { data: { webhooks: many.slice(1) } })).status).toBe(201);
    expect((await store.patch(C, { data: { webhooks: [{ id: "h", url: "https://10.0.0.1" }] } })).status).toBe(400);
    expect((await store.patch(C, { data: { title: "unlike" } })).status).toBe(200);
  });

  it("may keep invalid webhooks that are older than the plugin, which are ignored", async () => {
    const data = mkdtempSync(join(tmpdir(), "kintoun-"));
    const opened = async (...plugins: readonly Plugin[]) => {
      const cloud = await startCloud({
        config: readConfig({ plugins: [basicauth(), ...plugins] }),
        port: 0,
        data,
        log: createJsonLog(() => undefined),
      });
      return { ...createClient(createRequester(cloud.url)), drain: cloud.drain, [Symbol.asyncDispose]: cloud.close };
    };
    {
      await using without = await opened();
      await without.put("/buckets/b");
      await without.put(C, { data: { webhooks: [{ url: "http://127.0.0.1" }], title: "a" } });
    }
    await using store = await opened(webhooks());

    expect((await store.patch(C, { data: { title: "b" } })).status).toBe(200);
    await store.put(`${C}/records/r`);
    await store.drain();
    expect((await store.get(`${C}/webhooks`)).body.data).toEqual([]);
    expect((await store.put(C, { data: { webhooks: [{ url: "http://127.0.0.2" }] } })).status).toBe(400);
  });

  it("is not checked or used when collectionHooks is off", async () => {
    const { store, sink } = await start({ collectionHooks: false, hooks: [] });
    expect((await setHooks(store, { anything: true })).status).toBe(200);
    await setHooks(store, { id: "h", url: sink.url });
    await store.put(`${C}/records/r`);
    await store.drain();
    expect(sink.requests).toEqual([]);
  });
});

describe("webhooks › hook in the options", () => {
  it("receives the events that match its filter", async () => {
    const sink = await startWebhookSink();
    open.push(sink);
    const { store } = await start({
      hooks: [
        { id: "records", url: `${sink.url}/records` },
        {
          id: "places",
          url: `${sink.url}/places`,
          on: ["bucket.create", "collection.create", "collection.delete", "group.create"],
        },
        { id: "elsewhere", url: `${sink.url}/elsewhere`, buckets: ["x*"] },
        { id: "some", url: `${sink.url}/some`, collections: ["*c*"], on: ["record.create"] },
      ],
    });
    await store.put(`${C}/records/r`);
    await store.put("/buckets/b/groups/g", { data: { members: [] } });
    await store.delete(C);
    await store.drain();

    expect(sink.requests.map(({ path, body }) => `${path} ${body.type}`).sort()).toEqual([
      "/places bucket.create",
      "/places collection.create",
      "/places collection.delete",
      "/places group.create",
      "/records record.create",
      "/some record.create",
    ]);
  });

  it("are listed by a command, which says when there are none", async () => {
    const { store } = await start();
    expect(await store.runCommand("webhooks", "list")).toEqual([
      "The options of the plugin have no webhooks. Add them to its option 'hooks'.",
    ]);
  });

  it("is managed by commands", async () => {
    const sink = await startWebhookSink();
    open.push(sink);
    sink.respondWith(410);
    const { store } = await start({ hooks: [{ id: "audit", url: sink.url }] });
    await store.put(`${C}/records/r`);
    await store.drain();
    const [secret = ""] = await store.runCommand("webhooks", "secret", { hook: "audit" });
    expect(verify(sink.requests[0] as WebhookRequest, secret)).toMatchObject({ type: "record.create" });
    const [line = ""] = await store.runCommand("webhooks", "deliveries", { hook: "audit" });
    expect(JSON.parse(line)).toMatchObject({ state: "failed", tries: 1 });
    expect((await store.runCommand("webhooks", "list")).map((text) => JSON.parse(text))).toEqual([
      {
        ...{ id: "audit", url: sink.url, disabled: { since: expect.any(Number) } },
        circuit: { state: "closed", since: null, retry_at: null },
      },
    ]);

    sink.respondWith(200);
    const [sent = ""] = await store.runCommand("webhooks", "resend", { hook: "audit", delivery: JSON.parse(line).id });
    expect(JSON.parse(sent)).toMatchObject({ delivered: true });
    await store.put(`${C}/records/disabled`);
    await store.drain();
    expect(sink.requests).toHaveLength(2);
    await store.runCommand("webhooks", "enable", { hook: "audit" });
    await store.put(`${C}/records/enabled`);
    await store.drain();
    expect(sink.requests).toHaveLength(3);
    await expect(store.runCommand("webhooks", "secret", { hook: "x" })).rejects.toThrow(
      "The options have no webhook 'x'. Use one of: audit.",
    );
  });

  it("signs with all secrets in the operator's parameter", async () => {
    const [present, before] = [Buffer.alloc(32, 1), Buffer.alloc(24, 2)].map(
      (secret) => `whsec_${secret.toString("base64")}`,
    ) as [string, string];
    const sink = await startWebhookSink();
    open.push(sink);
    const hooks = [{ id: "audit", url: sink.url, secret: { parameter: "/kintoun/audit" } }];
    const withSecrets = (secret: string) => ({ secrets: { webhooks: { "audit-secret": secret } } });
    const { store } = await start({ hooks }, withSecrets(`${present} ${before}`));
    await store.put(`${C}/records/r`);
    await store.drain();
    for (const secret of [present, before])
      expect(verify(sink.requests[0] as WebhookRequest, secret)).toMatchObject({ type: "record.create" });
    expect(await store.runCommand("webhooks", "secret", { hook: "audit" })).toEqual([present, before]);

    const wrong = await start({ hooks }, withSecrets("hunter2"));
    await expect(wrong.store.runCommand("webhooks", "secret", { hook: "audit" })).rejects.toThrow(
      "The secret of the webhook 'audit' is invalid.",
    );
  });

  it("stops the start if its URL is not allowed", async () => {
    await expect(
      startTestStore({ plugins: [webhooks({ hooks: [{ id: "near", url: "https://10.0.0.1" }] })] }),
    ).rejects.toThrow(
      "The plugin 'webhooks' failed to start: the hook 'near' has an invalid URL. The host 10.0.0.1 is not public.",
    );
  });
});

describe("webhooks › published items", () => {
  it("posts items to the URL in the options, once when the event is retried", async () => {
    const publisher = definePlugin({
      name: "publisher",
      about: "Publishes new records.",
      listeners: {
        news: { on: ["record.create"], run: ({ uri }) => ({ publish: [{ uri }] }) },
        quiet: { on: ["record.create"], run: () => ({ publish: [{ quiet: true }] }) },
      },
    });
    const sink = await startWebhookSink();
    open.push(sink);
    sink.respondWith(() => (sink.requests.length === 1 ? 503 : 200));
    const { store } = await start(
      {},
      { plugins: [webhooks({ private: true, publish: { url: sink.url, from: ["publisher-news"] } }), publisher()] },
    );
    await store.put(`${C}/records/r`);
    await store.drain();

    const [first, second] = sink.requests;
    expect(sink.requests).toHaveLength(2);
    // A retry of the webhook is no failure of the publisher or the listener.
    expect([
      store.metrics("EventsPostponed", "publisher-news"),
      store.metrics("EventsFailed", "publisher-news"),
    ]).toEqual([[1], []]);
    expect(store.logLines.filter((line) => line.includes('"ERROR"'))).toEqual([]);
    expect(first?.headers["webhook-id"]).toBe(second?.headers["webhook-id"]);
    const [secret = ""] = await store.runCommand("webhooks", "secret", { hook: "publish" });
    expect(verify(second as WebhookRequest, secret)).toMatchObject({
      type: "items",
      data: { items: [{ uri: `${C}/records/r` }] },
    });
  });
});
