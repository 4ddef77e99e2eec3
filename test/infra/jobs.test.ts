import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { definePlugin, need, storeHookPoints } from "@kintoun/kit";
import { AwsSolutionsChecks } from "cdk-nag";
import type { AppOptions } from "../../app/create-app-context.ts";
import { readConfig } from "../../config/config.ts";
import { queueConfigs } from "../../config/queues.ts";
import { readStoreLocation } from "../../config/store-location.ts";
import { createJsonLog } from "../../core/ports/log.ts";
import { createApi } from "../../functions/api/app.ts";
import { createWorker } from "../../functions/worker/app.ts";
import { workerHandler } from "../../functions/worker/handler.ts";
import { toExpressions } from "../../infra/schedules.ts";
import { parseCron } from "../../lib/cron.ts";
import { createTable, type DynamoDbEngine, startDynamoDb } from "../../local/dynamodb.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { requestApi } from "../request-api.ts";
import { enforce } from "./enforce.ts";
import { startRecordingSqs } from "./recording-sqs.ts";
import { type ApiCall, allows, isForTransactions, roleOf, type Statement } from "./roles.ts";
import { stackOf, synthesize, TABLE_ARN, variablesOf } from "./synthesize.ts";

const busy = definePlugin({
  name: "busy",
  about: "Has an action and schedules.",
  needs: () => ({ secret: need.secret("key") }),
  setup: ({ resources }) => resources,
  actions: {
    go: {
      about: "Goes.",
      on: ["server"],
      principals: () => ["system.Authenticated"],
      run: async ({ job }, { services }) => {
        await job.note({ secret: (await services.secret()).length });
        if (job.state === undefined) {
          await job.checkpoint(1);
          throw new Error("not yet");
        }
        return "gone";
      },
    },
  },
  schedules: {
    nightly: { about: "At night.", cron: "0 3 * * *", run: () => "slept" },
    either: { about: "On the thirteenth, and on Fridays.", cron: "*/20 1,2,3 13 * FRI,0", run: () => undefined },
    never: { about: "Never.", cron: () => undefined, run: () => undefined },
  },
});
const idle = definePlugin({
  name: "idle",
  about: "Has an action.",
  actions: { go: { about: "Goes.", on: ["bucket"], run: () => undefined } },
});
const watcher = definePlugin({
  name: "watcher",
  about: "Mails when a job has ended.",
  needs: () => ({ mail: need.mail({ via: "ses", from: "desk@example.org" }) }),
  hooks: { at: { end: { point: storeHookPoints["job.end"], run: () => undefined } } },
});

const plugins = [basicauth(), busy(), idle(), watcher()];
const stack = synthesize(plugins, { validate: true });
const worker = stack.lambda("runs the jobs of busy");
const byArn = (arn: unknown) => stack.all("AWS::SQS::Queue").find(({ id }) => `<${id}.Arn>` === arn);
const mapping = stack
  .all("AWS::Lambda::EventSourceMapping")
  .find(({ properties }) => properties.FunctionName === `<${worker.id}>`)?.properties;
const queue = byArn(mapping?.EventSourceArn);

