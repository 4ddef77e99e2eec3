import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { definePlugin, need } from "@kintoun/kit";
import { Template } from "aws-cdk-lib/assertions";
import { AwsSolutionsChecks } from "cdk-nag";
import { readConfig } from "../../config/config.ts";
import { queueConfigs } from "../../config/queues.ts";
import { readStoreLocation } from "../../config/store-location.ts";
import { createJsonLog } from "../../core/ports/log.ts";
import { createWorker } from "../../functions/worker/app.ts";
import { workerHandler } from "../../functions/worker/handler.ts";
import { createTable, type DynamoDbEngine, startDynamoDb } from "../../local/dynamodb.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { enforce } from "./enforce.ts";
import { startRecordingSqs } from "./recording-sqs.ts";
import { type ApiCall, allows, roleOf } from "./roles.ts";
import { stackOf, synthesize, TABLE_ARN, variablesOf } from "./synthesize.ts";

const run = () => {};
const receiver = definePlugin({
  name: "receiver",
  about: "Receives external events.",
  inbound: {
    instances: {
      about: "Instances.",
      from: need.events({ source: ["compute"], "detail-type": [{ prefix: "compute.instance." }] }, { bus: "ops" }),
      run,
    },
    ordered: {
      about: "Receives events in order.",
      from: need.events({ source: ["orders"] }),
      ordered: true,
      idempotent: true,
      run,
    },
    orders: { about: "Orders.", batch: { size: 5 }, timeout: 100, run },
    mixed: {
      about: "Messages of others.",
      from: need.messages({
        from: [
          "arn:aws:sns:eu-west-1:123456789012:news",
          "arn:aws:sns:us-east-1:210987654321:orders",
          "arn:aws:s3:::uploads",
          "210987654321",
          "arn:aws:iam::123456789012:role/shop",
        ],
      }),
      run,
    },
  },
});

const plugins = [basicauth(), receiver()];
const stack = synthesize(plugins, { validate: true });

/** An inbound part's worker, its queues and the rule that fills them. */
const inboundIn = (name: string) => {
  const worker = stack.lambda(`handles messages to ${name}`);
  const mapping = stack
    .all("AWS::Lambda::EventSourceMapping")
    .find(({ properties }) => properties.FunctionName === `<${worker.id}>`)?.properties;
  const byArn = (arn: unknown) => stack.all("AWS::SQS::Queue").find(({ id }) => `<${id}.Arn>` === arn);
  const queue = byArn(mapping?.EventSourceArn);
  const dead = byArn(
    (queue?.properties.RedrivePolicy as { deadLetterTargetArn: string } | undefined)?.deadLetterTargetArn,
  );
  const rule = stack
    .all("AWS::Events::Rule")
    .find(({ properties }) => JSON.stringify(properties).includes(`<${queue?.id}.Arn>`));
  return { worker, mapping, queue: queue?.id, dead: dead?.id, queued: queue?.properties, rule };
};

/** The policy statements that allow others than the account's own roles to send to a queue. */
const sendersTo = (queue: string | undefined) =>
  stack
    .all("AWS::SQS::QueuePolicy")
    .filter(({ properties }) => (properties.Queues as string[]).includes(`<${queue}>`))
    .flatMap(({ properties }) => (properties.PolicyDocument as { Statement: Record<string, unknown>[] }).Statement)
    .filter(({ Effect }) => Effect === "Allow");

describe("an inbound part with a bus", () => {
  const { rule, queue, dead, worker } = inboundIn("receiver-instances");

  it("has a rule that sends matching events to its queue and failures to the dead-letter queue", () => {
    expect(rule?.properties).toMatchObject({
      EventBusName: "ops",
      EventPattern: { source: ["compute"], "detail-type": [{ prefix: "compute.instance." }] },
      Targets: [{ Arn: `<${queue}.Arn>`, DeadLetterConfig: { Arn: `<${dead}.Arn>` } }],
    });
  });

  it("accepts messages only from its rule", () => {
    for (const id of [queue, dead]) {
      expect(sendersTo(id)).toEqual([
        {
          Effect: "Allow",
          Principal: { Service: "events.amazonaws.com" },
          Action: "sqs:SendMessage",
          Resource: `<${id}.Arn>`,
          Condition: { ArnEquals: { "aws:SourceArn": `<${rule?.id}.Arn>` } },
        },
      ]);
    }
  });

  it("has a worker that claims its messages", () => {
    expect(variablesOf(worker).KINTOUN_LISTENER).toBe("receiver-instances");
    expect(JSON.stringify(roleOf(stack, worker))).toContain("claim#receiver-instances#*");
  });
});

