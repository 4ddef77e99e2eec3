import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { definePlugin, jsonResponse } from "@kintoun/kit";
import {
  createChangeEvent,
  createRouteRequest,
  startTestStore,
  startWebhookSink,
  type TestStore,
} from "@kintoun/testing";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { email } from "../../plugins/email/index.ts";

const RECORDS = "/buckets/b/collections/c/records";

/** A plugin with a route, and with a listener that keeps the ids of new records and fails if their data says so. */
const counter = definePlugin({
  name: "counter",
  about: "Counts new records.",
  setup: () => ({ counted: [] as string[] }),
  routes: {
    "GET /hello/:name": {
      about: "Returns a greeting.",
      run: ({ params, user }) => jsonResponse({ hello: params.name, user }),
    },
  },
  listeners: {
    count: {
      on: ["record.create"],
      run: ({ new: data, record_id: id = "" }, { services }) => {
        if (data?.bad === true) throw new Error("The record is bad");
        services.counted.push(id);
      },
    },
  },
});

const createRecordList = async (store: TestStore) => {
  await store.put("/buckets/b");
  await store.put("/buckets/b/collections/c");
};

describe("startTestStore", () => {
  let store: TestStore;
  beforeAll(async () => {
    store = await startTestStore({
      plugins: [counter(), email({ from: "store@example.org", recipients: ["ops@example.org"] })],
      retryAfter: () => 0,
    });
    await createRecordList(store);
  });
  afterAll(() => store.close());

  it("sends requests of each method and parses JSON responses", async () => {
    expect(await store.put(`${RECORDS}/r`, { data: { n: 1 } })).toMatchObject({
      status: 201,
      body: { data: { id: "r", n: 1 } },
    });
    expect((await store.patch(`${RECORDS}/r`, { data: { m: 2 } })).body.data).toMatchObject({ n: 1, m: 2 });
    expect((await store.post(RECORDS, { data: { id: "s" } })).status).toBe(201);
    expect((await store.get(`${RECORDS}/r`)).headers.get("etag")).toMatch(/^"\d+"$/);
    expect(await store.request(RECORDS, { method: "HEAD" })).toMatchObject({ status: 200, body: undefined });
    expect((await store.delete(`${RECORDS}/s`)).body.data.deleted).toBe(true);
  });

  it("sends headers and bodies that are not JSON unchanged", async () => {
    const headers = { "content-type": "application/json-patch+json" };
    const response = await store.patch(`${RECORDS}/r`, [{ op: "add", path: "/data/patched", value: true }], {
      headers,
    });
    expect(response.body.data.patched).toBe(true);
    expect((await store.put(`${RECORDS}/r`, "{ no JSON")).status).toBe(400);
    expect((await store.put(`${RECORDS}/r`, undefined, { headers: { "If-None-Match": "*" } })).status).toBe(412);
  });

  it("returns text if the response is not JSON", async () => {
    await store.put(`${RECORDS}/mailed`);
    await store.drain();
    expect((await store.get(store.cloud.mailPage)).body).toContain("<");
  });

  it("authenticates users by name: alice by default, anonymous for null", async () => {
    expect((await store.get("/")).body.user.id).toBe("testuser:alice");
    expect(await store.userId("bob")).toBe("testuser:bob");
    expect((await store.get("/", { as: null })).body).not.toHaveProperty("user");
    expect((await store.get(`${RECORDS}/r`, { as: "bob" })).status).toBe(403);
    await store.patch(`${RECORDS}/r`, { permissions: { read: ["testuser:bob"] } });
    expect((await store.get(`${RECORDS}/r`, { as: "bob" })).status).toBe(200);
    expect((await store.get("/hello/world", { as: "bob" })).body).toEqual({ hello: "world", user: "testuser:bob" });
  });

  it("authenticates users with a plugin for basic authentication", async () => {
    await using other = await startTestStore({ plugins: [basicauth()], overrides: { useridHmacSecret: "s3cret" } });
    expect(await other.userId("alice")).toMatch(/^basicauth:[0-9a-f]{64}$/);
    expect(await other.userId("alice")).not.toBe(await other.userId("bob"));
    expect((await other.put("/buckets/b", undefined, { as: "bob" })).body.permissions.write).toEqual([
      await other.userId("bob"),
    ]);
  });

  it("delivers all events on drain, and returns services and mails", async () => {
    const before = store.mails.length;
    await store.put(`${RECORDS}/counted`);
    await store.drain();

    expect(await store.getServices("counter", "count")).toEqual({ counted: expect.arrayContaining(["counted"]) });
    expect(store.mails.slice(before)).toMatchObject([{ from: "store@example.org", to: ["ops@example.org"] }]);
  });

  it("returns services per function, and reports a plugin that is not set up", async () => {
    expect(await store.getServices("counter")).toEqual({ counted: [] });
    await expect(store.getServices("conter")).rejects.toThrow(
      "The plugin 'conter' is not set up in any function of this store. Set up are: ",
    );
    await expect(store.getServices("counter", "cont")).rejects.toThrow("not set up in the worker of 'cont'");
  });

  it("counts dead letters and keeps their log lines", async () => {
    await store.put(`${RECORDS}/bad`, { data: { bad: true } });
    await store.drain();

    expect([await store.deadLetterCount("counter-count"), await store.deadLetterCount("email-notify")]).toEqual([1, 0]);
    expect(store.logLines.filter((line) => line.includes("The record is bad")).length).toBeGreaterThan(0);
    const bad = {
      message: { event: { uri: `${RECORDS}/bad` }, impacted_records: [{ new: { bad: true } }] },
      error: "Error: The record is bad",
      attempts: 5,
    };
    expect(await store.deadLetters("counter-count")).toMatchObject([bad]);
    // Reading the dead letters does not remove them.
    expect([await store.deadLetters("email-notify"), await store.deadLetterCount("counter-count")]).toEqual([[], 1]);
  });

  it("lists the queues for an unknown dead-letter queue", async () => {
    await expect(store.deadLetterCount("counter-cuont")).rejects.toThrow(
      "<plugin>-<listener>. Did you mean 'counter-count'?",
    );
    await expect(store.deadLetters("count")).rejects.toThrow("There is no dead-letter queue of 'count'");
  });

  it("starts one webhook sink", async () => {
    const { url } = await store.webhookSink();
    await fetch(`${url}/hook`, { method: "POST", body: "{}" });
    expect(await (await store.webhookSink()).waitForRequests(1)).toMatchObject([{ method: "POST", path: "/hook" }]);
  });
});

