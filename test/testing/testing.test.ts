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

/** Counts, greets, tells of new records, and fails on those that say so. */
const counter = definePlugin({
  name: "counter",
  about: "Counts.",
  setup: () => ({ counted: [] as string[] }),
  routes: {
    "GET /hello/:name": { about: "Greets.", run: ({ params, user }) => jsonResponse({ hello: params.name, user }) },
  },
  listeners: {
    count: {
      on: ["record.create"],
      run: ({ new: data, record_id: id = "" }, { services }) => {
        if (data?.bad === true) throw new Error("It is bad");
        services.counted.push(id);
      },
    },
  },
});

const withRecords = async (store: TestStore) => {
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
    await withRecords(store);
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
    const answer = await store.patch(`${RECORDS}/r`, [{ op: "add", path: "/data/patched", value: true }], { headers });
    expect(answer.body.data.patched).toBe(true);
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

  it("delivers all events on drain, and shows services and mails", async () => {
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
    expect(store.logLines.filter((line) => line.includes("It is bad")).length).toBeGreaterThan(0);
    const bad = {
      message: { event: { uri: `${RECORDS}/bad` }, impacted_records: [{ new: { bad: true } }] },
      error: "Error: It is bad",
      attempts: 5,
    };
    expect(await store.deadLetters("counter-count")).toMatchObject([bad]);
    // They are left where they are.
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

describe("the clock of a test store", () => {
  it("runs until it is set, then stands still and can be advanced", async () => {
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
    await withRecords(store);
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

describe("two test stores", () => {
  it("share no objects, plugins, events or clocks", async () => {
    await using one = await startTestStore({ plugins: [counter()] });
    await using other = await startTestStore({
      plugins: [email({ from: "store@example.org", recipients: ["ops@example.org"] })],
    });
    one.clock.set("2040-01-01T00:00:00Z");
    await Promise.all([withRecords(one), withRecords(other)]);
    await one.put(`${RECORDS}/r`);
    await Promise.all([one.drain(), other.drain()]);

    expect((await other.get(RECORDS)).body.data).toEqual([]);
    expect(other.mails).toEqual([]);
    expect(Object.keys((await one.get("/")).body.capabilities)).toContain("counter");
    expect(Object.keys((await other.get("/")).body.capabilities)).not.toContain("counter");
    expect((await one.get("/hello/x")).status).toBe(200);
    expect((await other.get("/hello/x")).status).toBe(404);
    expect((await other.put(`${RECORDS}/r`)).body.data.last_modified).toBeLessThan(one.clock.now());
    await other.drain();
    expect(await one.getServices("counter", "count")).toEqual({ counted: ["r"] });
    expect(other.mails).toHaveLength(1);
  });
});

describe("closing a test store", () => {
  it("also happens when the test fails", async () => {
    let url = "";
    const failing = async () => {
      await using store = await startTestStore();
      url = store.url;
      throw new Error("It should have been 4");
    };
    await expect(failing()).rejects.toThrow("It should have been 4");
    await expect(fetch(url)).rejects.toThrow("fetch failed");
  });

  it("can happen twice, and stops the webhook sink", async () => {
    const store = await startTestStore();
    const { url } = await store.webhookSink();
    await store.close();
    await store.close();
    await expect(fetch(url)).rejects.toThrow("fetch failed");
  });

  /** Runs a module in a process of its own, which must end by itself. @returns what it printed, as JSON */
  const run = async (script: string) => {
    const kit = `import { definePlugin } from "@kintoun/kit"; import { startTestStore } from "@kintoun/testing";`;
    const helpers = `
      const print = (value) => console.log(JSON.stringify(value));
      const living = () => process.getActiveResourcesInfo().filter((name) => /^(ProcessWrap|TCPServerWrap|Timeout)$/.test(name));
      const left = async () => {
        // What is closed goes with the event loop's next turns.
        for (let turns = 0; turns < 100 && living().length > 0; turns++) await new Promise((resolve) => setImmediate(resolve));
        return living();
      };`;
    const flags = ["--no-warnings", "--input-type=module", "--eval", `${kit}\n${helpers}\n${script}`];
    const { stdout } = await promisify(execFile)(process.execPath, flags, {
      cwd: join(import.meta.dirname, "../.."),
      timeout: 50_000,
    });
    return JSON.parse(stdout);
  };
  const refused = (url: string) => expect(fetch(url)).rejects.toThrow("fetch failed");

  it("leaves no server, child process or timer", async () => {
    const { during, after, urls } = await run(`
      const store = await startTestStore();
      await store.put("/buckets/b");
      await store.webhookSink();
      await store.drain();
      const { dynamodb, sqs } = store.cloud.options.cloud;
      const urls = [store.url, dynamodb.endpoint, sqs.endpoint, (await store.webhookSink()).url];
      const during = living();
      await store.close();
      print({ during, after: await left(), urls });
    `);
    expect(during).toEqual(expect.arrayContaining(["ProcessWrap", "TCPServerWrap", "Timeout"]));
    expect(after).toEqual([]);
    expect(urls).toHaveLength(4);
    for (const url of urls) await refused(url);
  });

  it("happens when a plugin's setup fails, and the error names the plugin", async () => {
    const { message, after } = await run(`
      const fine = definePlugin({ name: "fine", about: "Is set up.", listeners: { hear: { on: ["record.create"], run: () => {} } } });
      const broken = definePlugin({
        name: "broken",
        about: "Is not set up.",
        setup: () => { throw new Error("There is no such thing"); },
        listeners: { hear: { on: ["record.create"], run: () => {} } },
      });
      const message = await startTestStore({ plugins: [fine(), broken()] }).catch(({ message }) => message);
      print({ message, after: await left() });
    `);
    expect(message).toContain("The plugin 'broken' failed to start: There is no such thing");
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
      throw new Error("No idea");
    });
    const failed = await fetch(sink.url);
    expect([failed.status, await failed.text()]).toEqual([500, "Error: No idea"]);
  });

  it("waits for requests, and lists the received ones on timeout", async () => {
    await using sink = await startWebhookSink();
    const waiting = sink.waitForRequests(2);
    await fetch(`${sink.url}/first`);
    await fetch(`${sink.url}/second`);
    expect((await waiting).map(({ path }) => path)).toEqual(["/first", "/second"]);
    await expect(sink.waitForRequests(3, { within: 20 })).rejects.toThrow(
      "Expected 3 requests within 20 ms, received 2: GET /first, GET /second.",
    );
  });
});

describe("createChangeEvent", () => {
  it("creates the event that a listener receives of the same change", async () => {
    const received: object[] = [];
    const hearing = definePlugin({
      name: "hearing",
      about: "Hears everything.",
      listeners: {
        hear: {
          on: [
            "bucket.create",
            "group.create",
            "collection.update",
            "record.create",
            "record.update",
            "record.delete",
            "record.purge",
          ],
          run: (event) => void received.push(event),
        },
      },
    });
    await using store = await startTestStore({ plugins: [hearing()] });
    await withRecords(store);
    await store.put("/buckets/b/groups/g", { data: { members: [] } });
    for (const n of [1, 2]) await store.put(`${RECORDS}/r`, { data: { n } });
    await store.delete(`${RECORDS}/r`);
    await store.put(`${RECORDS}/s`, { data: { n: 3 } });
    await store.put("/buckets/b/collections/c", { data: { title: "C" } });
    await store.drain();
    await store.delete("/buckets/b/collections/c");
    await store.drain();

    type Heard = ReturnType<typeof createChangeEvent>;
    for (const event of received as Heard[]) {
      const {
        action,
        uri,
        new: after,
        old,
        timestamp,
        parent_generation: life,
        own_generation: own_life,
        request_id,
      } = event;
      const given = {
        timestamp,
        parent_generation: life,
        ...(request_id !== undefined && { request_id }),
        ...(own_life !== undefined && { own_generation: own_life }),
      };
      const made =
        action === "create"
          ? createChangeEvent({ action, uri, new: after, ...given })
          : action === "update"
            ? createChangeEvent({ action, uri, new: after, old, ...given })
            : createChangeEvent({ action, uri, old, ...given });
      expect(made).toEqual(event);
    }
    expect(
      new Set((received as Heard[]).map(({ resource_name: resource, action }) => `${resource}.${action}`)).size,
    ).toBe(7);
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
    const call = createRouteRequest({ path: "/hello" });
    expect(call).toMatchObject({ method: "GET", path: "/hello", params: {}, query: "", headers: {}, user: null });
    expect(call.json()).toBeUndefined();
    expect(() => call.requireUser()).toThrow(expect.objectContaining({ kind: "MISSING_AUTH_TOKEN" }));
  });

  it("sets the user, path and parameters", () => {
    const call = createRouteRequest({
      method: "POST",
      path: "/hello/you",
      params: { name: "you" },
      query: { loud: "yes & no" },
      headers: { "X-Tone": "kind" },
      body: { n: 1 },
      input: { body: { n: 1 } },
      user: "testuser:alice",
    });
    expect(call).toMatchObject({
      params: { name: "you" },
      query: "loud=yes+%26+no",
      headers: { "x-tone": "kind" },
      input: { body: { n: 1 } },
    });
    expect([call.json(), call.requireUser()]).toEqual([{ n: 1 }, "testuser:alice"]);
  });
});