describe("jobs of a plugin in the stack", () => {
  it("have a queue, a dead-letter queue and a worker that runs one job at a time with the maximum time-out", () => {
    const redrive = queue?.properties.RedrivePolicy as { deadLetterTargetArn: string; maxReceiveCount: number };

    expect([worker.properties.Timeout, mapping?.BatchSize, queue?.properties.VisibilityTimeout]).toEqual([900, 1, 960]);
    expect([redrive.maxReceiveCount, byArn(redrive.deadLetterTargetArn)]).toEqual([
      // Five tries, and five receives that are not tries.
      10,
      expect.anything(),
    ]);
    expect(variablesOf(worker).KINTOUN_LISTENER).toBe("busy-jobs");
    expect(worker.properties.RecursiveLoop).toBeUndefined();
  });

  it("run with the needs of the plugin and of hooks on jobs only", () => {
    const isAllowed = (about: string, call: ApiCall) => allows(roleOf(stack, stack.lambda(about)), call);
    const table = TABLE_ARN;
    const secret = { action: "dynamodb:GetItem", resource: table, keys: ["secret#busy.key"] };

    expect([
      isAllowed("runs the jobs of busy", secret),
      isAllowed("runs the jobs of idle", secret),
      isAllowed("serves the HTTP API", secret),
    ]).toEqual([true, false, false]);
    for (const name of ["busy", "idle"]) {
      const actions = roleOf(stack, stack.lambda(`runs the jobs of ${name}`)).flatMap((statement) => statement.actions);
      expect(actions).toContain("ses:SendEmail");
    }
    expect(
      isAllowed("runs the jobs of idle", { action: "dynamodb:PutItem", resource: table, keys: ["jobs#plugin:busy"] }),
    ).toBe(false);
    expect(
      isAllowed("runs the jobs of busy", { action: "dynamodb:PutItem", resource: table, keys: ["/buckets"] }),
    ).toBe(false);
  });

  it("add no permissions to api if no plugin has jobs", () => {
    const keys = roleOf(synthesize([basicauth()]), synthesize([basicauth()]).lambda("serves the HTTP API")).flatMap(
      ({ condition }) => condition["ForAllValues:StringLike"]?.["dynamodb:LeadingKeys"] ?? [],
    );

    expect(keys.filter((key) => key.startsWith("job"))).toEqual([]);
  });

  it("have no cdk-nag findings", () => {
    expect(new AwsSolutionsChecks().validateScope(stackOf(plugins)).violations.map(({ ruleName }) => ruleName)).toEqual(
      [],
    );
  });
});

describe("schedules in the stack", () => {
  const schedules = stack.all("AWS::Scheduler::Schedule").map(({ properties }) => properties);
  const target = ({ Target }: Readonly<Record<string, unknown>>) =>
    Target as { Arn: string; RoleArn: string; Input: string };

  it("send their scheduled time to the plugin's queue, in UTC", () => {
    expect(schedules.map(({ ScheduleExpression }) => ScheduleExpression).toSorted()).toEqual([
      "cron(0 3 * * ? *)",
      "cron(0,20,40 1-3 13 * ? *)",
      "cron(0,20,40 1-3 ? * 1,6 *)",
    ]);
    for (const schedule of schedules) {
      expect(schedule).toMatchObject({ ScheduleExpressionTimezone: "UTC", FlexibleTimeWindow: { Mode: "OFF" } });
      expect(target(schedule).Arn).toBe(mapping?.EventSourceArn);
      expect(JSON.parse(target(schedule).Input)).toEqual({
        schedule: expect.stringMatching(/^(nightly|either)$/),
        due: "<aws.scheduler.scheduled-time>",
      });
    }
  });

  it("can only send to that queue", () => {
    const [arn] = new Set(schedules.map((schedule) => target(schedule).RoleArn));
    const role = stack.all("AWS::IAM::Role").find(({ id }) => `<${id}.Arn>` === arn);

    expect(JSON.stringify(role?.properties.AssumeRolePolicyDocument)).toContain("scheduler.amazonaws.com");
    expect(JSON.stringify(role?.properties.AssumeRolePolicyDocument)).toContain("aws:SourceAccount");
    expect(roleOf(stack, { id: "", properties: { Role: arn } })).toMatchObject([
      { actions: ["sqs:SendMessage"], resources: [mapping?.EventSourceArn] },
    ]);
  });

  it.each([
    ["* * * * *", ["cron(* * * * ? *)"]],
    ["59 23 31 12 *", ["cron(59 23 31 12 ? *)"]],
    ["*/15 9-17 * JAN-MAR MON-FRI", ["cron(0,15,30,45 9-17 ? 1-3 2-6 *)"]],
    ["0 0 1 * 0-6", ["cron(0 0 1 * ? *)", "cron(0 0 ? * * *)"]],
    ["0 0 * * 7", ["cron(0 0 ? * 1 *)"]],
  ])("toExpressions converts %s", (text, expressions) => {
    const cron = parseCron(text);

    expect(cron && toExpressions(cron)).toEqual(expressions);
  });

  it("toExpressions stays within the maximum length", () => {
    const complex = parseCron("1-59/2 1-23/2 1-31/2 1-12/2 1,3,5");

    expect(complex && toExpressions(complex).every((expression) => expression.length <= 256)).toBe(true);
  });
});