describe("TestStore.clock", () => {
  it("runs until it is set, then stops and can be advanced", async () => {
    await using store = await startTestStore();
    const [before, now, after] = [Date.now(), store.clock.now(), Date.now()];
    expect(now >= before && now <= after).toBe(true);

    store.clock.set("2040-02-29T12:00:00Z");
    expect(store.clock.now()).toBe(Date.UTC(2040, 1, 29, 12));
    store.clock.advance(1500);
    expect(store.clock.now()).toBe(Date.UTC(2040, 1, 29, 12, 0, 1, 500));
    expect(() => store.clock.set("some day")).toThrow("The clock needs a date");
    expect(() => store.clock.advance(Number.NaN)).toThrow(RangeError);
  });

  it("is used for timestamps, events and mails", async () => {
    const mailing = email({ from: "store@example.org", recipients: ["ops@example.org"], subject: "{timestamp}" });
    await using store = await startTestStore({ plugins: [mailing] });
    store.clock.set("2040-01-01T00:00:00Z");
    await createRecordList(store);
    store.clock.set("2041-01-01T00:00:00Z");
    const time = store.clock.now();

    expect((await store.put(`${RECORDS}/r`)).body.data.last_modified).toBe(time);
    expect((await store.put(`${RECORDS}/s`)).body.data.last_modified).toBe(time + 1);
    await store.drain();
    expect(store.mails.map(({ subject, at }) => ({ subject, at }))).toEqual(
      [time, time + 1].map((at) => ({ subject: String(at), at: new Date(time).toISOString() })),
    );
  });

  it("is used for expiries, such as those of page tokens", async () => {
    await using store = await startTestStore();
    store.clock.set("2040-01-01T00:00:00Z");
    for (const id of ["a", "b"]) await store.put(`/buckets/${id}`);
    const { headers } = await store.get("/buckets?_limit=1");
    const next = headers.get("next-page") ?? "";

    store.clock.advance(24 * 3600 * 1000);
    expect((await store.get(next)).status).toBe(200);
    store.clock.advance(1);
    expect((await store.get(next)).status).toBe(400);
  });
});

