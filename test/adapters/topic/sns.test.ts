import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { openTopic } from "../../../adapters/topic/sns.ts";
import type { TopicMessage } from "../../../core/ports/topic.ts";

/** An SNS that refuses messages about rain, those about fog once, and those about hail by the sender's fault: no embedded one refuses some of several. */
const asked: URLSearchParams[] = [];
let foggy = 0;
const isRefused = (text: string) => text === "rain" || text === "hail" || (text === "fog" && foggy-- > 0);
const server = createServer((request, response) => {
  void text(request).then((body) => {
    const form = new URLSearchParams(body);
    asked.push(form);
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
  openTopic({
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

it("rejects when the topic refused some of several, and tells why", async () => {
  const topic = open("arn:aws:sns:us-east-1:000000000000:weather");

  await expect(topic.publish([message("sun"), message("rain"), message("rain")])).rejects.toThrow(
    "The topic refused 2 of 3 messages: InternalError: wet",
  );
  await expect(topic.publish([message("sun")])).resolves.toBeUndefined();
  await topic.close();
});

/** What it was asked to tell, by calls. */
const told = () =>
  asked.map((form) => [...form].flatMap(([name, value]) => (name.endsWith(".Message") ? [value] : [])));

it("hands over once more what the topic could not take just now, and that alone", async () => {
  asked.length = 0;
  foggy = 2;
  const topic = open("arn:aws:sns:us-east-1:000000000000:weather");
  await topic.publish([message("sun"), message("fog")]);
  await topic.close();

  expect(told()).toEqual([["sun", "fog"], ["fog"], ["fog"]]);
});

it("tells the others nevertheless, but of an ordered topic none that comes behind", async () => {
  const many = ["hail", ...Array.from({ length: 12 }, (_, n) => String(n))].map((body) => message(body));
  for (const [end, calls] of [
    ["", 2],
    [".fifo", 1],
  ] as const) {
    asked.length = 0;
    const topic = open(`arn:aws:sns:us-east-1:000000000000:weather${end}`);
    await expect(topic.publish(many)).rejects.toThrow("The topic refused 1 of 13 messages: InternalError: wet");
    await topic.close();
    expect(told()).toHaveLength(calls);
  }
});

it("tells what SNS takes: lines for subjects, and texts without control characters", async () => {
  asked.length = 0;
  const topic = open("arn:aws:sns:us-east-1:000000000000:weather");
  await topic.publish([
    message("sun \uffff 😀", { subject: "warm\u2028 and\u0000dry", attributes: { a: "one\u0000two\ud800" } }),
  ]);
  await topic.close();

  const said = Object.fromEntries([...(asked[0] ?? [])].map(([name, value]) => [name.split(".").at(-1), value]));
  expect(said).toMatchObject({ Message: "sun \\uffff 😀", Subject: "warm  and dry", StringValue: "one?two?" });
});

it("asks SNS where the topic is", async () => {
  const client = { credentials: { accessKeyId: "none", secretAccessKey: "none" } };
  const asked: string[] = [];
  const requestHandler = {
    handle: async ({ hostname }: { hostname: string }) => Promise.reject(new Error(String(asked.push(hostname)))),
    metadata: {},
  };
  const topic = openTopic({
    causes: () => [],
    arn: "arn:aws:sns:eu-north-1:000000000000:weather",
    client: { ...client, requestHandler: requestHandler as never, maxAttempts: 1 },
  });
  await expect(topic.publish([message("sun")])).rejects.toThrow();
  await topic.close();

  expect(asked).toEqual(["sns.eu-north-1.amazonaws.com"]);
});

it("sends ten in a call, and no more bytes than one takes", async () => {
  asked.length = 0;
  const topic = open("arn:aws:sns:us-east-1:000000000000:weather");
  await topic.publish(Array.from({ length: 12 }, (_, n) => message(String(n))));
  await topic.publish([message("x".repeat(200_000)), message("y".repeat(100_000))]);
  await topic.close();

  const sizes = asked.map((form) => [...form.keys()].filter((name) => name.endsWith(".Id")).length);
  expect(sizes).toEqual([10, 2, 1, 1]);
});

it("gives groups and ids to an ordered topic alone, and leaves out what is empty", async () => {
  asked.length = 0;
  const message = { body: "sun", group: "ü", id: "i", subject: " \n", attributes: { none: "", some: "a" } };
  for (const arn of ["arn:aws:sns:us-east-1:000000000000:weather", "arn:aws:sns:us-east-1:000000000000:weather.fifo"]) {
    const topic = open(arn);
    await topic.publish([message]);
    await topic.close();
  }

  const said = asked.map((form) =>
    [...form.keys()].flatMap((name) => /member\.1\.(.*)$/.exec(name)?.[1] ?? []).toSorted(),
  );
  const attribute = [
    "MessageAttributes.entry.1.Name",
    "MessageAttributes.entry.1.Value.DataType",
    "MessageAttributes.entry.1.Value.StringValue",
  ];
  expect(said[0]).toEqual(["Id", "Message", ...attribute]);
  expect(said[1]).toEqual(["Id", "Message", ...attribute, "MessageDeduplicationId", "MessageGroupId"]);
  expect([...(asked[1]?.entries() ?? [])].find(([name]) => name.endsWith("MessageGroupId"))?.[1]).toMatch(
    /^[0-9a-f]{64}$/,
  );
});
