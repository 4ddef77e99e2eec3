import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "@jest/globals";
import { definePlugin, type Plugin } from "@kintoun/kit";
import { type TestStore, testStore, type WebhookRequest, type WebhookSink, webhookSink } from "@kintoun/testing";
import { Webhook } from "standardwebhooks";
import { readConfig } from "../../config/config.ts";
import { jsonLog } from "../../core/ports/log.ts";
import { startCloud } from "../../local/cloud.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { webhooks } from "../../plugins/webhooks/index.ts";
import { asking, clientOf } from "../../testing/client.ts";

const C = "/buckets/b/collections/c";
const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

type Options = NonNullable<Parameters<typeof webhooks>[0]>;

/** A store with a collection, and a sink that its webhooks may be at. Time passes as soon as it is waited for: `waits` are the seconds. */
const start = async (options: Options = {}, more: Parameters<typeof testStore>[0] = {}) => {
  const sink = await webhookSink();
  open.push(sink);
  const waits: number[] = [];
  const retryAfter = (_: number, asked?: number) => {
    if (asked !== undefined) waits.push(asked);
    store.clock.advance((asked ?? 3600) * 1000);
    return 0;
  };
  const store: TestStore = await testStore({ plugins: [webhooks({ private: true, ...options })], retryAfter, ...more });
  open.push(store);
  store.clock.set(Date.now());
  await store.put("/buckets/b");
  await store.put(C);
  return { store, sink, waits };
};
const hookTo = (store: TestStore, ...hooks: readonly object[]) => store.patch(C, { data: { webhooks: hooks } });

/** What each signature of a request proves, checked by the specification's own package. */
const verified = ({ text, headers }: WebhookRequest, secret: string): unknown =>
  new Webhook(secret).verify(text, headers as Record<string, string>);
const secretsOf = async (store: TestStore, hook = "h"): Promise<string[]> =>
  (await store.get(`${C}/webhooks/${hook}`)).body.data.secrets;
const deliveriesOf = async (store: TestStore, hook = "h", query = "") =>
  (await store.get(`${C}/webhooks/${hook}/deliveries${query}`)).body.data;
/** The statuses that attempts came to, by delivery, newest first. */
const statusesOf = async (store: TestStore, hook = "h") =>
  (await deliveriesOf(store, hook)).map(({ state, attempts }: { state: string; attempts: { status: number }[] }) => [
    state,
    ...attempts.map(({ status }) => status),
  ]);
/** The id of the first delivery, once there is one. */
const firstIn = async (store: TestStore): Promise<string> => {
  for (;;) {
    const [first] = await deliveriesOf(store);
    if (first !== undefined) return first.id;
    await new Promise((done) => setTimeout(done, 20));
  }
};
const pathsOf = ({ requests }: WebhookSink) => requests.map(({ path }) => path).sort();

/** Has an action done at the collection, and gives what came of it. */
const act = async (store: TestStore, action: string, params: object) => {
  const asked = await store.post(`${C}/actions/${action}`, params);
  expect(asked.status).toBe(202);
  await store.drain();
  const { status, result, error } = (await store.get(`/jobs/${asked.body.job_id}`)).body;
  return { status, result, error };
};