describe("startTestStore, called twice", () => {
  it("starts stores that share no objects, plugins, events or clocks", async () => {
    await using first = await startTestStore({ plugins: [counter()] });
    await using second = await startTestStore({
      plugins: [email({ from: "store@example.org", recipients: ["ops@example.org"] })],
    });
    first.clock.set("2040-01-01T00:00:00Z");
    await Promise.all([createRecordList(first), createRecordList(second)]);
    await first.put(`${RECORDS}/r`);
    await Promise.all([first.drain(), second.drain()]);

    expect((await second.get(RECORDS)).body.data).toEqual([]);
    expect(second.mails).toEqual([]);
    expect(Object.keys((await first.get("/")).body.capabilities)).toContain("counter");
    expect(Object.keys((await second.get("/")).body.capabilities)).not.toContain("counter");
    expect((await first.get("/hello/x")).status).toBe(200);
    expect((await second.get("/hello/x")).status).toBe(404);
    expect((await second.put(`${RECORDS}/r`)).body.data.last_modified).toBeLessThan(first.clock.now());
    await second.drain();
    expect(await first.getServices("counter", "count")).toEqual({ counted: ["r"] });
    expect(second.mails).toHaveLength(1);
  });
});

describe("TestStore.close", () => {
  it("is called when the test fails", async () => {
    let url = "";
    const failing = async () => {
      await using store = await startTestStore();
      url = store.url;
      throw new Error("It should have been 4");
    };
    await expect(failing()).rejects.toThrow("It should have been 4");
    await expect(fetch(url)).rejects.toThrow("fetch failed");
  });

  it("can be called twice, and stops the webhook sink", async () => {
    const store = await startTestStore();
    const { url } = await store.webhookSink();
    await store.close();
    await store.close();
    await expect(fetch(url)).rejects.toThrow("fetch failed");
  });

  /** Runs a module in a separate process, which must end by itself. @returns the JSON that it prints */
  const run = async (script: string) => {
    const imports = `import { definePlugin } from "@kintoun/kit"; import { startTestStore } from "@kintoun/testing";`;
    const helpers = `
      const print = (value) => console.log(JSON.stringify(value));
      const listResources = () => process.getActiveResourcesInfo().filter((name) => /^(ProcessWrap|TCPServerWrap|Timeout)$/.test(name));
      const awaitRelease = async () => {
        // Closed resources disappear in the next turns of the event loop.
        for (let turns = 0; turns < 100 && listResources().length > 0; turns++) await new Promise((resolve) => setImmediate(resolve));
        return listResources();
      };`;
    const flags = ["--no-warnings", "--input-type=module", "--eval", `${imports}\n${helpers}\n${script}`];
    const { stdout } = await promisify(execFile)(process.execPath, flags, {
      cwd: join(import.meta.dirname, "../.."),
      timeout: 50_000,
    });
    return JSON.parse(stdout);
  };
  const expectRefusal = (url: string) => expect(fetch(url)).rejects.toThrow("fetch failed");

  it("leaves no server, child process or timer", async () => {
    const { during, after, urls } = await run(`
      const store = await startTestStore();
      await store.put("/buckets/b");
      await store.webhookSink();
      await store.drain();
      const { dynamodb, sqs } = store.cloud.options.cloud;
      const urls = [store.url, dynamodb.endpoint, sqs.endpoint, (await store.webhookSink()).url];
      const during = listResources();
      await store.close();
      print({ during, after: await awaitRelease(), urls });
    `);
    expect(during).toEqual(expect.arrayContaining(["ProcessWrap", "TCPServerWrap", "Timeout"]));
    expect(after).toEqual([]);
    expect(urls).toHaveLength(4);
    for (const url of urls) await expectRefusal(url);
  });

  it("is called when the setup of a plugin fails, and the error names the plugin", async () => {
    const { message, after } = await run(`
      const working = definePlugin({ name: "working", about: "Starts.", listeners: { notify: { on: ["record.create"], run: () => {} } } });
      const broken = definePlugin({
        name: "broken",
        about: "Fails to start.",
        setup: () => { throw new Error("The setup fails"); },
        listeners: { notify: { on: ["record.create"], run: () => {} } },
      });
      const message = await startTestStore({ plugins: [working(), broken()] }).catch(({ message }) => message);
      print({ message, after: await awaitRelease() });
    `);
    expect(message).toContain("The plugin 'broken' failed to start: The setup fails");
    expect(after).toEqual([]);
  });
});

