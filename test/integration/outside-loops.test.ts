import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import { GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterEach, describe, expect, it } from "@jest/globals";
import { type ChangeEvent, definePlugin, need } from "@kintoun/kit";
import { startTestStore, type TestStore, type TestStoreOptions } from "@kintoun/testing";
import { eventbridge } from "../../plugins/eventbridge/index.ts";
import { sns } from "../../plugins/sns/index.ts";

let store: TestStore;
afterEach(() => store?.close());

const C = "/buckets/b/collections/c";
const ARN = "arn:aws:sns:eu-central-1:123456789012:news";
const FROM_BUS = need.events({ source: ["kintoun"] });

const start = async (...plugins: TestStoreOptions["plugins"] & {}) => {
  store = await startTestStore({ plugins, retryAfter: () => 0 });
  await store.put("/buckets/b");
  await store.put(C);
};

/** A plugin that publishes each record and creates one for each inbound message. */
const createEcho = (received: ChangeEvent[], from?: typeof FROM_BUS) =>
  definePlugin({
    name: "echo",
    about: "Publishes records and creates some from inbound messages.",
    needs: () => ({ data: need.data({ write: [C] }) }),
    setup: ({ resources }) => resources,
    listeners: {
      out: {
        on: ["record.create"],
        run: (event) => {
          received.push(event);
          return { publish: [{ made: String(event.record_id) }] };
        },
      },
    },
    inbound: {
      in: {
        about: "Makes a record.",
        ...(from && { from }),
        run: async (_, { services: { data } }) => void (await data.create(`${C}/records`, { data: {} })),
      },
    },
  })();

const chainsOf = (received: readonly ChangeEvent[]) =>
  received.map(({ cause = [] }) => cause.length).toSorted((a, b) => a - b);
const refusals = () =>
  store.logLines
    .map((line) => JSON.parse(line))
    .filter(({ level, error }) => level === "ERROR" && error?.name === "CauseChainTooLongError");

/** Subscribes the queue of an inbound part to the topic, with raw delivery. */
const subscribe = async (queue: string) => {
  const { sns: topics, sqs = {} } = store.cloud.options.cloud ?? {};
  const [client, queues] = [new SNSClient(topics?.client ?? {}), new SQSClient(sqs)];
  const QueueUrl = store.cloud.options.location.queues[queue];
  const { Attributes } = await queues.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }));
  const TopicArn = topics?.topics[ARN];
  await client.send(
    new SubscribeCommand({
      TopicArn,
      Protocol: "sqs",
      Endpoint: Attributes?.QueueArn,
      Attributes: { RawMessageDelivery: "true" },
    }),
  );
  client.destroy();
  queues.destroy();
};

describe("loop through the outside", () => {
  it("ends at the limit of the cause chain over a bus and is dead-lettered at once", async () => {
    const received: ChangeEvent[] = [];
    await start(createEcho(received, FROM_BUS), eventbridge());
    await store.put(`${C}/records/first`);
    await store.drain();

    expect(chainsOf(received)).toEqual([0, 2, 4, 6, 8]);
    expect(received.at(-1)?.cause).toEqual([
      ...Array(3).fill(["outside:echo-out", "outside:echo-in"]).flat(),
      "outside:echo-out",
      "echo-in",
    ]);
    expect(refusals()).toMatchObject([{ listener: "echo-out" }]);
    expect([await store.deadLetterCount("echo-out"), await store.deadLetterCount("echo-in")]).toEqual([1, 0]);
  });

  it("ends at the limit over a topic with raw delivery", async () => {
    const received: ChangeEvent[] = [];
    await start(createEcho(received), sns({ arn: ARN }));
    await subscribe("echo-in");
    await store.put(`${C}/records/first`);
    await store.drain();

    expect(chainsOf(received)).toEqual([0, 2, 4, 6, 8]);
    expect(await store.deadLetterCount("echo-out")).toBe(1);
  });

  it("ends when no object is changed in between", async () => {
    let times = 0;
    const parrot = definePlugin({
      name: "parrot",
      about: "Publishes each message.",
      inbound: {
        ear: {
          about: "Receives messages.",
          from: need.events({ source: ["kintoun", "start"] }),
          run: () => {
            times++;
            return { publish: [{ again: times }] };
          },
        },
      },
    });
    await start(parrot(), eventbridge());
    await store.emit({ source: "start", type: "go", detail: {} });
    await store.drain();

    expect(times).toBe(9);
    expect(await store.deadLetterCount("parrot-ear")).toBe(1);
  });
});

describe("inbound event with a cause chain", () => {
  const put = async (...Resources: string[]) => {
    const client = new EventBridgeClient(store.cloud.options.cloud?.eventbridge ?? {});
    await client.send(
      new PutEventsCommand({ Entries: [{ Source: "kintoun", DetailType: "forged", Detail: "{}", Resources }] }),
    );
    client.destroy();
    await store.drain();
  };

  it("can only make its own effects be refused", async () => {
    const received: ChangeEvent[] = [];
    await start(createEcho(received, FROM_BUS));
    await put(...Array(1000).fill("kintoun:cause:echo-in"));
    expect([received.length, await store.deadLetterCount("echo-in")]).toEqual([0, 1]);
    await put();
    expect(received.map(({ cause }) => cause)).toEqual([["echo-in"]]);
  });

  it("keeps valid parts of its chain under a prefix that no part of the store has", async () => {
    const received: ChangeEvent[] = [];
    await start(createEcho(received, FROM_BUS));
    await put(
      "arn:aws:ec2:eu-central-1:123456789012:instance/i-1",
      "kintoun:cause:echo-out",
      "kintoun:cause:a\nb",
      "kintoun:cause:",
      "kintoun:cause:outside:echo-in",
    );

    expect(received.map(({ cause }) => cause)).toEqual([["outside:echo-out", "echo-in"]]);
  });
});
