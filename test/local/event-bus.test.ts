import { EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from "@aws-sdk/client-eventbridge";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { definePlugin, type InboundMessage, need } from "@kintoun/kit";
import { startTestStore, type TestStore } from "@kintoun/testing";

const deliveries: InboundMessage[] = [];
const plugin = definePlugin({
  name: "receiver",
  about: "Receives events.",
  inbound: {
    all: {
      about: "Receives all events of the default bus.",
      from: need.events({ source: [{ prefix: "" }] }),
      run: (message) => void deliveries.push(message),
    },
    ordered: {
      about: "Receives events in order.",
      ordered: true,
      from: need.events({ source: ["orders"] }, { bus: "orders" }),
      run: (message) => void deliveries.push(message),
    },
    team: {
      about: "Receives the events of a team.",
      from: need.events({ source: ["team"] }, { bus: "team/ops" }),
      run: (message) => void deliveries.push(message),
    },
  },
});

let store: TestStore;
let client: EventBridgeClient;
beforeAll(async () => {
  store = await startTestStore({ plugins: [plugin()] });
  client = new EventBridgeClient({ ...store.cloud.options.cloud?.eventbridge, maxAttempts: 1 });
});
afterAll(async () => {
  client.destroy();
  await store.close();
});

const put = (...Entries: PutEventsRequestEntry[]) => client.send(new PutEventsCommand({ Entries }));
const ENTRY = { Source: "compute", DetailType: "update", Detail: '{"n":1}' };

describe("startEventBus", () => {
  it("returns a result per entry, in order", async () => {
    const { FailedEntryCount, Entries = [] } = await put(
      ENTRY,
      { ...ENTRY, Detail: "no JSON" },
      { ...ENTRY, Detail: "[1]" },
      { DetailType: "update", Detail: "{}" },
      { ...ENTRY, Source: "aws.ec2" },
    );

    expect(FailedEntryCount).toBe(4);
    expect(Entries.map(({ ErrorCode }) => ErrorCode)).toEqual([
      undefined,
      "MalformedDetail",
      "MalformedDetail",
      "InvalidArgument",
      "NotAuthorizedForSource",
    ]);
    await store.drain();
    expect(deliveries.splice(0).map(({ id }) => id)).toEqual([Entries[0]?.EventId]);
  });

  it("passes on time and resources, and accepts the ARN of a bus", async () => {
    await put({
      ...ENTRY,
      Time: new Date("2030-01-02T03:04:05Z"),
      Resources: ["arn:x"],
      EventBusName: "arn:aws:events:eu-central-1:123456789012:event-bus/default",
    });
    await store.drain();

    const [event] = deliveries.splice(0);
    expect(event?.time).toBe("2030-01-02T03:04:05Z");
    expect(JSON.parse(String(event?.body))).toMatchObject({ resources: ["arn:x"], detail: { n: 1 } });
  });

  it("accepts a bus name with a slash", async () => {
    await put({ Source: "team", DetailType: "next", Detail: "{}", EventBusName: "team/ops" });
    await put({
      Source: "team",
      DetailType: "next",
      Detail: "{}",
      EventBusName: "arn:aws:events:eu-central-1:123456789012:event-bus/team/ops",
    });
    await put({ Source: "team", DetailType: "next", Detail: "{}", EventBusName: "ops" });
    await store.drain();

    expect(deliveries.splice(0)).toHaveLength(2);
  });

  it("passes on all characters of JSON", async () => {
    await put({ ...ENTRY, Detail: JSON.stringify({ text: "\u0000\ufffe\uffff\ud800 😀" }) });
    await store.drain();

    expect(deliveries.splice(0).map(({ detail }) => detail)).toEqual([{ text: "\u0000\ufffe\uffff\ud800 😀" }]);
  });

  it("keeps the order of events in an ordered queue", async () => {
    const numbers = Array.from({ length: 8 }, (_, n) => n);
    for (const n of numbers)
      await put({ Source: "orders", DetailType: "next", Detail: JSON.stringify({ n }), EventBusName: "orders" });
    await store.drain();

    expect(deliveries.splice(0).map(({ detail }) => detail)).toEqual(numbers.map((n) => ({ n })));
  });

  it.each<[string, PutEventsRequestEntry[]]>([
    ["more entries than EventBridge allows", Array.from({ length: 11 }, () => ENTRY)],
    ["no entries", []],
    [
      "more bytes than EventBridge allows",
      [ENTRY, { ...ENTRY, Detail: JSON.stringify({ text: "x".repeat(263_000) }) }],
    ],
    [
      "many more bytes than EventBridge allows",
      [{ ...ENTRY, Detail: JSON.stringify({ text: "x".repeat(2_000_000) }) }],
    ],
  ])("rejects %s", async (_, entries) => {
    await expect(put(...entries)).rejects.toMatchObject({ name: "ValidationException" });
  });

  it("rejects other operations", async () => {
    const { endpoint } = store.cloud.options.cloud?.eventbridge ?? {};
    const response = await fetch(String(endpoint), {
      method: "POST",
      headers: { "x-amz-target": "AWSEvents.ListRules" },
      body: "{}",
    });

    expect([response.status, await response.json()]).toMatchObject([400, { __type: "UnknownOperationException" }]);
  });
});