describe("an ordered inbound part", () => {
  const { rule, queue, queued } = inboundIn("receiver-ordered");

  it("receives events in one message group, deduplicated by content", () => {
    expect(rule?.properties).toMatchObject({
      EventBusName: "default",
      Targets: [{ Arn: `<${queue}.Arn>`, SqsParameters: { MessageGroupId: "receiver-ordered" } }],
    });
    expect(rule?.properties.Targets).not.toMatchObject([{ DeadLetterConfig: expect.anything() }]);
    expect(queued).toMatchObject({ FifoQueue: true, ContentBasedDeduplication: true });
  });
});

describe("an inbound part without a bus", () => {
  const { rule, queue, queued, mapping } = inboundIn("receiver-orders");

  it("is a queue whose ARN is an output of the stack", () => {
    expect([rule, sendersTo(queue)]).toEqual([undefined, []]);
    expect([queued?.VisibilityTimeout, mapping?.BatchSize]).toEqual([6 * 105, 5]);
    const { Outputs } = Template.fromStack(stackOf(plugins)).toJSON() as {
      Outputs: Record<string, { Description?: string; Value: unknown }>;
    };
    expect(Object.values(Outputs).filter(({ Description }) => Description === "receiver-orders: Orders.")).toEqual([
      { Description: "receiver-orders: Orders.", Value: { "Fn::GetAtt": [queue, "Arn"] } },
    ]);
  });
});

describe("an inbound part with other senders", () => {
  const { rule, queue, dead } = inboundIn("receiver-mixed");
  const fromTopics = (id: string | undefined) => ({
    Effect: "Allow",
    Principal: { Service: "sns.amazonaws.com" },
    Action: "sqs:SendMessage",
    Resource: `<${id}.Arn>`,
    Condition: {
      ArnEquals: {
        "aws:SourceArn": ["arn:aws:sns:eu-west-1:123456789012:news", "arn:aws:sns:us-east-1:210987654321:orders"],
      },
    },
  });

  it("subscribes to topics, with raw delivery", () => {
    const common = {
      Protocol: "sqs",
      Endpoint: `<${queue}.Arn>`,
      RawMessageDelivery: true,
      RedrivePolicy: { deadLetterTargetArn: `<${dead}.Arn>` },
    };
    expect(rule).toBeUndefined();
    expect(stack.all("AWS::SNS::Subscription").map(({ properties }) => properties)).toEqual([
      { ...common, Region: "eu-west-1", TopicArn: "arn:aws:sns:eu-west-1:123456789012:news" },
      { ...common, Region: "us-east-1", TopicArn: "arn:aws:sns:us-east-1:210987654321:orders" },
    ]);
  });

  it("accepts messages from its senders only", () => {
    expect(sendersTo(dead)).toEqual([fromTopics(dead)]);
    expect(sendersTo(queue)).toEqual([
      fromTopics(queue),
      {
        Effect: "Allow",
        Principal: { Service: "s3.amazonaws.com" },
        Action: "sqs:SendMessage",
        Resource: `<${queue}.Arn>`,
        Condition: {
          ArnEquals: { "aws:SourceArn": ["arn:aws:s3:::uploads"] },
          StringEquals: { "aws:SourceAccount": "<AWS::AccountId>" },
        },
      },
      {
        Effect: "Allow",
        Principal: {
          AWS: ["arn:aws:iam::123456789012:role/shop", "arn:<AWS::Partition>:iam::210987654321:root"],
        },
        Action: "sqs:SendMessage",
        Resource: `<${queue}.Arn>`,
      },
    ]);
  });

  it("has an output with the ARN of its queue", () => {
    const { Outputs } = Template.fromStack(stackOf(plugins)).toJSON() as {
      Outputs: Record<string, { Description?: string; Value: unknown }>;
    };
    expect(Object.values(Outputs)).toContainEqual({
      Description: "receiver-mixed: Messages of others.",
      Value: { "Fn::GetAtt": [queue, "Arn"] },
    });
  });
});

