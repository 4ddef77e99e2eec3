import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import { GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterEach, describe, expect, it } from "@jest/globals";
import { type ChangeEvent, definePlugin, need } from "@kintoun/kit";
import { type TestStore, type TestStoreOptions, testStore } from "@kintoun/testing";
import { eventbridge } from "../../plugins/eventbridge/index.ts";
import { sns } from "../../plugins/sns/index.ts";

let store: TestStore;
afterEach(() => store?.close());

const C = "/buckets/b/collections/c";
const ARN = "arn:aws:sns:eu-central-1:123456789012:news";
const FROM_BUS = need.events({ source: ["kintoun"] });

const start = async (...plugins: TestStoreOptions["plugins"] & {}) => {
  store = await testStore({ plugins, retryAfter: () => 0 });
  await store.put("/buckets/b");
  await store.put(C);
};

/** A plugin that tells of each record, and makes one of whatever comes in. */
const echoing = (heard: ChangeEvent[], from?: typeof FROM_BUS) =>
  definePlugin({
    name: "echo",
    about: "Tells of records, and makes some of what it is told.",
    needs: () => ({ data: need.data({ write: [C] }) }),
    setup: ({ resources }) => resources,
    listeners: {
      out: {
        on: ["record.create"],
        run: (event) => {
          heard.push(event);
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

const chainsOf = (heard: readonly ChangeEvent[]) =>
  heard.map(({ cause = [] }) => cause.length).toSorted((a, b) => a - b);
const refusals = () =>
  store.logged
    .map((line) => JSON.parse(line))
    .filter(({ level, error }) => level === "ERROR" && error?.name === "EndlessChain");

/** Has what is published on the topic come to an inbound part's queue, as it is. */
const subscribe = async (queue: string) => {
  const { sns: topics, sqs = {} } = store.cloud.opening.cloud ?? {};
  const [client, queues] = [new SNSClient(topics?.client ?? {}), new SQSClient(sqs)];
  const QueueUrl = store.cloud.opening.place.queues[queue];
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

describe("what goes out and comes in again", () => {
  it("over a bus ends like a chain of changes, and is parked at once", async () => {
    const heard: ChangeEvent[] = [];
    await start(echoing(heard, FROM_BUS), eventbridge());
    await store.put(`${C}/records/first`);
    await store.drain();

    expect(chainsOf(heard)).toEqual([0, 2, 4, 6, 8]);
    expect(heard.at(-1)?.cause).toEqual([
      ...Array(3).fill(["outside:echo-out", "outside:echo-in"]).flat(),
      "outside:echo-out",
      "echo-in",
    ]);
    expect(refusals()).toMatchObject([{ listener: "echo-out" }]);
    expect([await store.dead("echo-out"), await store.dead("echo-in")]).toEqual([1, 0]);
  });

  it("over a topic does so, too, where the queue gets messages as they are", async () => {
    const heard: ChangeEvent[] = [];
    await start(echoing(heard), sns({ arn: ARN }));
    await subscribe("echo-in");
    await store.put(`${C}/records/first`);
    await store.drain();

    expect(chainsOf(heard)).toEqual([0, 2, 4, 6, 8]);
    expect(await store.dead("echo-out")).toBe(1);
  });

  it("ends where nothing is changed meanwhile", async () => {
    let times = 0;
    const parrot = definePlugin({
      name: "parrot",
      about: "Tells whatever it hears.",
      inbound: {
        ear: {
          about: "Hears.",
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
    expect(await store.dead("parrot-ear")).toBe(1);
  });
});

describe("an event that says what it came of", () => {
  const put = async (...Resources: string[]) => {
    const client = new EventBridgeClient(store.cloud.opening.cloud?.eventbridge ?? {});
    await client.send(
      new PutEventsCommand({ Entries: [{ Source: "kintoun", DetailType: "forged", Detail: "{}", Resources }] }),
    );
    client.destroy();
    await store.drain();
  };

  it("has its own effects refused alone, whatever it says", async () => {
    const heard: ChangeEvent[] = [];
    await start(echoing(heard, FROM_BUS));
    await put(...Array(1000).fill("kintoun:cause:echo-in"));
    expect([heard.length, await store.dead("echo-in")]).toEqual([0, 1]);
    await put();
    expect(heard.map(({ cause }) => cause)).toEqual([["echo-in"]]);
  });

  it("is believed as far as it could be so, and under another name than the store's own parts", async () => {
    const heard: ChangeEvent[] = [];
    await start(echoing(heard, FROM_BUS));
    await put(
      "arn:aws:ec2:eu-central-1:123456789012:instance/i-1",
      "kintoun:cause:echo-out",
      "kintoun:cause:a\nb",
      "kintoun:cause:",
      "kintoun:cause:outside:echo-in",
    );

    expect(heard.map(({ cause }) => cause)).toEqual([["outside:echo-out", "echo-in"]]);
  });
});
