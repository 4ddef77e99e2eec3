import { SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { afterEach, describe, expect, it } from "@jest/globals";
import { definePlugin, type JsonObject } from "@kintoun/kit";
import { startTestStore, type TestStore } from "@kintoun/testing";
import { readConfig } from "../../config/config.ts";
import { sns } from "../../plugins/sns/index.ts";
import { roleOf } from "../infra/roles.ts";
import { synthesize } from "../infra/synthesize.ts";

let store: TestStore;
afterEach(() => store?.close());

const ARN = "arn:aws:sns:eu-central-1:123456789012:news";

/** A plugin whose listener publishes items. */
const editor = (itemsOf: (title: string) => JsonObject[], fails: () => boolean = () => false) =>
  definePlugin({
    name: "editor",
    about: "Makes news of records.",
    listeners: { news: { on: ["record.create"], run: (event) => ({ publish: itemsOf(String(event.new.title)) }) } },
    publishers: {
      other: {
        about: "Another that may fail.",
        publish: async () => {
          if (fails()) throw new Error("the line is down");
        },
      },
    },
  })();

const start = async (...plugins: NonNullable<Parameters<typeof startTestStore>[0]>["plugins"] & {}) => {
  store = await startTestStore({ plugins, retryAfter: () => 0 });
  await store.put("/buckets/b");
  await store.put("/buckets/b/collections/c");
};

/** Subscribes a queue to the embedded topic. */
const subscribed = async (arn: string) => {
  const { sns: topics, sqs } = store.cloud.options.cloud ?? {};
  const [client, queues] = [new SNSClient(topics?.client ?? {}), new SQSClient(sqs ?? {})];
  const ordered = arn.endsWith(".fifo");
  const { QueueUrl } = await queues.send(
    new CreateQueueCommand({
      QueueName: `reader${ordered ? ".fifo" : ""}`,
      Attributes: ordered ? { FifoQueue: "true" } : {},
    }),
  );
  const { Attributes } = await queues.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }));
  await client.send(
    new SubscribeCommand({ TopicArn: topics?.topics[arn], Protocol: "sqs", Endpoint: Attributes?.QueueArn }),
  );
  client.destroy();
  return {
    received: async () => {
      const all: { Message: string; Subject?: string; MessageAttributes?: Record<string, { Value: string }> }[] = [];
      for (;;) {
        const { Messages = [] } = await queues.send(
          new ReceiveMessageCommand({
            QueueUrl,
            MaxNumberOfMessages: 10,
            VisibilityTimeout: 600,
            MessageSystemAttributeNames: ["All"],
          }),
        );
        if (Messages.length === 0) return all;
        for (const { Body = "", ReceiptHandle } of Messages) {
          all.push(JSON.parse(Body));
          await queues.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
        }
      }
    },
    [Symbol.dispose]: () => queues.destroy(),
  };
};

const add = async (title: string) => {
  await store.post("/buckets/b/collections/c/records", { data: { title } });
  await store.drain();
};

describe("sns", () => {
  it("publishes each item to subscribers with subject and attributes", async () => {
    await start(
      editor((title) => [{ kind: "article", title }, { kind: "note" }]),
      sns({
        arn: ARN,
        from: ["editor-news"],
        subject: "New:\n{item.title}",
        attributes: { kind: "{item.kind}", listener: "{listener}", none: "{item.none}" },
      }),
    );
    using reader = await subscribed(ARN);
    await add("Rain");

    const text = (Value: string) => ({ Type: "String", Value });
    const beside = { listener: text("editor-news"), "kintoun.cause": text("editor-news") };
    const received = await reader.received();
    expect(
      received.map(({ Message, Subject, MessageAttributes }) => [JSON.parse(Message), Subject, MessageAttributes]),
    ).toEqual([
      [{ kind: "article", title: "Rain" }, "New: Rain", { ...beside, kind: text("article") }],
      [{ kind: "note" }, "New:", { ...beside, kind: text("note") }],
    ]);
  });

  it("publishes only items that match where", async () => {
    await start(
      editor(() => Array.from({ length: 25 }, (_, n) => ({ n, even: n % 2 === 0 }))),
      sns({ arn: ARN, where: { even: [true] } }),
    );
    using reader = await subscribed(ARN);
    await add("many");

    expect((await reader.received()).map(({ Message }) => JSON.parse(Message).n)).toEqual([
      0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24,
    ]);
  });

  it("dead-letters an event whose item is too large for a topic, with the reason", async () => {
    await start(
      editor(() => [{ small: true }, { large: "é".repeat(140_000) }]),
      sns({ arn: ARN }),
    );
    using reader = await subscribed(ARN);
    await add("large");

    expect(await store.deadLetterCount("editor-news")).toBe(1);
    expect(store.logLines.join()).toMatch(/Message 1 of 2 has 280\d+ bytes; the maximum of a topic is 262144/);
    expect(await reader.received()).toEqual([]);
  });

  it("publishes an item to a FIFO topic once when its event is delivered again", async () => {
    const arn = `${ARN}.fifo`;
    let failures = 2;
    await start(
      editor(
        (title) => [
          { title, n: 1 },
          { title, n: 1 },
        ],
        () => failures-- > 0,
      ),
      sns({ name: "again", arn, group: "{item.title}" }),
    );
    using reader = await subscribed(arn);
    await add("Rain");
    await add("Snow");

    expect((await reader.received()).map(({ Message }) => JSON.parse(Message).title).toSorted()).toEqual([
      "Rain",
      "Rain",
      "Snow",
      "Snow",
    ]);
    expect(await store.deadLetterCount("editor-news")).toBe(0);
  });

  it("is granted only Publish on its own topic in AWS", () => {
    const stack = synthesize([editor(() => []), sns({ arn: ARN, from: ["editor-news"] })]);
    const granted = roleOf(stack, stack.lambda("runs the listener editor-news")).filter(({ actions }) =>
      actions.some((action) => action.startsWith("sns:")),
    );

    expect(granted).toMatchObject([{ actions: ["sns:Publish"], resources: [ARN] }]);
    expect(JSON.stringify(stack.all("AWS::IAM::Policy")).split("sns:")).toHaveLength(3);
  });

  it.each<[string, Parameters<typeof sns>[0], string]>([
    ["an invalid ARN", { arn: "news" }, "plugins: sns.arn: must be the ARN of a topic"],
    [
      "an unknown listener",
      { arn: ARN, from: ["editor-nwes"] },
      "plugins: sns.publishers.topic.from: there is no listener 'editor-nwes'. Did you mean 'editor-news'?",
    ],
    [
      "an invalid pattern",
      { arn: ARN, where: { kind: "note" as never } },
      'plugins: sns.publishers.topic.where.kind: must be a list of rules: ["note"].',
    ],
    [
      "too many attributes",
      { arn: ARN, attributes: Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`a${n}`, "x"])) },
      "must have at most 9 attributes",
    ],
    ["a reserved attribute", { arn: ARN, attributes: { "AWS.kind": "x" } }, "that do not begin with AWS. or Amazon."],
    ["an attribute that ends in a dot", { arn: ARN, attributes: { "kind.": "x" } }, "with single dots between them"],
  ])("is rejected with %s", (_, options, message) => {
    expect(() => readConfig({ plugins: [editor(() => []), sns(options)] })).toThrow(message);
  });
});
