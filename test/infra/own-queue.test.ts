import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { definePlugin, jsonResponse, need } from "@kintoun/kit";
import type { AppOptions } from "../../app/create-app-context.ts";
import { readConfig } from "../../config/config.ts";
import { queueConfigs } from "../../config/queues.ts";
import { readStoreLocation } from "../../config/store-location.ts";
import { streamFilters } from "../../config/stream-filters.ts";
import { createJsonLog } from "../../core/ports/log.ts";
import { createApi } from "../../functions/api/app.ts";
import { createTable, type DynamoDbEngine, startDynamoDb } from "../../local/dynamodb.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { requestApi } from "../request-api.ts";
import { enforce } from "./enforce.ts";
import { startRecordingSqs } from "./recording-sqs.ts";
import { type ApiCall, allows, roleOf } from "./roles.ts";
import { synthesize, TABLE_ARN, variablesOf } from "./synthesize.ts";

const run = () => undefined;
const sender = definePlugin({
  name: "sender",
  about: "Sends to its own queues and starts an action.",
  needs: () => ({
    queue: need.queue("handle"),
    ordered: need.scope(need.queue("ordered"), "own-worker"),
    work: need.action({ plugin: "laborer", name: "work" }),
  }),
  setup: ({ resources }) => resources,
  inbound: {
    handle: { about: "Handles messages.", run },
    ordered: { about: "Handles messages in order.", ordered: true, run },
    other: { about: "Is not sent to.", run },
  },
  listeners: { see: { on: ["record.create"], idempotent: true, run } },
  hooks: {
    before: {
      announce: {
        on: ["bucket.create"],
        run: async (_, { services }) => {
          await services.queue.send([{ detail: "created" }]);
          await services.work.start({}, { key: "one" });
        },
      },
    },
  },
  routes: {
    "POST /messages": {
      about: "Sends a message and starts a job.",
      run: async (_, { services }) => {
        await services.queue.send([{ detail: "hello", delaySeconds: 1 }]);
        return jsonResponse(await services.work.start({}, { key: "two" }));
      },
    },
  },
});
const laborer = definePlugin({
  name: "laborer",
  about: "Has an action.",
  actions: { work: { about: "Works.", on: ["server"], principals: () => ["plugin:sender"], run } },
});

const plugins = [basicauth(), sender(), laborer()];
const stack = synthesize(plugins);
const queueOf = (name: string): string => {
  const [queue] = stack
    .all("AWS::SQS::Queue")
    .filter(({ properties }) => new RegExp(`-${name}(\\.fifo)?$`).test(String(properties.QueueName)));
  return `<${queue?.id}.Arn>`;
};

describe("a plugin's own queue in the stack", () => {
  const sendsTo = (about: string) =>
    roleOf(stack, stack.lambda(about))
      .filter(({ actions }) => actions.includes("sqs:SendMessage"))
      .flatMap(({ resources }) => resources);
  const isNamed = (arns: readonly string[], name: string) => arns.some((arn) => arn.endsWith(name));

  it("can be sent to by the functions that run parts of its plugin, as its scope says", () => {
    expect(isNamed(sendsTo("serves the HTTP API"), "sender-handle")).toBe(true);
    expect(isNamed(sendsTo("serves the HTTP API"), "sender-ordered.fifo")).toBe(false);
    expect(isNamed(sendsTo("runs the listener sender-see"), "sender-ordered.fifo")).toBe(true);
    expect(isNamed(sendsTo("handles messages to sender-other"), "sender-handle")).toBe(true);
    for (const about of ["serves the HTTP API", "runs the listener sender-see"])
      expect(isNamed(sendsTo(about), "sender-other")).toBe(false);
    expect(isNamed(sendsTo("runs the jobs of laborer"), "sender-handle")).toBe(false);
  });

  it("gets the messages of transactions from dispatch", () => {
    const dispatch = sendsTo("sends changes to the listeners' queues");

    expect(dispatch).toContain(queueOf("sender-handle"));
    expect(dispatch).not.toContain(queueOf("sender-other"));
    expect(JSON.stringify(streamFilters(readConfig({ plugins })))).toContain('"prefix":"message#"');
  });
});

describe("a plugin's own queue on a table that enforces roles", () => {
  const logged: string[] = [];
  const used: ApiCall[] = [];
  const table = TABLE_ARN;
  let engine: DynamoDbEngine;
  let sqs: Awaited<ReturnType<typeof startRecordingSqs>>;
  beforeAll(async () => {
    [engine, sqs] = await Promise.all([startDynamoDb(undefined), startRecordingSqs(stack)]);
    const client = new DynamoDBClient(engine.client);
    await createTable(client, "kintoun");
    client.destroy();
  });
  afterAll(() => Promise.all([engine.stop(), sqs.stop()]));

  it("takes messages and jobs with the granted permissions", async () => {
    const config = readConfig({ plugins });
    const lambda = stack.lambda("serves the HTTP API");
    const options: AppOptions = {
      config,
      location: readStoreLocation({ ...variablesOf(lambda), KINTOUN_TABLE: "kintoun" }, queueConfigs(config)),
      cloud: { dynamodb: engine.client, sqs: sqs.client },
      log: createJsonLog((line) => logged.push(line)),
      wrapSend: enforce(roleOf(stack, lambda), table, (call) => used.push(call)),
    };
    const api = await createApi(options);
    const authorization = `Basic ${Buffer.from("alice:secret").toString("base64")}`;
    const send = (method: string, path: string) =>
      requestApi(api).request(`http://localhost/v1${path}`, { method, headers: { authorization } });

    expect((await send("PUT", "/buckets/b")).status).toBe(201);
    const response = await send("POST", "/messages");
    await api.close();

    expect(response.status).toBe(200);
    expect(await response.json()).toMatch(/^[0-9a-f-]{36}$/);
    expect(sqs.calls).toEqual([{ action: "sqs:SendMessage", resource: queueOf("sender-handle") }]);
    expect(used.some(({ keys = [] }) => keys.some((key) => key.startsWith("message#sender-handle#")))).toBe(true);
    expect(logged.filter((line) => line.includes("AccessDenied"))).toEqual([]);
    expect(
      allows(roleOf(stack, lambda), { action: "dynamodb:PutItem", resource: table, keys: ["message#other#1"] }),
    ).toBe(false);
  });
});