describe("a webhook in a collection's metadata", () => {
  it("is told of what happens to records, signed by its secret", async () => {
    const { store, sink } = await start();
    expect((await hookTo(store, { id: "h", url: `${sink.url}/hook?a=b` })).status).toBe(200);
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
    const [secret = ""] = await secretsOf(store);
    for (const request of sink.requests) expect(verified(request, secret)).toEqual(request.body);
    expect(() => verified({ ...(created as WebhookRequest), text: `${created?.text} ` }, secret)).toThrow(
      "No matching signature found",
    );
    expect(new Set(sink.requests.map(({ headers }) => headers["webhook-id"])).size).toBe(3);
  });

  it("hears what it asks for, of its own collection alone", async () => {
    const { store, sink } = await start();
    await hookTo(
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

    expect(pathsOf(sink)).toEqual(["/new", "/rest", "/rest"]);
  });

  it("is tried again while its receiver is ill, under the same id, and another beside it is not", async () => {
    const { store, sink } = await start();
    let ill = 3;
    sink.answerWith(({ path }) => (path === "/well" || ill-- <= 0 ? 204 : ([503, 500, 429][ill] ?? 503)));
    await hookTo(store, { id: "ill", url: `${sink.url}/ill` }, { id: "well", url: `${sink.url}/well` });
    await store.put(`${C}/records/r`);
    await store.drain();

    expect(pathsOf(sink)).toEqual(["/ill", "/ill", "/ill", "/ill", "/well"]);
    const ids = sink.requests
      .filter(({ path }) => path === "/ill")
      .map(({ headers, text }) => `${headers["webhook-id"]} ${text}`);
    expect(new Set(ids).size).toBe(1);
    expect(await statusesOf(store, "ill")).toEqual([["delivered", 429, 500, 503, 204]]);
    expect(await statusesOf(store, "well")).toEqual([["delivered", 204]]);
    expect(await store.dead("webhooks-post")).toBe(0);
  });

  it("has failed after ten tries, each later than the one before, which stands in its log and in no dead-letter queue", async () => {
    const { store, sink, waits } = await start();
    sink.answerWith(500);
    await hookTo(store, { id: "h", url: sink.url });
    await store.put(`${C}/records/r`);
    await store.drain();

    expect([sink.requests.length, waits]).toEqual([10, [2, 8, 32, 128, 512, 2048, 3600, 3600, 3600]]);
    expect([store.metrics("EventsPostponed", "webhooks-post"), store.metrics("EventsFailed", "webhooks-post")]).toEqual(
      [[9], []],
    );
    expect(await deliveriesOf(store)).toMatchObject([
      { state: "failed", tries: 10, type: "record.create", uri: `${C}/records/r` },
    ]);
    expect(await store.dead("webhooks-post")).toBe(0);
  });

  it("is tried again when nobody is there", async () => {
    const { store, sink } = await start();
    await sink.close();
    await hookTo(store, { id: "h", url: sink.url });
    await store.put(`${C}/records/r`);
    await store.drain();

    const [{ state, attempts }] = await deliveriesOf(store);
    expect([state, attempts.length, attempts[0]]).toEqual([
      "failed",
      10,
      {
        at: expect.any(Number),
        ms: expect.any(Number),
        status: null,
        error: "It could not be reached (ECONNREFUSED).",
      },
    ]);
  });

  it.each([400, 401, 404, 422, 301, 302])("has failed when it is answered %i", async (status) => {
    const { store, sink } = await start();
    sink.answerWith({ status, headers: { location: "/elsewhere" }, body: "no secrets in the log" });
    await hookTo(store, { id: "h", url: sink.url });
    await store.put(`${C}/records/r`);
    await store.drain();

    expect(await statusesOf(store)).toEqual([["failed", status]]);
    expect(pathsOf(sink)).toEqual(["/"]);
    expect(JSON.stringify(await deliveriesOf(store))).not.toContain("secrets");
  });

  it("is led elsewhere by a 307 or 308", async () => {
    const { store, sink } = await start();
    sink.answerWith(({ path }) => (path === "/" ? { status: 308, headers: { location: "/elsewhere" } } : 204));
    await hookTo(store, { id: "h", url: sink.url });
    await store.put(`${C}/records/r`);
    await store.drain();

    expect(await statusesOf(store)).toEqual([["delivered", 204]]);
    expect(sink.requests[1]).toMatchObject({ method: "POST", path: "/elsewhere", text: sink.requests[0]?.text });
  });

  it("is left alone for as long as it asks, an hour at most, while another is tried when it is its turn", async () => {
    const { store, sink, waits } = await start();
    const asks = ["100", "999999", "0", new Date(store.clock.now() + 10_000_000).toUTCString(), "soon", "-5"];
    const times: Record<string, number[]> = { "/asks": [], "/ill": [] };
    const begun = store.clock.now();
    sink.answerWith(({ path }) => {
      times[path]?.push((store.clock.now() - begun) / 1000);
      const ask = path === "/asks" ? asks.shift() : "";
      return ask === undefined ? 204 : { status: 429, ...(ask !== "" && { headers: { "retry-after": ask } }) };
    });
    await hookTo(store, { id: "asks", url: `${sink.url}/asks` }, { id: "ill", url: `${sink.url}/ill` });
    await store.put(`${C}/records/r`);
    await store.drain();

    // What it asks for, or, where that is longer, what is waited after so many tries.
    expect(times["/asks"]).toEqual([0, 100, 3700, 3732, 7332, 7844, 9892]);
    expect(times["/ill"]).toEqual([0, 2, 10, 42, 170, 682, 2730, 6330, 9930, 13_530]);
    expect(waits).toHaveLength(15);
    expect([await statusesOf(store, "asks"), await store.dead("webhooks-post")]).toEqual([
      [["delivered", 429, 429, 429, 429, 429, 429, 204]],
      0,
    ]);
  });

  it("has all of its tries, whatever times of their own the others ask for", async () => {
    const own = Array.from({ length: 5 }, (_, n) => ({ id: `own${n}`, url: "" }));
    const sink = await webhookSink();
    open.push(sink);
    const { store } = await start({ hooks: own.map((hook) => ({ ...hook, url: `${sink.url}/${hook.id}` })) });
    sink.answerWith(({ path }) => ({
      status: 503,
      headers: { "retry-after": String(7 * path.charCodeAt(path.length - 1)) },
    }));
    await hookTo(
      store,
      ...Array.from({ length: 10 }, (_, n) => ({
        id: `h${n}`,
        url: `${sink.url}/${"a".repeat(n)}${n}${String.fromCharCode(65 + n)}`,
      })),
    );
    await store.put(`${C}/records/r`);
    await store.drain();

    expect([sink.requests.length, await store.dead("webhooks-post")]).toEqual([150, 0]);
  });

  it("fails alone where what is known of it can't be read", async () => {
    const sink = await webhookSink();
    open.push(sink);
    const hooks = [{ id: "audit", url: `${sink.url}/audit`, secret: { parameter: "/kintoun/audit" } }];
    const overrides = { pluginVariables: new Map([["KINTOUN_PLUGIN_WEBHOOKS_AUDIT_SECRET", "hunter2"]]) };
    const { store } = await start({ hooks }, { overrides });
    let ill = 1;
    sink.answerWith(({ path }) => (path === "/ill" && ill-- > 0 ? 503 : 204));
    await hookTo(store, { id: "ill", url: `${sink.url}/ill` }, { id: "well", url: `${sink.url}/well` });
    await store.put(`${C}/records/r`);
    await store.drain();

    expect(pathsOf(sink)).toEqual(["/ill", "/ill", "/well"]);
    expect(await store.dead("webhooks-post")).toBe(1);
    expect(store.logged.join()).not.toContain("hunter2");
  });

  it("hears no more once it has answered 410, until it is enabled or has another URL", async () => {
    const { store, sink } = await start();
    const write = async () => {
      await store.post(`${C}/records`);
      await store.drain();
    };
    sink.answerWith(410);
    await hookTo(store, { id: "h", url: `${sink.url}/a` });
    await write();
    await write();
    expect(sink.requests).toHaveLength(1);
    expect((await store.get(`${C}/webhooks`)).body.data).toMatchObject([
      { id: "h", disabled: { since: expect.any(Number) } },
    ]);
    expect(await statusesOf(store)).toEqual([["failed", 410]]);

    sink.answerWith(204);
    expect(await act(store, "enable-webhook", { hook: "h" })).toMatchObject({ status: "succeeded" });
    await write();
    expect(sink.requests).toHaveLength(2);
    sink.answerWith(410);
    await write();
    sink.answerWith(204);
    await hookTo(store, { id: "h", url: `${sink.url}/b` });
    await write();
    expect(sink.requests.at(-1)).toMatchObject({ path: "/b" });
    expect((await store.get(`${C}/webhooks`)).body.data).toMatchObject([{ id: "h", disabled: null }]);
  });

  it("is signed by the old secret too for a while after it got another", async () => {
    const { store, sink } = await start();
    store.clock.set(Date.now());
    await hookTo(store, { id: "h", url: sink.url });
    const [first = ""] = await secretsOf(store);
    const until = store.clock.now() + 3_600_000;
    expect(await act(store, "rotate-webhook-secret", { hook: "h", hours: 1 })).toMatchObject({
      result: { old_valid_until: until },
    });
    const [second = "", ...older] = await secretsOf(store);
    expect([older, second === first]).toEqual([[first], false]);

    await store.post(`${C}/records`);
    const [both] = await sink.received(1);
    await store.drain();
    expect(verified(both as WebhookRequest, first)).toEqual(verified(both as WebhookRequest, second));
    expect(both?.headers["webhook-signature"]).toMatch(/^v1,[\w+/]{43}= v1,[\w+/]{43}=$/);

    store.clock.advance(3_600_000);
    expect(await secretsOf(store)).toEqual([second]);
    expect((await act(store, "rotate-webhook-secret", { hook: "h", hours: 0 })).status).toBe("succeeded");
    expect(await secretsOf(store)).toHaveLength(1);
    expect(await secretsOf(store)).not.toContain(second);
  });

  it("is told no more when it is taken out of the metadata, though it was to be tried again", async () => {
    const { store, sink } = await start({}, { retryAfter: () => 1 });
    sink.answerWith(503);
    await hookTo(store, { id: "h", url: sink.url });
    await store.put(`${C}/records/r`);
    await sink.received(1);
    await hookTo(store);
    await store.drain();

    expect(sink.requests).toHaveLength(1);
    expect((await store.get(`${C}/webhooks/h`)).status).toBe(404);
    expect(await store.dead("webhooks-post")).toBe(0);
  });

  it("is nothing to a collection that was made anew under the same name", async () => {
    const { store, sink } = await start({}, { retryAfter: () => 1 });
    sink.answerWith(503);
    await hookTo(store, { id: "h", url: `${sink.url}/old` });
    const [old] = await secretsOf(store);
    await store.put(`${C}/records/private`);
    await sink.received(1);
    await store.delete(C);
    await store.put(C, { data: { webhooks: [{ id: "h", url: `${sink.url}/new` }] } });
    await store.drain();

    expect(pathsOf(sink)).toEqual(["/old"]);
    expect(await deliveriesOf(store)).toEqual([]);
    expect(await secretsOf(store)).not.toContain(old);
  });

  it("can be pinged, and sent again what it missed", async () => {
    const { store, sink } = await start();
    await hookTo(store, { id: "h", url: sink.url });
    const [secret = ""] = await secretsOf(store);
    expect(await act(store, "ping-webhook", { hook: "h" })).toMatchObject({
      status: "succeeded",
      result: { delivered: true, status: 204, error: null },
    });
    expect(verified(sink.requests[0] as WebhookRequest, secret)).toMatchObject({ type: "ping", data: { hook: "h" } });

    sink.answerWith(400);
    await store.put(`${C}/records/r`, { data: { n: 1 } });
    await store.drain();
    const [{ id }] = await deliveriesOf(store);
    sink.answerWith(200);
    expect(await act(store, "resend-webhook", { hook: "h", delivery: id })).toMatchObject({
      result: { delivery: id, delivered: true, status: 200 },
    });

    const [, missed, again] = sink.requests;
    expect([again?.text, again?.headers["webhook-id"]]).toEqual([missed?.text, id]);
    expect(verified(again as WebhookRequest, secret)).toMatchObject({ type: "record.create" });
    expect(await statusesOf(store)).toEqual([
      ["delivered", 400, 200],
      ["delivered", 204],
    ]);
    expect((await store.get(`${C}/webhooks/h/deliveries/${id}`)).body.data).toMatchObject({ id, body: missed?.text });
    const none = `${"0".repeat(15)}-${"0".repeat(24)}`;
    expect(await act(store, "resend-webhook", { hook: "h", delivery: none })).toMatchObject({
      status: "failed",
      error: "The log has no such delivery.",
    });
    expect((await store.post(`${C}/actions/resend-webhook`, { hook: "h", delivery: "x" })).status).toBe(400);
    expect(await act(store, "ping-webhook", { hook: "none" })).toMatchObject({
      status: "failed",
      error: "The collection has no such webhook.",
    });
  });

  it("is tried again by itself though it was sent again meanwhile, unless that went well", async () => {
    const { store, sink } = await start({}, { retryAfter: () => 2 });
    sink.answerWith(503);
    await hookTo(store, { id: "h", url: sink.url });
    await store.put(`${C}/records/r`);
    await sink.received(1);
    const id = await firstIn(store);
    const asked = await store.post(`${C}/actions/resend-webhook`, { hook: "h", delivery: id });
    await sink.received(2);
    const known = async () => (await store.get(`/jobs/${asked.body.job_id}`)).body;
    while ((await known()).status !== "succeeded") await new Promise((done) => setTimeout(done, 20));
    expect([(await known()).result, (await deliveriesOf(store))[0].state]).toEqual([
      { delivery: id, delivered: false, status: 503, error: "It answered 503." },
      "pending",
    ]);

    sink.answerWith(204);
    store.clock.advance(3_600_000);
    await store.drain();
    expect(await statusesOf(store)).toEqual([["delivered", 503, 503, 204]]);
    sink.answerWith(500);
    expect(await act(store, "resend-webhook", { hook: "h", delivery: id })).toMatchObject({
      result: { delivered: false, status: 500 },
    });
    expect(await statusesOf(store)).toEqual([["delivered", 503, 503, 204, 500]]);
  });

  it("has a log that is read by pages", async () => {
    const { store, sink } = await start();
    await hookTo(store, { id: "h", url: sink.url });
    for (let n = 0; n < 5; n++) await store.put(`${C}/records/r${n}`);
    await store.drain();

    const all = await deliveriesOf(store);
    expect(all.map(({ uri }: { uri: string }) => uri)).toEqual([4, 3, 2, 1, 0].map((n) => `${C}/records/r${n}`));
    const first = await deliveriesOf(store, "h", "?limit=2");
    const next = await deliveriesOf(store, "h", `?limit=2&before=${first[1].id}`);
    expect([...first, ...next]).toEqual(all.slice(0, 4));
    expect(Object.keys(all[0]).sort()).toEqual(["attempts", "id", "state", "tries", "type", "uri"]);
    for (const query of ["?limit=0", "?limit=101", "?before=x"])
      expect((await store.get(`${C}/webhooks/h/deliveries${query}`)).status).toBe(400);
  });

  it("is shown, with its log, to those who may write the collection", async () => {
    const { store, sink } = await start();
    await store.patch(C, {
      data: { webhooks: [{ id: "h", url: sink.url }] },
      permissions: { read: ["testuser:reader"], write: ["testuser:writer"], "record:create": ["testuser:maker"] },
    });
    await store.put(`${C}/records/r`);
    await store.drain();
    const [{ id }] = await deliveriesOf(store);

    for (const path of ["", "/h", "/h/deliveries", `/h/deliveries/${id}`]) {
      const asked = ["writer", "reader", "maker", "mallory", null].map(
        async (as) => (await store.get(`${C}/webhooks${path}`, { as })).status,
      );
      expect(await Promise.all(asked)).toEqual([200, 403, 403, 403, 401]);
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

describe("metadata of a collection", () => {
  /** A store whose webhooks must be at public addresses. */
  let one: Promise<TestStore> | undefined;
  const strict = () => {
    one ??= (async () => {
      const store = await testStore({ plugins: [webhooks()] });
      await store.put("/buckets/b");
      return store;
    })();
    return one;
  };
  afterAll(async () => (await one)?.close());

  it.each([
    [{ id: "h", url: "https://127.0.0.1/x" }, "webhooks.0.url in body: The host 127.0.0.1 is not a public one."],
    [
      { id: "h", url: "https://[::ffff:10.0.0.1]" },
      "webhooks.0.url in body: The host [::ffff:a00:1] is not a public one.",
    ],
    [
      { id: "h", url: "https://2852039166/latest" },
      "webhooks.0.url in body: The host 169.254.169.254 is not a public one.",
    ],
    [{ id: "h", url: "https://localhost" }, "webhooks.0.url in body: The host localhost is not a public one."],
    [{ id: "h", url: "http://example.org" }, "webhooks.0.url in body: The URL must begin with https://."],
    [{ id: "h", url: "gopher://example.org" }, "webhooks.0.url in body: The URL must begin with https://."],
    [
      { id: "h", url: "https://me:pw@example.org" },
      "webhooks.0.url in body: The URL must not hold a user name or password.",
    ],
    [
      { id: "h", url: "https://example.org/#top" },
      "webhooks.0.url in body: The URL must not have a fragment (#…): servers are not told of it.",
    ],
    [
      { id: "h", url: "https://example.org/\r\nx-injected: 1" },
      "webhooks.0.url in body: The URL has spaces, line breaks or letters beyond ASCII: percent-encode them, and write the host in Punycode.",
    ],
    [
      { id: "h", url: `https://example.org/${"x".repeat(5000)}` },
      "webhooks.0.url in body: The URL has 5020 characters, and 2000 are the most.",
    ],
    [{ id: "h", url: "" }, "webhooks.0.url in body: It is no URL: https://example.org/path is one."],
    [
      { id: "../h", url: "https://example.org" },
      "webhooks.0.id in body: 1 to 64 letters, digits, - and _ name a hook, a letter or digit first.",
    ],
    [{ id: "h" }, expect.stringMatching(/^webhooks\.0\.url in body: /)],
    [{ id: "h", url: "https://example.org", on: ["purge"] }, expect.stringMatching(/^webhooks\.0\.on\.0 in body: /)],
    [{ id: "h", url: "https://example.org", secret: "s" }, expect.stringMatching(/^webhooks\.0 in body: .*secret/)],
    ["https://example.org", expect.stringMatching(/^webhooks\.0 in body: /)],
  ])("are refused that hold a webhook which is none (%#)", async (hook, message) => {
    const store = await strict();
    const refused = await store.put(C, { data: { webhooks: [hook] } });
    expect([refused.status, refused.body.message]).toEqual([400, message]);
  });

  it("are refused that hold too many, two of one id, or no list", async () => {
    const store = await strict();
    const many = Array.from({ length: 11 }, (_, n) => ({ id: `h${n}`, url: "https://example.org" }));
    for (const hooks of [many, [many[0], many[0]], {}, null, "x", 1])
      expect((await store.put(C, { data: { webhooks: hooks } })).status).toBe(400);
    expect((await store.put(C, { data: { webhooks: many.slice(1) } })).status).toBe(201);
    expect((await store.patch(C, { data: { webhooks: [{ id: "h", url: "https://10.0.0.1" }] } })).status).toBe(400);
    expect((await store.patch(C, { data: { title: "unlike" } })).status).toBe(200);
  });

  it("may hold what they held before there was the plugin, of which no use is made", async () => {
    const data = mkdtempSync(join(tmpdir(), "kintoun-"));
    const opened = async (...plugins: readonly Plugin[]) => {
      const cloud = await startCloud({
        config: readConfig({ plugins: [basicauth(), ...plugins] }),
        port: 0,
        data,
        log: jsonLog(() => undefined),
      });
      return { ...clientOf(asking(cloud.url)), drain: cloud.drain, [Symbol.asyncDispose]: cloud.close };
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

  it("are the collection's own affair where webhooks are the operator's alone", async () => {
    const { store, sink } = await start({ ofCollections: false, hooks: [] });
    expect((await hookTo(store, { anything: true })).status).toBe(200);
    await hookTo(store, { id: "h", url: sink.url });
    await store.put(`${C}/records/r`);
    await store.drain();
    expect(sink.requests).toEqual([]);
  });
});

describe("a webhook of the options", () => {
  it("hears what it asks for, wherever it asks for it", async () => {
    const sink = await webhookSink();
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

  it("is looked after by the operator's commands", async () => {
    const sink = await webhookSink();
    open.push(sink);
    sink.answerWith(410);
    const { store } = await start({ hooks: [{ id: "audit", url: sink.url }] });
    await store.put(`${C}/records/r`);
    await store.drain();
    const [secret = ""] = await store.command("webhooks", "secret", { hook: "audit" });
    expect(verified(sink.requests[0] as WebhookRequest, secret)).toMatchObject({ type: "record.create" });
    const [line = ""] = await store.command("webhooks", "deliveries", { hook: "audit" });
    expect(JSON.parse(line)).toMatchObject({ state: "failed", tries: 1 });

    sink.answerWith(200);
    const [sent = ""] = await store.command("webhooks", "resend", { hook: "audit", delivery: JSON.parse(line).id });
    expect(JSON.parse(sent)).toMatchObject({ delivered: true });
    await store.put(`${C}/records/unheard`);
    await store.drain();
    expect(sink.requests).toHaveLength(2);
    await store.command("webhooks", "enable", { hook: "audit" });
    await store.put(`${C}/records/heard`);
    await store.drain();
    expect(sink.requests).toHaveLength(3);
    await expect(store.command("webhooks", "secret", { hook: "x" })).rejects.toThrow(
      "The options have no webhook 'x'; there are: audit.",
    );
  });

  it("is signed by the secrets that the operator gives, where one takes the place of another by both", async () => {
    const [present, before] = [Buffer.alloc(32, 1), Buffer.alloc(24, 2)].map(
      (secret) => `whsec_${secret.toString("base64")}`,
    ) as [string, string];
    const sink = await webhookSink();
    open.push(sink);
    const hooks = [{ id: "audit", url: sink.url, secret: { parameter: "/kintoun/audit" } }];
    const given = (secret: string) => ({
      overrides: { pluginVariables: new Map([["KINTOUN_PLUGIN_WEBHOOKS_AUDIT_SECRET", secret]]) },
    });
    const { store } = await start({ hooks }, given(`${present} ${before}`));
    await store.put(`${C}/records/r`);
    await store.drain();
    for (const secret of [present, before])
      expect(verified(sink.requests[0] as WebhookRequest, secret)).toMatchObject({ type: "record.create" });
    expect(await store.command("webhooks", "secret", { hook: "audit" })).toEqual([present, before]);

    const wrong = await start({ hooks }, given("hunter2"));
    await expect(wrong.store.command("webhooks", "secret", { hook: "audit" })).rejects.toThrow(
      "The secret that is given for the webhook 'audit' is none",
    );
  });

  it("stops the start where it can't be posted to", async () => {
    await expect(
      testStore({ plugins: [webhooks({ hooks: [{ id: "near", url: "https://10.0.0.1" }] })] }),
    ).rejects.toThrow(
      "The plugin 'webhooks' could not be set up: the hook 'near' can't be posted to: The host 10.0.0.1 is not a public one.",
    );
  });
});

describe("what listeners publish", () => {
  it("is posted where the options say, once though the event comes again", async () => {
    const teller = definePlugin({
      name: "teller",
      about: "Tells what is new.",
      listeners: {
        news: { on: ["record.create"], run: ({ uri }) => ({ publish: [{ uri }] }) },
        quiet: { on: ["record.create"], run: () => ({ publish: [{ quiet: true }] }) },
      },
    });
    const sink = await webhookSink();
    open.push(sink);
    sink.answerWith(() => (sink.requests.length === 1 ? 503 : 200));
    const { store } = await start(
      {},
      { plugins: [webhooks({ private: true, publish: { url: sink.url, from: ["teller-news"] } }), teller()] },
    );
    await store.put(`${C}/records/r`);
    await store.drain();

    const [first, second] = sink.requests;
    expect(sink.requests).toHaveLength(2);
    // That it is to be posted again is neither the publisher's failure nor the listener's.
    expect([store.metrics("EventsPostponed", "teller-news"), store.metrics("EventsFailed", "teller-news")]).toEqual([
      [1],
      [],
    ]);
    expect(store.logged.filter((line) => line.includes('"ERROR"'))).toEqual([]);
    expect(first?.headers["webhook-id"]).toBe(second?.headers["webhook-id"]);
    const [secret = ""] = await store.command("webhooks", "secret", { hook: "publish" });
    expect(verified(second as WebhookRequest, secret)).toMatchObject({
      type: "items",
      data: { items: [{ uri: `${C}/records/r` }] },
    });
  });
});
