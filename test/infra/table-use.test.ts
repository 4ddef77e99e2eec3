import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { definePlugin, need } from "@kintoun/kit";
import { type AppOptions, createAppContext } from "../../app/create-app-context.ts";
import { readConfig } from "../../config/config.ts";
import { queueConfigs } from "../../config/queues.ts";
import { readStoreLocation } from "../../config/store-location.ts";
import { toChangeEvents } from "../../core/events/change.ts";
import { type ChangeEvent, encodeEvent } from "../../core/events/event.ts";
import { createJsonLog } from "../../core/ports/log.ts";
import type { StoredObject } from "../../core/ports/store.ts";
import { BUCKETS, listRef, type ObjectRef, objectRef, RESOURCES } from "../../core/resources.ts";
import { type ApiApp, createApi } from "../../functions/api/app.ts";
import { createSearch, searchHandler } from "../../functions/search/app.ts";
import { createWorker } from "../../functions/worker/app.ts";
import { workerHandler } from "../../functions/worker/handler.ts";
import { createTable, type DynamoDbEngine, startDynamoDb } from "../../local/dynamodb.ts";
import { flush } from "../../plugins/flush/index.ts";
import { history } from "../../plugins/history/index.ts";
import { search } from "../../plugins/search/index.ts";
import { webhooks } from "../../plugins/webhooks/index.ts";
import { startWebhookSink } from "../../testing/webhook-sink.ts";
import { requestApi } from "../request-api.ts";
import { enforce } from "./enforce.ts";
import { startRecordingSqs } from "./recording-sqs.ts";
import { type ApiCall, allows, isForTransactions, roleOf, type Statement } from "./roles.ts";
import { PLUGINS, synthesize, TABLE_ARN, variablesOf } from "./synthesize.ts";

const retrying = definePlugin({
  name: "retrying",
  about: "Fails, then requeues the event, then succeeds.",
  listeners: {
    handle: {
      on: ["record.create"],
      run: ({ record_id }) => {
        handledIds.push(String(record_id));
        if (handledIds.length === 1) throw new Error("not yet");
        return handledIds.length === 2 ? "requeue" : undefined;
      },
    },
  },
});
const handledIds: string[] = [];

const many = Array.from({ length: 120 }, (_, n) => `basicauth:${n}`);
const NOTES = "/buckets/b/collections/notes";
const THINGS = "/buckets/b/collections/things";

/** Uses each method of its data and state. */
const writer = definePlugin({
  name: "writer",
  about: "Writes to its objects.",
  needs: () => ({ data: need.data({ write: ["/buckets/b"] }), state: need.state() }),
  setup: ({ resources }) => resources,
  listeners: {
    handle: {
      on: ["record.create"],
      idempotent: true,
      run: async (_, { services: { data, state } }) => {
        await state.change("counts", "y", (times) => Number(times ?? 0) + 1);
        await state.count("counts", "z", { add: { n: 1 } });
        await state.countAll(["u", "v"].map((key) => ({ list: "counts", key, add: { n: 1 } })));
        for await (const { key } of state.list("counts")) await state.delete("counts", key);
        await data.update("/buckets/b", { data: { handled: true } });
        await data.replace("/buckets/b/groups/written", {
          data: { members: ["basicauth:1"] },
          permissions: { read: ["basicauth:1"] },
        });
        await data.replace("/buckets/b/groups/written", {
          data: { members: [] },
          permissions: { read: ["basicauth:2"] },
        });
        await data.replace("/buckets/b/collections/written", { data: {} });
        await data.delete("/buckets/b/collections/written");
        for (const members of [many, []])
          await data.replace("/buckets/b/groups/written", { data: { members }, permissions: { read: members } });
        await data.create(`${NOTES}/records`, { data: { id: "written" } });
        for await (const _ of data.list(`${NOTES}/records`)) await data.get(NOTES);
        await data.delete(`${NOTES}/records/written`);
      },
    },
  },
});

