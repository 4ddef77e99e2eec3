import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { openApi } from "../../app/api.ts";
import { readConfig } from "../../app/config.ts";
import { type Opening, openSurroundings } from "../../app/open.ts";
import { openSearchFunction } from "../../app/search.ts";
import { openWorker } from "../../app/worker.ts";
import { eventsOf } from "../../core/events/change.ts";
import { type ChangeEvent, toMessage } from "../../core/events/event.ts";
import { jsonLog } from "../../core/log.ts";
import { BUCKETS, listRef, objectRef } from "../../core/resources.ts";
import { askApi } from "../ask-api.ts";
import { searchHandler } from "../../functions/search/handler.ts";
import { workerHandler } from "../../functions/worker/handler.ts";
import { definePlugin } from "../../kit/index.ts";
import { type DynamoDbEngine, prepareTable, startDynamoDb } from "../../local/dynamodb.ts";
import { enforce } from "./enforce.ts";
import { startListeningSqs } from "./listening-sqs.ts";
import { type Asked, allows, roleOf, type Statement } from "./roles.ts";
import { PLUGINS, synthesize } from "./synthesize.ts";

const fickle = definePlugin({
  name: "fickle",
  about: "Fails at first, then wants more time, then is done.",
  listeners: {
    hear: {
      on: ["record.create"],
      run: ({ record_id }) => {
        heard.push(String(record_id));
        if (heard.length === 1) throw new Error("not yet");
        return heard.length === 2 ? "again" : undefined;
      },
    },
  },
});
const heard: string[] = [];

const LEADING_KEYS = "dynamodb:LeadingKeys";
const onKey = (key: string): Statement["condition"] => ({ "ForAllValues:StringLike": { [LEADING_KEYS]: [key] } });
const leadingKeys = ({ condition }: Statement): readonly string[] => condition["ForAllValues:StringLike"]?.[LEADING_KEYS] ?? [];

describe("the functions on a table that enforces their roles", () => {
  const stack = synthesize([...PLUGINS, fickle()]);
  const [table] = stack.all("AWS::DynamoDB::Table");
  const logged: string[] = [];
  /** What was asked of the table, by who asked. */
  const used = new Map<string, Asked[]>();
  let engine: DynamoDbEngine;
  let sqs: Awaited<ReturnType<typeof startListeningSqs>>;
  let opening: Opening;

  /** How the function that is so described is opened. */
  const as = (about: string): Opening => ({
    ...opening,
    wrap: enforce(roleOf(stack, stack.lambda(about)), `<${table?.id}.Arn>`, (one) => used.set(about, [...(used.get(about) ?? []), one])),
  });
  const deliver = async (name: string, event: ChangeEvent) => {
    const worker = await openWorker({ ...as(`runs the listener ${name}`), place: { ...opening.place, listener: name } });
    const message = { messageId: "m", body: toMessage(event), attributes: { ApproximateReceiveCount: "1" } };
    const answer = await workerHandler(worker)({ Records: [message] } as unknown as Parameters<ReturnType<typeof workerHandler>>[0]);
    await worker.close();
    return answer.batchItemFailures;
  };

  beforeAll(async () => {
    [engine, sqs] = await Promise.all([startDynamoDb(undefined), startListeningSqs()]);
    const client = new DynamoDBClient(engine.client);
    await prepareTable(client, "kintoun");
    client.destroy();
    opening = {
      config: readConfig({ plugins: [...PLUGINS, fickle()] }),
      place: { table: "kintoun", queues: { "fickle-hear": sqs.client.endpoint as string } },
      cloud: { dynamodb: engine.client, sqs: sqs.client, mail: { host: "localhost", port: 1, security: "none" }, search: { file: ":memory:" } },
      log: jsonLog((line) => logged.push(line)),
    };
  });
  afterAll(() => Promise.all([engine.stop(), sqs.stop()]));

  const bucket = objectRef(BUCKETS, "b");
  const authorization = `Basic ${Buffer.from("alice:secret").toString("base64")}`;

  /** Asks the search function about the notes. */
  const searchIn = async () => {
    const search = await openSearchFunction(as("answers searches"));
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
    const api = await openApi(as("answers the protocol"));
    const app = askApi(api);
    const ask = async (method: string, path: string, body?: unknown) => {
      const response = await app.request(`/v1${path}`, {
        method,
        headers: { authorization, ...(body !== undefined && { "content-type": "application/json" }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      return [method, path, response.status] as const;
    };
    const many = Array.from({ length: 120 }, (_, n) => `basicauth:${n}`);
    const notes = "/buckets/b/collections/notes";

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
      life: "l",
      new: { id: "x" },
    };

    const rounds = [];
    for (let round = 0; round < 4; round++) rounds.push((await deliver("fickle-hear", event)).length);

    expect(rounds).toEqual([1, 0, 0, 0]);
    expect(heard).toHaveLength(3);
    const own = roleOf(stack, stack.lambda("runs the listener fickle-hear"));
    const [queue] = own.filter(({ actions }) => actions.includes("sqs:ReceiveMessage")).flatMap(({ resources }) => resources);
    expect(sqs.asked).toEqual(["sqs:ChangeMessageVisibility", "sqs:SendMessage"]);
    expect(sqs.asked.filter((action) => !allows(own, { action, resource: String(queue) }))).toEqual([]);
  });

  it("lets the purge remove a bucket with all that is in it and leads to it", async () => {
    const free = openSurroundings(opening);
    const stored = async () => (await free.store.read({ objects: [bucket], clocks: [] })).objects.get(bucket.uri);
    const api = await openApi(as("answers the protocol"));
    const before = await stored();
    await askApi(api).request("/v1/buckets/b", { method: "DELETE", headers: { authorization } });
    const [event] = eventsOf({ ref: bucket, before, after: await stored() });
    if (event?.own_life === undefined) throw new Error("The bucket's deletion is no event");

    expect(await deliver("store-purge", event)).toEqual([]);

    const groups = listRef("group", bucket);
    const left = await free.store.read({
      objects: [objectRef(groups, "few"), objectRef(listRef("collection", bucket), "notes")],
      clocks: [],
      members: ["basicauth:1"],
    });
    expect([[...left.objects.keys()], left.memberships.get("basicauth:1")]).toEqual([[], []]);
    await api.close();
  });

  it("has refused nothing on the way, and granted nothing that was not used", () => {
    const unused = [...used].flatMap(([about, asked]) =>
      roleOf(stack, stack.lambda(about)).flatMap((statement) =>
        leadingKeys(statement).flatMap((key) =>
          statement.actions
            .filter(
              (action) =>
                !asked.some((one) => one.action === action && allows([{ ...statement, condition: onKey(key) }], { ...one, keys: one.keys?.slice(0, 1) ?? [] })),
            )
            .map((action) => `${about}: ${action} on ${key}`),
        ),
      ),
    );

    expect(logged.filter((line) => line.includes("AccessDenied"))).toEqual([]);
    // It makes the secret when nobody made it before; here the search function did.
    expect(unused).toEqual(["answers the protocol: dynamodb:PutItem on secret#userid_hmac_secret"]);
  });
});