describe("startWebhookSink", () => {
  it("records requests and parses JSON bodies", async () => {
    await using sink = await startWebhookSink();
    await fetch(`${sink.url}/a?b=c`, { method: "PUT", headers: { "X-Signature": "abc" }, body: '{ "n": 1 }' });
    await fetch(sink.url, { method: "POST", body: "no JSON" });
    await fetch(sink.url);

    expect(sink.requests).toMatchObject([
      { method: "PUT", path: "/a?b=c", headers: { "x-signature": "abc" }, body: { n: 1 }, text: '{ "n": 1 }' },
      { method: "POST", path: "/", body: "no JSON", text: "no JSON" },
      { method: "GET", body: undefined, text: "" },
    ]);
  });

  it("responds with a status, a response, or a function of the request", async () => {
    await using sink = await startWebhookSink();
    expect((await fetch(sink.url)).status).toBe(204);
    sink.respondWith(503);
    expect((await fetch(sink.url)).status).toBe(503);
    sink.respondWith({ status: 429, headers: { "Retry-After": "7" }, body: "later" });
    const later = await fetch(sink.url);
    expect([later.status, later.headers.get("retry-after"), await later.text()]).toEqual([429, "7", "later"]);
    sink.respondWith(({ path }) => (path === "/good" ? 200 : 404));
    expect([(await fetch(`${sink.url}/good`)).status, (await fetch(`${sink.url}/bad`)).status]).toEqual([200, 404]);
    sink.respondWith(() => {
      throw new Error("The sink fails");
    });
    const failed = await fetch(sink.url);
    expect([failed.status, await failed.text()]).toEqual([500, "Error: The sink fails"]);
  });

  it("waits for requests, and lists the received ones on timeout", async () => {
    await using sink = await startWebhookSink();
    const requests = sink.waitForRequests(2);
    await fetch(`${sink.url}/first`);
    await fetch(`${sink.url}/second`);
    expect((await requests).map(({ path }) => path)).toEqual(["/first", "/second"]);
    await expect(sink.waitForRequests(3, { within: 20 })).rejects.toThrow(
      "Expected 3 requests within 20 ms, received 2: GET /first, GET /second.",
    );
  });
});