describe("inbound parts", () => {
  it("cannot be written by dispatch", () => {
    const dispatch = stack.lambda("sends changes to the listeners' queues");

    const sends = roleOf(stack, dispatch).filter(({ actions }) => actions.includes("sqs:SendMessage"));
    expect(JSON.stringify(sends)).not.toContain(String(inboundIn("receiver-orders").queue));
  });

  it("have no cdk-nag findings", () => {
    expect(new AwsSolutionsChecks().validateScope(stackOf(plugins)).violations.map(({ ruleName }) => ruleName)).toEqual(
      [],
    );
  });
});

describe("an inbound part on a table that enforces its role", () => {
  const published: string[] = [];
  const publisher = definePlugin({
    name: "publisher",
    about: "Records published items.",
    publishers: {
      working: { about: "Succeeds.", publish: async () => void published.push("working") },
      failing: {
        about: "Fails at first.",
        publish: async () => {
          published.push("failing");
          if (published.length < 3) throw new Error("not yet");
        },
      },
    },
  });
  const forwarder = definePlugin({
    name: "forwarder",
    about: "Publishes the orders that it receives.",
    inbound: { orders: { about: "Orders.", run: ({ detail }) => ({ publish: [{ detail }] }) } },
  });
  const workerPlugins = [forwarder(), publisher()];
  const workerStack = synthesize(workerPlugins);
  const worker = workerStack.lambda("handles messages to forwarder-orders");
  const tableArn = TABLE_ARN;
  let engine: DynamoDbEngine;
  let sqs: Awaited<ReturnType<typeof startRecordingSqs>>;
  beforeAll(async () => {
    [engine, sqs] = await Promise.all([startDynamoDb(undefined), startRecordingSqs(workerStack)]);
    const client = new DynamoDBClient(engine.client);
    await createTable(client, "kintoun");
    client.destroy();
  });
  afterAll(() => Promise.all([engine.stop(), sqs.stop()]));

  it("handles a message once and publishes it once, with exactly the granted permissions", async () => {
    const used: ApiCall[] = [];
    const open = await createWorker({
      config: readConfig({ plugins: workerPlugins }),
      location: readStoreLocation(
        { ...variablesOf(worker), KINTOUN_TABLE: "kintoun" },
        queueConfigs(readConfig({ plugins: workerPlugins })),
      ),
      cloud: { dynamodb: engine.client, sqs: sqs.client },
      log: createJsonLog(() => {}),
      wrapSend: enforce(roleOf(workerStack, worker), tableArn, (call) => used.push(call)),
    });
    const records = [
      {
        messageId: "m",
        receiptHandle: "r",
        body: "{}",
        attributes: { ApproximateReceiveCount: "1", SentTimestamp: String(Date.now()) },
        messageAttributes: {},
      },
    ];
    const rounds = [];
    for (let round = 0; round < 3; round++)
      rounds.push((await workerHandler(open)({ Records: records } as never)).batchItemFailures.length);
    await open.close();

    // Publishers run side by side, in any order. Only the one that failed runs again.
    expect([rounds, published.slice(0, 2).sort(), published.slice(2)]).toEqual([
      [1, 0, 0],
      ["failing", "working"],
      ["failing"],
    ]);
    const granted = roleOf(workerStack, worker).filter(({ resources }) => resources.includes(tableArn));
    const unused = granted.flatMap((statement) =>
      statement.actions.filter(
        (action) => !used.some((call) => call.action === action && allows([{ ...statement, actions: [action] }], call)),
      ),
    );
    expect([granted.length > 0, unused]).toEqual([true, []]);
  });
});