describe("jobs on a table that enforces roles", () => {
  const logged: string[] = [];
  const used = new Map<string, ApiCall[]>();
  const table = TABLE_ARN;
  let engine: DynamoDbEngine;
  let sqs: Awaited<ReturnType<typeof startRecordingSqs>>;
  let unrestricted: AppOptions;
  beforeAll(async () => {
    [engine, sqs] = await Promise.all([startDynamoDb(undefined), startRecordingSqs(stack)]);
    const client = new DynamoDBClient(engine.client);
    await createTable(client, "kintoun");
    client.destroy();
    unrestricted = {
      config: readConfig({ plugins }),
      location: { table: "kintoun", queues: {} },
      cloud: {
        dynamodb: engine.client,
        sqs: sqs.client,
        mail: { sink: { host: "localhost", port: 1, security: "none" }, sendsSmtp: false },
      },
      log: createJsonLog((line) => logged.push(line)),
    };
  });
  afterAll(() => Promise.all([engine.stop(), sqs.stop()]));

  const optionsOf = (about: string): AppOptions => ({
    ...unrestricted,
    location: readStoreLocation(
      { ...variablesOf(stack.lambda(about)), KINTOUN_TABLE: "kintoun" },
      queueConfigs(unrestricted.config),
    ),
    wrapSend: enforce(roleOf(stack, stack.lambda(about)), table, (call) =>
      used.set(about, [...(used.get(about) ?? []), call]),
    ),
  });
  const WORKER = "runs the jobs of busy";

  it("are created, run, read and cancelled with exactly the granted permissions", async () => {
    const api = await createApi(optionsOf("serves the HTTP API"));
    const open = await createWorker(optionsOf(WORKER));
    const deliver = async (body: unknown) => {
      const record = {
        messageId: "m",
        receiptHandle: "r",
        body: JSON.stringify(body),
        attributes: { ApproximateReceiveCount: "1" },
        messageAttributes: {},
      };
      return (await workerHandler(open)({ Records: [record] } as never)).batchItemFailures;
    };
    const authorization = `Basic ${Buffer.from("alice:secret").toString("base64")}`;
    const send = async (method: string, path: string) => {
      const response = await requestApi(api).request(`http://localhost/v1${path}`, {
        method,
        headers: { authorization },
      });
      return {
        status: response.status,
        body: (await response.json()) as { job_id: string; status: string; data: unknown[]; entries: unknown[] },
      };
    };

    const { job_id: completed } = (await send("POST", "/actions/go")).body;
    const { job_id: cancelled } = (await send("POST", "/actions/go")).body;
    const answers = [await deliver({ job: completed, turn: 0 }), await deliver({ job: completed, turn: 1 })];
    await deliver({ job: completed, turn: 1 });
    await deliver({ schedule: "nightly", due: "2030-01-01T03:00:00Z" });

    expect(answers).toEqual([[], []]);
    expect((await send("GET", `/jobs/${completed}`)).body).toMatchObject({
      status: "succeeded",
      entries: [{ secret: 64 }, { secret: 64 }],
    });
    expect((await send("DELETE", `/jobs/${cancelled}`)).body.status).toBe("cancelled");
    expect((await send("GET", "/jobs")).body.data).toHaveLength(2);
    expect(await open.close().then(() => api.close())).toBeUndefined();

    const keysOf = ({ condition }: Statement) => condition["ForAllValues:StringLike"]?.["dynamodb:LeadingKeys"] ?? [];
    const unused = [...used].flatMap(([about, calls]) =>
      roleOf(stack, stack.lambda(about)).flatMap((statement) =>
        keysOf(statement)
          .filter((key) => key.startsWith("job"))
          .flatMap((key) => {
            const alone = { ...statement, condition: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": [key] } } };
            const isUsed = (action: string) =>
              calls.some(
                (call) => call.action === action && allows([alone], { ...call, keys: call.keys?.slice(0, 1) ?? [] }),
              );
            return statement.actions
              .filter((action) => !isForTransactions(statement) && !isUsed(action))
              .map((action) => `${about}: ${action} on ${key}`);
          }),
      ),
    );
    expect(logged.filter((line) => line.includes("AccessDenied"))).toEqual([]);
    expect(unused).toEqual([]);
  });
});
