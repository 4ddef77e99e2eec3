import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { createSnsTopic } from "../../../adapters/topic/sns.ts";
import type { TopicMessage } from "../../../core/ports/topic.ts";

/**
 * An SNS that refuses "rain", "fog" once, and "hail" as a fault of the sender. No embedded SNS refuses some messages of
 * a batch.
 */
const requests: URLSearchParams[] = [];
let foggy = 0;
const isRefused = (text: string) => text === "rain" || text === "hail" || (text === "fog" && foggy-- > 0);
const server = createServer((request, response) => {
  void text(request).then((body) => {
    const form = new URLSearchParams(body);
    requests.push(form);
    const refused = [...form].flatMap(([name, value]) => (name.endsWith(".Message") && isRefused(value) ? [name] : []));
    const failed = refused.map((name) => {
      const id = form.get(name.replace(/Message$/, "Id"));
      return `<member><Id>${id}</Id><Code>InternalError</Code><Message>wet</Message><SenderFault>${form.get(name) === "hail"}</SenderFault></member>`;
    });
    response.setHeader("content-type", "text/xml");
    response.end(
      `<PublishBatchResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishBatchResult><Successful/><Failed>${failed.join("")}</Failed></PublishBatchResult></PublishBatchResponse>`,
    );
  });
});
beforeAll(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)));
afterAll(() => new Promise((resolve) => server.close(resolve)));

const open = (arn: string) =>
  createSnsTopic({
    causes: () => [],
    arn,
    client: {
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      region: "us-east-1",
      credentials: { accessKeyId: "none", secretAccessKey: "none" },
    },
  });
const message = (body: string, more: Partial<TopicMessage> = {}): TopicMessage => ({
  body,
  group: "g",
  id: body,
  ...more,
});

it("publish rejects with the reason when the topic refuses some of several messages", async () => {
  const topic = open("arn:aws:sns:us-east-1:000000000000:weather");

  await expect(topic.publish([message("sun"), message("rain"), message("rain")])).rejects.toThrow(
    "The topic refused 2 of 3 messages: InternalError: wet",
  );
  await expect(topic.publish([message("sun")])).resolves.toBeUndefined();
  await topic.close();
});

/** The published messages by call. */
const published = () =>
  requests.map((form) => [...form].flatMap(([name, value]) => (name.endsWith(".Message") ? [value] : [])));

it("publish retries only the messages that the topic refused temporarily", async () => {
  requests.length = 0;
  foggy = 2;
  const topic = open("arn:aws:sns:us-east-1:000000000000:weather");
  await topic.publish([message("sun"), message("fog")]);
  await topic.close();

  expect(published()).toEqual([["sun", "fog"], ["fog"], ["fog"]]);
});

it("publish sends the other messages, but none after a refused one of an ordered topic", async () => {
  const many = ["hail", ...Array.from({ length: 12 }, (_, n) => String(n))].map((body) => message(body));
  for (const [end, calls] of [
    ["", 2],
    [".fifo", 1],
  ] as const) {
    requests.length = 0;
    const topic = open(`arn:aws:sns:us-east-1:000000000000:weather${end}`);
    await expect(topic.publish(many)).rejects.toThrow("The topic refused 1 of 13 messages: InternalError: wet");
    await topic.close();
    expect(published()).toHaveLength(calls);
  }
});

it("publish removes characters that SNS rejects from subjects and texts", async () => {
  requests.length = 0;
  const topic = open("arn:aws:sns:us-east-1:000000000000:weather");
  await topic.publish([
    message("sun \uffff 😀", { subject: "warm\u2028 and\u0000dry", attributes: { a: "one\u0000two\ud800" } }),
  ]);
  await topic.close();

  const entry = Object.fromEntries([...(requests[0] ?? [])].map(([name, value]) => [name.split(".").at(-1), value]));
  expect(entry).toMatchObject({ Message: "sun \\uffff 😀", Subject: "warm  and dry", StringValue: "one?two?" });
});

it("publish calls SNS in the region of the topic", async () => {
  const client = { credentials: { accessKeyId: "none", secretAccessKey: "none" } };
  const requests: string[] = [];
  const requestHandler = {
    handle: async ({ hostname }: { hostname: string }) => {
      requests.push(hostname);
      throw new Error("no network here");
    },
    metadata: {},
  };
  const topic = createSnsTopic({
    causes: () => [],
    arn: "arn:aws:sns:eu-north-1:000000000000:weather",
    client: { ...client, requestHandler: requestHandler as never, maxAttempts: 1 },
  });
  await expect(topic.publish([message("sun")])).rejects.toThrow("no network here");
  await topic.close();

  expect(requests).toEqual(["sns.eu-north-1.amazonaws.com"]);
});

it("publish keeps to the limits of messages and bytes per call", async () => {
  requests.length = 0;
  const topic = open("arn:aws:sns:us-east-1:000000000000:weather");
  await topic.publish(Array.from({ length: 12 }, (_, n) => message(String(n))));
  await topic.publish([message("x".repeat(200_000)), message("y".repeat(100_000))]);
  await topic.close();

  const sizes = requests.map((form) => [...form.keys()].filter((name) => name.endsWith(".Id")).length);
  expect(sizes).toEqual([10, 2, 1, 1]);
});

it("publish sends groups and ids to an ordered topic only, and no empty attributes", async () => {
  requests.length = 0;
  const message = { body: "sun", group: "ü", id: "i", subject: " \n", attributes: { none: "", some: "a" } };
  for (const arn of ["arn:aws:sns:us-east-1:000000000000:weather", "arn:aws:sns:us-east-1:000000000000:weather.fifo"]) {
    const topic = open(arn);
    await topic.publish([message]);
    await topic.close();
  }

  const entry = requests.map((form) =>
    [...form.keys()].flatMap((name) => /member\.1\.(.*)$/.exec(name)?.[1] ?? []).toSorted(),
  );
  const attribute = [
    "MessageAttributes.entry.1.Name",
    "MessageAttributes.entry.1.Value.DataType",
    "MessageAttributes.entry.1.Value.StringValue",
  ];
  expect(entry[0]).toEqual(["Id", "Message", ...attribute]);
  expect(entry[1]).toEqual(["Id", "Message", ...attribute, "MessageDeduplicationId", "MessageGroupId"]);
  expect([...(requests[1]?.entries() ?? [])].find(([name]) => name.endsWith("MessageGroupId"))?.[1]).toMatch(
    /^[0-9a-f]{64}$/,
  );
});

it("publish cuts a long subject before an emoji that does not fit", async () => {
  requests.length = 0;
  const topic = open("arn:aws:sns:us-east-1:000000000000:weather");
  await topic.publish([message("sun", { subject: `${"a".repeat(98)}👩\u200d💻` })]);
  await topic.close();

  const subject = [...(requests[0] ?? [])].find(([name]) => name.endsWith(".Subject"));
  expect(subject?.[1]).toBe("a".repeat(98));
});
