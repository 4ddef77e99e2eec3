import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { definePlugin, need } from "@kintoun/kit";
import { type AppOptions, createAppContext } from "../../app/create-app-context.ts";
import { readConfig } from "../../config/config.ts";
import { readStoreLocation } from "../../config/environment.ts";
import { queueConfigs } from "../../config/queues.ts";
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
import { webhooks } from "../../plugins/webhooks/index.ts";
import { startWebhookSink } from "../../testing/webhook-sink.ts";
import { requestApi } from "../request-api.ts";
import { enforce } from "./enforce.ts";
import { startListeningSqs } from "./listening-sqs.ts";
import { type Asked, allows, roleOf, type Statement } from "./roles.ts";
import { PLUGINS, synthesize, variablesOf } from "./synthesize.ts";

const fickle = definePlugin({
  name: "fickle",
  about: "Fails at first, then wants more time, then is done.",
  listeners: {
    hear: {
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

/** Does with its data all that there is to do. */
const scribe = definePlugin({
  name: "scribe",
  about: "Writes to its objects.",
  needs: () => ({ data: need.data({ write: ["/buckets/b"] }), state: need.state() }),
  setup: ({ resources }) => resources,
  listeners: {
    hear: {
      on: ["record.create"],
      idempotent: true,
      run: async (_, { services: { data, state } }) => {
        await state.change("handledIds", "y", (times) => Number(times ?? 0) + 1);
        for await (const { key } of state.list("handledIds")) await state.delete("handledIds", key);
        await data.update("/buckets/b", { data: { handledIds: true } });
        await data.replace("/buckets/b/groups/handledIds", {
          data: { members: ["basicauth:1"] },
          permissions: { read: ["basicauth:1"] },
        });
        await data.replace("/buckets/b/groups/handledIds", {
          data: { members: [] },
          permissions: { read: ["basicauth:2"] },
        });
        for (const members of [many, []])
          await data.replace("/buckets/b/groups/handledIds", { data: { members }, permissions: { read: members } });
        await data.create(`${NOTES}/records`, { data: { id: "handledIds" } });
        for await (const _ of data.list(`${NOTES}/records`)) await data.get(NOTES);
        await data.delete(`${NOTES}/records/handledIds`);
      },
    },
  },
});

/** Adds what it makes to what is shared with it. */
const guest = definePlugin({
  name: "guest",
  about: "Leaves notes, and reads its own.",
  needs: () => ({ data: need.data({ "record:create": [NOTES] }) }),
  setup: ({ resources }) => resources,
  listeners: {
    leave: {
      on: ["record.create"],
      idempotent: true,
      run: async (_, { services: { data } }) => {
        await data.get(NOTES);
        await data.replace(`${NOTES}/records/left`, { permissions: { read: many } });
        await data.replace(`${NOTES}/records/left`, { permissions: { read: ["basicauth:1"] } });
        await data.replace(`${NOTES}/records/left`, { permissions: { read: ["basicauth:2"] } });
        for await (const { id } of data.list(`${NOTES}/records`)) seen.push(String(id));
        await data.delete(`${NOTES}/records/left`);
        await data.get("/buckets/b").catch((error: Error) => seen.push(error.name));
      },
    },
  },
});
const seen: string[] = [];

const LEADING_KEYS = "dynamodb:LeadingKeys";
const onKey = (key: string): Statement["condition"] => ({ "ForAllValues:StringLike": { [LEADING_KEYS]: [key] } });
const leadingKeys = ({ condition }: Statement): readonly string[] =>
  condition["ForAllValues:StringLike"]?.[LEADING_KEYS] ?? [];

describe("the functions on a table that enforces their roles", () => {
  const plugins = [...PLUGINS, flush(), fickle(), scribe(), guest(), webhooks({ private: true })];
  const stack = synthesize(plugins);
  const [table] = stack.all("AWS::DynamoDB::Table");
  const logged: string[] = [];
  /** What was asked of the table, by who asked. */
  const used = new Map<string, Asked[]>();
  let engine: DynamoDbEngine;
  let sqs: Awaited<ReturnType<typeof startListeningSqs>>;
  let opening: AppOptions;

  const tableArn = `<${table?.id}.Arn>`;
  /** How the function that is so described is opened: with its own environment and role. */
  const as = (about: string): AppOptions => ({
    ...opening,
    location: readStoreLocation(
      { ...variablesOf(stack.lambda(about)), KINTOUN_TABLE: "kintoun" },
      queueConfigs(opening.config),
    ),
    wrapSend: enforce(roleOf(stack, stack.lambda(about)), tableArn, (one) =>
      used.set(about, [...(used.get(about) ?? []), one]),
    ),
  });
  const deliver = async (name: string, event: ChangeEvent) => {
    const worker = await createWorker(as(`runs the listener ${name}`));
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

  beforeAll(async () => {
    [engine, sqs] = await Promise.all([startDynamoDb(undefined), startListeningSqs(stack)]);
    const client = new DynamoDBClient(engine.client);
    await createTable(client, "kintoun");
    client.destroy();
    opening = {
      config: readConfig({ plugins }),
      location: { table: "kintoun", queues: {} },
      cloud: {
        dynamodb: engine.client,
        sqs: sqs.client,
        mail: { host: "localhost", port: 1, security: "none" },
        search: { file: ":memory:" },
      },
      log: createJsonLog((line) => logged.push(line)),
    };
  });
  afterAll(() => Promise.all([engine.stop(), sqs.stop()]));

  const bucket = objectRef(BUCKETS, "b");
  const notes = "/buckets/b/collections/notes";
  const authorization = `Basic ${Buffer.from("alice:secret").toString("base64")}`;

  /** Asks the api as alice. */
  const asker = (api: ApiApp) => {
    const app = requestApi(api);
    return (method: string, path: string, body?: unknown, type = "application/json") =>
      app.request(new URL(`/v1${path}`, "http://localhost").href, {
        method,
        headers: { authorization, ...(body !== undefined && { "content-type": type }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
  };

  /** Asks the search function about the notes. */
  const searchIn = async () => {
    const search = await createSearch(as("serves searches"));
    const rawPath = "/v1/buckets/b/collections/notes/search";
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

  it("lets the search function be the first to be asked", async () => {
    expect((await searchIn()).statusCode).toBe(403);
  });

  it("lets the api serve all of the protocol", async () => {
    const api = await createApi(as("serves the HTTP API"));
    const asking = asker(api);
    const ask = async (...asked: Parameters<typeof asking>) =>
      [asked[0], asked[1], (await asking(...asked)).status] as const;
    const many = Array.from({ length: 120 }, (_, n) => `basicauth:${n}`);

    const answers = [
      await ask("GET", "/"),
      await ask("PUT", "/buckets/b"),
      await ask("PUT", "/buckets/b/groups/few", { data: { members: ["basicauth:1"] } }),
      await ask("PUT", "/buckets/b/groups/few", { data: { members: [] } }),
      // Too many for one transaction: their rows are written apart.
      await ask("PUT", "/buckets/b/groups/many", { data: { members: many } }),
      await ask("PUT", "/buckets/b/groups/many", { data: { members: [] } }),
      await ask("PUT", notes, { permissions: { read: ["basicauth:1"] } }),
      await ask("PATCH", notes, { permissions: { read: [] } }),
      await ask("PATCH", notes, { permissions: { read: many } }),
      await ask("POST", `${notes}/records`, { data: { n: 1 } }),
      await ask("PUT", `${notes}/records/r`, { data: { n: 2 } }),
      await ask(
        "PATCH",
        `${notes}/records/r`,
        [{ op: "add", path: "/data/m", value: 3 }],
        "application/json-patch+json",
      ),
      await ask("PUT", `${notes}/records/old`, { data: { last_modified: 1000 } }),
      await ask("GET", `${notes}/records/r`),
      await ask("GET", `${notes}/records?_limit=1&_since=1`),
      await ask("HEAD", `${notes}/records?_since=1`),
      await ask("GET", "/buckets"),
      await ask("PATCH", "/buckets/b/groups/few", { data: { members: ["basicauth:2"] } }),
      await ask("DELETE", `${notes}/records/r`),
      await ask("DELETE", `${notes}/records`),
    ];

    expect(answers.filter(([, , status]) => status >= 300)).toEqual([]);
    await api.close();
  });

  it("lets the api carry out a batch", async () => {
    const api = await createApi(as("serves the HTTP API"));
    const requests = [
      { method: "PUT", path: "/buckets/b/groups/few", body: { data: { members: ["basicauth:3"] } } },
      { method: "POST", path: `${notes}/records`, body: { data: {}, permissions: { read: ["basicauth:3"] } } },
      { path: `${notes}/records` },
      { method: "DELETE", path: `${notes}/records` },
    ];
    const response = await asker(api)("POST", "/batch", { requests });

    const { responses } = (await response.json()) as { responses: { status: number }[] };
    expect(responses.map(({ status }) => status)).toEqual([200, 201, 200, 200]);
    await api.close();
  });

  it("lets the api delete a list part by part, each token once", async () => {
    const api = await createApi(as("serves the HTTP API"));
    const ask = asker(api);
    for (const n of [1, 2, 3]) await ask("POST", `${notes}/records`, { data: { n } });
    const first = await ask("DELETE", `${notes}/records?_limit=2`);
    const next = new URL(String(first.headers.get("Next-Page")));
    const onward = `${next.pathname.replace("/v1", "")}${next.search}`;

    expect((await ask("DELETE", onward)).status).toBe(200);
    expect((await ask("DELETE", onward)).status).toBe(400);
    await api.close();
  });

  it("lets api list the permissions of a user", async () => {
    const api = await createApi(as("serves the HTTP API"));
    const response = await asker(api)("GET", "/permissions");

    expect(await response.json()).toMatchObject({
      data: expect.arrayContaining([expect.objectContaining({ uri: notes })]),
    });
    await api.close();
  });

  it("lets the api give everybody a bucket of their own", async () => {
    const api = await createApi(as("serves the HTTP API"));
    const ask = asker(api);
    const { user } = (await (await ask("GET", "/")).json()) as { user: { bucket: string } };

    expect((await ask("POST", "/buckets/default/collections/tasks/records", { data: {} })).status).toBe(201);
    expect(await (await ask("GET", "/buckets/default")).json()).toMatchObject({ data: { id: user.bucket } });
    await api.close();
  });

  it("lets the api ask what it stands on, every listener's queue and no other", async () => {
    const api = await createApi(as("serves the HTTP API"));
    const response = await asker(api)("GET", "/__heartbeat__");
    await api.close();

    expect([response.status, await response.json()]).toEqual([200, { storage: true, queues: true, search: true }]);
    const granted = roleOf(stack, stack.lambda("serves the HTTP API")).flatMap(({ actions, resources }) =>
      actions
        .filter((action) => action.startsWith("sqs:"))
        .flatMap((action) => resources.map((resource) => ({ action, resource }))),
    );
    const byQueue = (all: readonly Asked[]) => all.toSorted((a, b) => (a.resource < b.resource ? -1 : 1));
    expect(granted).toHaveLength(8);
    expect(byQueue(sqs.asked.splice(0))).toEqual(byQueue(granted));
  });

  it("lets the search function find out who may search", async () => {
    expect((await searchIn()).statusCode).toBe(200);
  });

  it("lets a worker try again, go on later, and do its deliveries once", async () => {
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
    for (let round = 0; round < 4; round++) rounds.push((await deliver("fickle-hear", event)).length);

    expect(rounds).toEqual([1, 0, 0, 0]);
    expect(handledIds).toHaveLength(3);
    const own = roleOf(stack, stack.lambda("runs the listener fickle-hear"));
    const asked = sqs.asked.splice(0);
    expect(asked.map(({ action }) => action)).toEqual(["sqs:ChangeMessageVisibility", "sqs:SendMessage"]);
    expect(asked.filter((one) => !allows(own, one))).toEqual([]);
  });

  it("lets a worker's plugin work on the places that it states", async () => {
    const api = await createApi(as("serves the HTTP API"));
    await asker(api)("PUT", "/buckets/b");
    await asker(api)("PUT", NOTES);
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

    expect([await deliver("scribe-hear", event), await deliver("guest-leave", event)]).toEqual([[], []]);
    await asker(api)("PATCH", NOTES, { permissions: { read: ["plugin:guest"] } });
    await asker(api)("PUT", `${NOTES}/records/other`);
    expect(await deliver("guest-leave", event)).toEqual([]);
    expect(seen).toEqual(["left", "FORBIDDEN", "left", "other", "FORBIDDEN"]);
    await api.close();
  });

  it("lets the api look after jobs", async () => {
    const api = await createApi(as("serves the HTTP API"));
    const ask = asker(api);
    const made = await ask("POST", "/buckets/b/collections/notes/actions/ping-webhook", { hook: "h" });
    const { job_id: id } = (await made.json()) as { job_id: string };

    const answers = [await ask("GET", "/jobs"), await ask("GET", `/jobs/${id}`), await ask("DELETE", `/jobs/${id}`)];
    expect([made.status, ...answers.map(({ status }) => status)]).toEqual([202, 200, 200, 200]);
    await api.close();
  });

  it("lets the api show webhooks, and their worker post to them and forget them", async () => {
    await using sink = await startWebhookSink();
    sink.respondWith(410);
    const api = await createApi(as("serves the HTTP API"));
    const ask = asker(api);
    const free = createAppContext(opening);
    const stored = async (ref: ObjectRef) =>
      (await free.store.read({ objects: [ref], clocks: [] })).objects.get(ref.uri);
    const deliverChange = async (ref: ObjectRef, before: StoredObject | undefined) => {
      const [event] = toChangeEvents({ ref, before, after: await stored(ref) });
      return event && deliver("webhooks-post", event);
    };
    const collection = objectRef(listRef(RESOURCES.core.collection, objectRef(BUCKETS, "hooked")), "c");
    const record = objectRef(listRef(RESOURCES.core.record, collection), "r");
    await ask("PUT", "/buckets/hooked");
    await ask("PUT", collection.uri, { data: { webhooks: [{ id: "h", url: sink.url }] } });
    await ask("PUT", record.uri);

    expect(await deliverChange(record, undefined)).toEqual([]);
    // A repeated delivery has no effect.
    expect(await deliverChange(record, undefined)).toEqual([]);
    expect(sink.requests).toHaveLength(1);
    const { data } = (await (await ask("GET", `${collection.uri}/webhooks/h/deliveries`)).json()) as {
      data: { id: string }[];
    };
    for (const path of ["webhooks", "webhooks/h", `webhooks/h/deliveries/${data[0]?.id}`]) {
      expect((await ask("GET", `${collection.uri}/${path}`)).status).toBe(200);
    }
    const before = await stored(collection);
    await ask("DELETE", collection.uri);
    expect(await deliverChange(collection, before)).toEqual([]);
    await api.close();
  });

  it("lets the purge remove a bucket with all that is in it and leads to it", async () => {
    const free = createAppContext(opening);
    const stored = async () => (await free.store.read({ objects: [bucket], clocks: [] })).objects.get(bucket.uri);
    const api = await createApi(as("serves the HTTP API"));
    const before = await stored();
    await asker(api)("DELETE", "/buckets/b");
    const [event] = toChangeEvents({ ref: bucket, before, after: await stored() });
    if (event?.own_generation === undefined) throw new Error("The bucket's deletion is no event");

    expect(await deliver("store-purge", event)).toEqual([]);

    const groups = listRef(RESOURCES.core.group, bucket);
    const left = await free.store.read({
      objects: [objectRef(groups, "few"), objectRef(listRef(RESOURCES.core.collection, bucket), "notes")],
      clocks: [],
      members: ["basicauth:1"],
    });
    expect([[...left.objects.keys()], left.memberships.get("basicauth:1")]).toEqual([[], []]);
    await api.close();
  });

  it("lets the api remove everything where a plugin needs it, and nowhere else", async () => {
    const without = synthesize();
    const refused: string[] = [];
    const wrap = enforce(roleOf(without, without.lambda("serves the HTTP API")), tableArn, () => {});
    const bound = await createApi({ ...opening, wrapSend: wrap, log: createJsonLog((line) => refused.push(line)) });
    const free = await createApi(as("serves the HTTP API"));
    const kept = async () => (await asker(free)("GET", "/buckets/kept")).status;
    await asker(free)("PUT", "/buckets/kept", { permissions: { read: ["basicauth:1"] } });

    expect((await asker(bound)("POST", "/__flush__")).status).toBe(500);
    expect(refused.join()).toMatch(/AccessDenied.*dynamodb:DeleteItem/);
    expect(await kept()).toBe(200);

    expect((await asker(free)("POST", "/__flush__")).status).toBe(202);
    expect(await kept()).toBe(403);
    await Promise.all([bound.close(), free.close()]);
  });

  it("has refused nothing on the way, and granted nothing that was not used", () => {
    const unused = [...used].flatMap(([about, asked]) =>
      roleOf(stack, stack.lambda(about)).flatMap((statement) =>
        leadingKeys(statement).flatMap((key) =>
          statement.actions
            .filter(
              (action) =>
                !asked.some(
                  (one) =>
                    one.action === action &&
                    (one.keys ?? []).some((used) =>
                      allows([{ ...statement, condition: onKey(key) }], { ...one, keys: [used] }),
                    ),
                ),
            )
            .map((action) => `${about}: ${action} on ${key}`),
        ),
      ),
    );

    expect(logged.filter((line) => line.includes("AccessDenied"))).toEqual([]);
    expect(unused).toEqual([
      // The function creates a secret only if it does not exist. Here search and the worker created it first.
      "serves the HTTP API: dynamodb:PutItem on secret#userid_hmac_secret",
      "serves the HTTP API: dynamodb:PutItem on secret#webhooks.key",
      // Read access to collections includes lists. This plugin reads single objects only.
      "runs the listener webhooks-post: dynamodb:BatchGetItem on /buckets/*/collections/*/*",
      "runs the listener webhooks-post: dynamodb:Query on /buckets/*/collections",
      "runs the listener webhooks-post: dynamodb:Query on /buckets/*/collections/*/*",
    ]);
  });
});