/** May only create records in a collection of others. */
const contributor = definePlugin({
  name: "contributor",
  about: "Creates records and reads its own.",
  // Its index runs in the functions that serve searches, too. They need no access to its objects.
  needs: () => ({
    data: need.scope(need.data({ "record:create": [NOTES] }), "own-worker"),
    things: need.scope(need.index("Thing"), "own-worker"),
  }),
  setup: ({ resources }) => resources,
  indexes: { Thing: { about: "Things.", of: () => THINGS, objects: () => [{ id: "listed" }], version: () => 1 } },
  listeners: {
    contribute: {
      on: ["record.create"],
      idempotent: true,
      run: async (_, { services: { data, things } }) => {
        await things.save({ id: "stored" });
        await things.delete("stored");
        results.push(JSON.stringify([await things.sync(), await things.sync()]));
        await data.get(NOTES);
        await data.replace(`${NOTES}/records/own`, { permissions: { read: many } });
        await data.replace(`${NOTES}/records/own`, { permissions: { read: ["basicauth:1"] } });
        await data.replace(`${NOTES}/records/own`, { permissions: { read: ["basicauth:2"] } });
        for await (const { id } of data.list(`${NOTES}/records`)) results.push(String(id));
        await data.delete(`${NOTES}/records/own`);
        await data.get("/buckets/b").catch((error: Error) => results.push(error.name));
      },
    },
  },
});
const results: string[] = [];

const LEADING_KEYS = "dynamodb:LeadingKeys";
const onKey = (key: string): Statement["condition"] => ({ "ForAllValues:StringLike": { [LEADING_KEYS]: [key] } });
const leadingKeys = ({ condition }: Statement): readonly string[] =>
  condition["ForAllValues:StringLike"]?.[LEADING_KEYS] ?? [];