describe("createChangeEvent", () => {
  it("creates the event that a listener receives for the same change", async () => {
    type Received = ReturnType<typeof createChangeEvent>;
    const received: Received[] = [];
    const recorder = definePlugin({
      name: "recorder",
      about: "Records events.",
      listeners: {
        notify: {
          on: [
            "bucket.create",
            "group.create",
            "collection.update",
            "record.create",
            "record.update",
            "record.delete",
            "record.purge",
          ],
          run: (event) => void received.push(event as Received),
        },
      },
    });
    await using store = await startTestStore({ plugins: [recorder()] });
    await createRecordList(store);
    await store.put("/buckets/b/groups/g", { data: { members: [] } });
    for (const n of [1, 2]) await store.put(`${RECORDS}/r`, { data: { n } });
    await store.delete(`${RECORDS}/r`);
    await store.put(`${RECORDS}/s`, { data: { n: 3 } });
    await store.put("/buckets/b/collections/c", { data: { title: "C" } });
    await store.drain();
    await store.delete("/buckets/b/collections/c");
    await store.drain();

    for (const event of received) {
      const { action, uri, new: after, old, timestamp, parent_generation, own_generation, request_id } = event;
      const fields = {
        timestamp,
        parent_generation,
        ...(request_id !== undefined && { request_id }),
        ...(own_generation !== undefined && { own_generation }),
      };
      const created =
        action === "create"
          ? createChangeEvent({ action, uri, new: after, ...fields })
          : action === "update"
            ? createChangeEvent({ action, uri, new: after, old, ...fields })
            : createChangeEvent({ action, uri, old, ...fields });
      expect(created).toEqual(event);
    }
    expect(new Set(received.map(({ resource_name: resource, action }) => `${resource}.${action}`)).size).toBe(7);
  });

  it("derives fields that are absent", () => {
    const uri = "/buckets/b/collections/c/records/r";
    expect(createChangeEvent({ action: "update", uri, timestamp: 5, new: { n: 2 } })).toEqual({
      id: `${uri}@5`,
      action: "update",
      resource_name: "record",
      uri,
      bucket_id: "b",
      collection_id: "c",
      record_id: "r",
      user_id: "testuser:alice",
      timestamp: 5,
      parent_generation: "generation",
      new: { id: "r", last_modified: 5, n: 2 },
      old: { id: "r", last_modified: 4 },
    });
  });

  it("creates events of a plugin's resource", () => {
    const event = createChangeEvent({ action: "create", uri: "/buckets/b/robots/r2", resource_name: "robot" });
    expect(event).toMatchObject({ resource_name: "robot", bucket_id: "b", robot_id: "r2", new: { id: "r2" } });
    expect(createChangeEvent({ action: "create", uri: "/robots/r2", resource_name: "robot" })).not.toHaveProperty(
      "bucket_id",
    );
  });

  it.each(["", "/buckets", "buckets/b", "/buckets/b/robots/r", "/buckets/b/groups/g/records/r", "/buckets/no id"])(
    "rejects a URI that is not of an object: '%s'",
    (uri) => {
      expect(() => createChangeEvent({ action: "create", uri })).toThrow(`'${uri}' is not the URI of an object`);
    },
  );
});

describe("createRouteRequest", () => {
  it("creates a request with empty defaults", () => {
    const request = createRouteRequest({ path: "/hello" });
    expect(request).toMatchObject({ method: "GET", path: "/hello", params: {}, query: "", headers: {}, user: null });
    expect(request.json()).toBeUndefined();
    expect(() => request.requireUser()).toThrow(expect.objectContaining({ kind: "MISSING_AUTH_TOKEN" }));
  });

  it("sets the user, path and parameters", () => {
    const request = createRouteRequest({
      method: "POST",
      path: "/hello/you",
      params: { name: "you" },
      query: { loud: "yes & no" },
      headers: { "X-Tone": "kind" },
      body: { n: 1 },
      input: { body: { n: 1 } },
      user: "testuser:alice",
    });
    expect(request).toMatchObject({
      params: { name: "you" },
      query: "loud=yes+%26+no",
      headers: { "x-tone": "kind" },
      input: { body: { n: 1 } },
    });
    expect([request.json(), request.requireUser()]).toEqual([{ n: 1 }, "testuser:alice"]);
  });
});