describe("roles on a table that enforces them", () => {
  /** Searches with the embedded engine, which follows the table. */
  const EMBEDDED = PLUGINS.map((plugin) => (plugin.name === "search" ? search() : plugin));
  const plugins = [...EMBEDDED, flush(), retrying(), writer(), contributor(), webhooks({ private: true }), history()];
  const stack = synthesize(plugins);
  const logged: string[] = [];
  /** The calls to the table, by the description of the function that made them. */
  const used = new Map<string, ApiCall[]>();
  let engine: DynamoDbEngine;
  let sqs: Awaited<ReturnType<typeof startRecordingSqs>>;
  let unrestricted: AppOptions;

  /** The options of the function with this description: with its own environment and role. */
  const optionsOf = (about: string): AppOptions => ({
    ...unrestricted,
    location: readStoreLocation(
      { ...variablesOf(stack.lambda(about)), KINTOUN_TABLE: "kintoun" },
      queueConfigs(unrestricted.config),
    ),
    wrapSend: enforce(roleOf(stack, stack.lambda(about)), TABLE_ARN, (call) =>
      used.set(about, [...(used.get(about) ?? []), call]),
    ),
  });
  const deliver = async (name: string, event: ChangeEvent) => {
    const worker = await createWorker(optionsOf(`runs the listener ${name}`));
    const message = {
      messageId: "m",
      body: encodeEvent(event),
      attributes: { ApproximateReceiveCount: "1" },
      messageAttributes: {},
    };
    const answer = await workerHandler(worker)({ Records: [message] } as unknown as Parameters<
      ReturnType<typeof workerHandler>
    >[0]);
    await worker.close();
    return answer.batchItemFailures;
  };

  const folder = mkdtempSync(join(tmpdir(), "kintoun-search-"));
  beforeAll(async () => {
    [engine, sqs] = await Promise.all([startDynamoDb(undefined), startRecordingSqs(stack)]);
    const client = new DynamoDBClient(engine.client);
    await createTable(client, "kintoun");
    client.destroy();
    unrestricted = {
      config: readConfig({
        plugins,
        settings: { jobsReadPrincipals: ["system.Authenticated"], groupReadPrincipals: ["system.Authenticated"] },
      }),
      location: { table: "kintoun", queues: {} },
      cloud: {
        dynamodb: engine.client,
        sqs: sqs.client,
        mail: { sink: { host: "localhost", port: 1, security: "none" }, sendsSmtp: false },
        search: { folder },
      },
      log: createJsonLog((line) => logged.push(line)),
    };
  });
  afterAll(async () => {
    await Promise.all([engine.stop(), sqs.stop()]);
    rmSync(folder, { recursive: true });
  });

  const bucket = objectRef(BUCKETS, "b");
  const notes = "/buckets/b/collections/notes";
  const authorization = `Basic ${Buffer.from("alice:secret").toString("base64")}`;

  /** Returns a function that sends requests as alice. */
  const createRequester = (api: ApiApp) => {
    const app = requestApi(api);
    return (method: string, path: string, body?: unknown, type = "application/json") =>
      app.request(new URL(`/v1${path}`, "http://localhost").href, {
        method,
        headers: { authorization, ...(body !== undefined && { "content-type": type }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
  };

  /** Searches the notes. */
  const searchAt = async (path: string) => {
    const search = await createSearch(optionsOf("serves searches"));
    const rawPath = `/v1${path}`;
    const answer = await searchHandler(search)({
      version: "2.0",
      rawPath,
      rawQueryString: "",
      headers: { authorization, host: "localhost", "content-type": "application/json" },
      requestContext: { http: { method: "POST", path: rawPath }, domainName: "localhost" },
      body: JSON.stringify({ query: { match_all: {} } }),
      isBase64Encoded: false,
    } as unknown as Parameters<ReturnType<typeof searchHandler>>[0]);

    await search.close();
    return answer;
  };
  const searchNotes = () => searchAt("/buckets/b/collections/notes/search");

  it("let search run before any other function", async () => {
    expect((await searchNotes()).statusCode).toBe(403);
  });

  it("let api serve the whole protocol", async () => {
    const api = await createApi(optionsOf("serves the HTTP API"));
    const request = createRequester(api);
    const send = async (...args: Parameters<typeof request>) =>
      [args[0], args[1], (await request(...args)).status] as const;
    const many = Array.from({ length: 120 }, (_, n) => `basicauth:${n}`);

    const answers = [
      await send("GET", "/"),
      await send("PUT", "/buckets/b"),
      await send("PUT", "/buckets/b/groups/few", { data: { members: ["basicauth:1"] } }),
      await send("PUT", "/buckets/b/groups/few", { data: { members: [] } }),
      // Too many for one transaction: index items are written separately.
      await send("PUT", "/buckets/b/groups/many", { data: { members: many } }),
      await send("PUT", "/buckets/b/groups/many", { data: { members: [] } }),
      await send("PUT", notes, { permissions: { read: ["basicauth:1"] } }),
      await send("PATCH", notes, { permissions: { read: [] } }),
      await send("PATCH", notes, { permissions: { read: many } }),
      await send("POST", `${notes}/records`, { data: { n: 1 } }),
      await send("PUT", `${notes}/records/r`, { data: { n: 2 } }),
      await send(
        "PATCH",
        `${notes}/records/r`,
        [{ op: "add", path: "/data/m", value: 3 }],
        "application/json-patch+json",
      ),
      await send("PUT", `${notes}/records/old`, { data: { last_modified: 1000 } }),
      await send("GET", `${notes}/records/r`),
      await send("GET", `${notes}/records?_limit=1&_since=1`),
      // The second time only what has changed is read.
      await send("GET", `${notes}/records?_sort=n`),
      await send("PUT", `${notes}/records/new`, { data: { n: 4 } }),
      await send("GET", `${notes}/records?_sort=n`),
      await send("HEAD", `${notes}/records?_since=1`),
      await send("GET", "/buckets"),
      await send("PATCH", "/buckets/b/groups/few", { data: { members: ["basicauth:2"] } }),
      await send("DELETE", `${notes}/records/r`),
      await send("DELETE", `${notes}/records`),
    ];

    expect(answers.filter(([, , status]) => status >= 300)).toEqual([]);
    await api.close();
  });

  it("let api run a batch", async () => {
    const api = await createApi(optionsOf("serves the HTTP API"));
    const requests = [
      { method: "PUT", path: "/buckets/b/groups/few", body: { data: { members: ["basicauth:3"] } } },
      { method: "POST", path: `${notes}/records`, body: { data: {}, permissions: { read: ["basicauth:3"] } } },
      { path: `${notes}/records` },
      { method: "DELETE", path: `${notes}/records` },
    ];
    const response = await createRequester(api)("POST", "/batch", { requests });

    const { responses } = (await response.json()) as { responses: { status: number }[] };
    expect(responses.map(({ status }) => status)).toEqual([200, 201, 200, 200]);
    await api.close();
  });

  it("let api delete a list in pages and use each pagination token once", async () => {
    const api = await createApi(optionsOf("serves the HTTP API"));
    const send = createRequester(api);
    for (const n of [1, 2, 3]) await send("POST", `${notes}/records`, { data: { n } });
    const firstPage = await send("DELETE", `${notes}/records?_limit=2`);
    const next = new URL(String(firstPage.headers.get("Next-Page")));
    const nextPage = `${next.pathname.replace("/v1", "")}${next.search}`;

    expect((await send("DELETE", nextPage)).status).toBe(200);
    expect((await send("DELETE", nextPage)).status).toBe(400);
    await api.close();
  });

  it("let api list the permissions of a user", async () => {
    const api = await createApi(optionsOf("serves the HTTP API"));
    const response = await createRequester(api)("GET", "/permissions");

    expect(await response.json()).toMatchObject({
      data: expect.arrayContaining([expect.objectContaining({ uri: notes })]),
    });
    await api.close();
  });

  it("let api list and delete a history, and read what was stored before", async () => {
    const api = await createApi(optionsOf("serves the HTTP API"));
    const send = createRequester(api);
    await send("PUT", `${notes}/records/past`, { data: { n: 1 } });
    const [first] = (
      (await (await send("GET", "/buckets/b/history?_limit=1")).json()) as { data: { last_modified: number }[] }
    ).data;
    await send("PUT", `${notes}/records/past`, { data: { n: 2 } });

    const paths = [`${notes}/records/past`, `${notes}/records`].map((path) => `${path}?_at=${first?.last_modified}`);
    for (const path of paths) expect((await send("GET", path)).status).toBe(200);
    expect((await send("DELETE", "/buckets/b/history?_limit=1")).status).toBe(200);
    await send("DELETE", `${notes}/records/past`);
    await api.close();
  });

  it("let api create the default bucket of a user", async () => {
    const api = await createApi(optionsOf("serves the HTTP API"));
    const send = createRequester(api);
    const { user } = (await (await send("GET", "/")).json()) as { user: { bucket: string } };

    expect((await send("POST", "/buckets/default/collections/tasks/records", { data: {} })).status).toBe(201);
    expect(await (await send("GET", "/buckets/default")).json()).toMatchObject({ data: { id: user.bucket } });
    await api.close();
  });

  it("let api check the table, search and the queues of all listeners", async () => {
    const api = await createApi(optionsOf("serves the HTTP API"));
    const response = await createRequester(api)("GET", "/__heartbeat__");
    await api.close();

    expect([response.status, await response.json()]).toEqual([200, { storage: true, queues: true, search: true }]);
    const granted = roleOf(stack, stack.lambda("serves the HTTP API")).flatMap(({ actions, resources }) =>
      actions
        .filter((action) => action.startsWith("sqs:"))
        .flatMap((action) => resources.map((resource) => ({ action, resource }))),
    );
    const byQueue = (calls: readonly ApiCall[]) => calls.toSorted((a, b) => (a.resource < b.resource ? -1 : 1));
    expect(granted).toHaveLength(10);
    expect(byQueue(sqs.calls.splice(0))).toEqual(byQueue(granted));
  });

  it("let search read the permissions of a user", async () => {
    const api = await createApi(optionsOf("serves the HTTP API"));
    const send = createRequester(api);
    const { user } = (await (await send("GET", "/")).json()) as { user: { id: string } };
    // The memberships of a large group are verified by reading it.
    await send("PUT", "/buckets/b/groups/large", { data: { members: [...many, user.id] } });
    await send("PATCH", notes, { permissions: { read: ["/buckets/b/groups/large"] } });
    await api.close();

    expect((await searchNotes()).statusCode).toBe(200);
    // What is shared with the user, and all that is in a bucket.
    expect((await searchAt("/search")).statusCode).toBe(200);
    expect((await searchAt("/buckets/b/search")).statusCode).toBe(200);
  });

  it("let a worker retry and requeue an event, and handle it once", async () => {
    const event: ChangeEvent = {
      id: "e1",
      action: "create",
      resource_name: "record",
      uri: "/buckets/b/collections/notes/records/x",
      bucket_id: "b",
      record_id: "x",
      user_id: "u",
      timestamp: 1,
      parent_generation: "l",
      new: { id: "x" },
    };

    const rounds = [];
    for (let round = 0; round < 4; round++) rounds.push((await deliver("retrying-handle", event)).length);

    expect(rounds).toEqual([1, 0, 0, 0]);
    expect(handledIds).toHaveLength(3);
    const own = roleOf(stack, stack.lambda("runs the listener retrying-handle"));
    const calls = sqs.calls.splice(0);
    expect(calls.map(({ action }) => action)).toEqual(["sqs:ChangeMessageVisibility", "sqs:SendMessage"]);
    expect(calls.filter((call) => !allows(own, call))).toEqual([]);
  });

  it("let a plugin in a worker use the objects in its needs", async () => {
    const api = await createApi(optionsOf("serves the HTTP API"));
    await createRequester(api)("PUT", "/buckets/b");
    await createRequester(api)("PUT", NOTES);
    await createRequester(api)("PUT", THINGS);
    const event: ChangeEvent = {
      id: "e2",
      action: "create",
      resource_name: "record",
      uri: `${NOTES}/records/y`,
      bucket_id: "b",
      record_id: "y",
      user_id: "u",
      timestamp: 1,
      parent_generation: "l",
      new: { id: "y" },
    };

    expect([await deliver("writer-handle", event), await deliver("contributor-contribute", event)]).toEqual([[], []]);
    await createRequester(api)("PATCH", NOTES, { permissions: { read: ["plugin:contributor"] } });
    await createRequester(api)("PUT", `${NOTES}/records/other`);
    expect(await deliver("contributor-contribute", event)).toEqual([]);
    const counts = (saved: number) => ({ saved, unchanged: 1 - saved, deleted: 0 });
    const synced = [1, 0].map((saved) => JSON.stringify([counts(saved), counts(0)]));
    expect(results).toEqual([synced[0], "own", "FORBIDDEN", synced[1], "own", "other", "FORBIDDEN"]);
    await api.close();
  });

  it("let api create, list, read, cancel and retry jobs", async () => {
    const api = await createApi(optionsOf("serves the HTTP API"));
    const send = createRequester(api);
    const created = await send("POST", "/buckets/b/collections/notes/actions/ping-webhook", { hook: "h" });
    const { job_id: id } = (await created.json()) as { job_id: string };

    const read = await send("GET", `/jobs/${id}`);
    const { user_id: user } = (await read.json()) as { user_id: string };
    const others = [
      await send("GET", "/jobs"),
      await send("GET", `/jobs?user_id=${user}`),
      await send("DELETE", `/jobs/${id}`),
      await send("POST", `/jobs/${id}/retry`),
    ];
    expect([created, read, ...others].map(({ status }) => status)).toEqual([202, 200, 200, 200, 200, 202]);
    await api.close();
  });

  it("let api list webhooks, and their worker send requests and remove them", async () => {
    await using sink = await startWebhookSink();
    sink.respondWith(410);
    const api = await createApi(optionsOf("serves the HTTP API"));
    const send = createRequester(api);
    const app = createAppContext(unrestricted);
    const stored = async (ref: ObjectRef) =>
      (await app.store.read({ objects: [ref], clocks: [] })).objects.get(ref.uri);
    const deliverChange = async (ref: ObjectRef, before: StoredObject | undefined) => {
      const [event] = toChangeEvents({ ref, before, after: await stored(ref) });
      return event && deliver("webhooks-post", event);
    };
    const collection = objectRef(listRef(RESOURCES.core.collection, objectRef(BUCKETS, "hooked")), "c");
    const record = objectRef(listRef(RESOURCES.core.record, collection), "r");
    await send("PUT", "/buckets/hooked");
    await send("PUT", collection.uri, { data: { webhooks: [{ id: "h", url: sink.url }] } });
    await send("PUT", record.uri);

    expect(await deliverChange(record, undefined)).toEqual([]);
    // A repeated delivery has no effect.
    expect(await deliverChange(record, undefined)).toEqual([]);
    expect(sink.requests).toHaveLength(1);
    const { data } = (await (await send("GET", `${collection.uri}/webhooks/h/deliveries`)).json()) as {
      data: { id: string }[];
    };
    for (const path of ["webhooks", "webhooks/h", `webhooks/h/deliveries/${data[0]?.id}`]) {
      expect((await send("GET", `${collection.uri}/${path}`)).status).toBe(200);
    }
    const before = await stored(collection);
    await send("DELETE", collection.uri);
    expect(await deliverChange(collection, before)).toEqual([]);
    await api.close();
  });

  it("let the purge remove the contents and the index items of a bucket", async () => {
    const app = createAppContext(unrestricted);
    const stored = async () => (await app.store.read({ objects: [bucket], clocks: [] })).objects.get(bucket.uri);
    const api = await createApi(optionsOf("serves the HTTP API"));
    const before = await stored();
    await createRequester(api)("DELETE", "/buckets/b");
    const [event] = toChangeEvents({ ref: bucket, before, after: await stored() });
    if (event?.own_generation === undefined) throw new Error("The deletion of the bucket has no event");

    expect(await deliver("store-purge", event)).toEqual([]);

    const groups = listRef(RESOURCES.core.group, bucket);
    const left = await app.store.read({
      objects: [objectRef(groups, "few"), objectRef(listRef(RESOURCES.core.collection, bucket), "notes")],
      clocks: [],
      members: ["basicauth:1"],
    });
    expect([[...left.objects.keys()], left.memberships.get("basicauth:1")?.groups]).toEqual([[], []]);
    await api.close();
  });

  it("let api remove all objects only if a plugin has the flush need", async () => {
    const without = synthesize();
    const refused: string[] = [];
    const wrap = enforce(roleOf(without, without.lambda("serves the HTTP API")), TABLE_ARN, () => {});
    const withoutFlush = await createApi({
      ...unrestricted,
      wrapSend: wrap,
      log: createJsonLog((line) => refused.push(line)),
    });
    const withFlush = await createApi(optionsOf("serves the HTTP API"));
    const readStatus = async () => (await createRequester(withFlush)("GET", "/buckets/kept")).status;
    await createRequester(withFlush)("PUT", "/buckets/kept", { permissions: { read: ["basicauth:1"] } });

    expect((await createRequester(withoutFlush)("POST", "/__flush__")).status).toBe(500);
    expect(refused.join()).toMatch(/AccessDenied.*dynamodb:DeleteItem/);
    expect(await readStatus()).toBe(200);

    expect((await createRequester(withFlush)("POST", "/__flush__")).status).toBe(202);
    expect(await readStatus()).toBe(403);
    await Promise.all([withoutFlush.close(), withFlush.close()]);
  });

  it("deny nothing that the tests use and grant nothing else", () => {
    const unused = [...used].flatMap(([about, calls]) =>
      roleOf(stack, stack.lambda(about)).flatMap((statement) =>
        leadingKeys(statement).flatMap((key) =>
          // Within transactions, each action is allowed on the keys of all.
          statement.actions
            .filter(() => !isForTransactions(statement))
            .filter(
              (action) =>
                !calls.some(
                  (call) =>
                    call.action === action &&
                    (call.keys ?? []).some((used) =>
                      allows([{ ...statement, condition: onKey(key) }], { ...call, keys: [used] }),
                    ),
                ),
            )
            .map((action) => `${about}: ${action} on ${key}`),
        ),
      ),
    );

    const unusedInTransactions = [...used].flatMap(([about, calls]) => {
      const inTransactions = calls.filter(({ enclosing }) => enclosing !== undefined);
      return roleOf(stack, stack.lambda(about))
        .filter(isForTransactions)
        .flatMap((statement) => [
          ...statement.actions.filter((action) => !inTransactions.some((call) => call.action === action)),
          ...leadingKeys(statement).filter(
            (key) =>
              !inTransactions.some(({ action, resource, keys = [] }) =>
                keys.some((one) =>
                  allows([{ ...statement, condition: onKey(key) }], { action, resource, keys: [one] }),
                ),
              ),
          ),
        ])
        .map((unused) => `${about}: ${unused}`);
    });

    expect(logged.filter((line) => line.includes("AccessDenied"))).toEqual([]);
    expect(unusedInTransactions).toEqual([]);
    expect(unused).toEqual([
      // The function creates a secret only if it does not exist. Here search and the worker created it first.
      "serves the HTTP API: dynamodb:PutItem on secret#userid_hmac_secret",
      "serves the HTTP API: dynamodb:PutItem on secret#webhooks.key",
      // This plugin does not delete its bucket.
      "runs the listener writer-handle: dynamodb:DeleteItem on parent#/buckets/b",
      // Read access to collections includes records and lists. This plugin reads single collections only.
      "runs the listener webhooks-post: dynamodb:BatchGetItem on /buckets/*/collections/*/*",
      "runs the listener webhooks-post: dynamodb:BatchGetItem on parent#/buckets/*/collections/*",
      "runs the listener webhooks-post: dynamodb:Query on /buckets/*/collections",
      "runs the listener webhooks-post: dynamodb:Query on /buckets/*/collections/*/*",
      "runs the listener webhooks-post: dynamodb:UpdateItem on state#webhooks#*",
    ]);
  });
});
