import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { openTopic } from "../../../adapters/topic/sns.ts";
import type { TopicMessage } from "../../../core/topic.ts";

/** An SNS that refuses messages about rain: no embedded one refuses some of several. */
const asked: URLSearchParams[] = [];
const server = createServer((request, response) => {
  void text(request).then((body) => {
    const form = new URLSearchParams(body);
    asked.push(form);
    const refused = [...form].flatMap(([name, value]) => (name.endsWith(".Message") && value === "rain" ? [name] : []));
    const failed = refused.map((name) => {
      const id = form.get(name.replace(/Message$/, "Id"));
      return `<member><Id>${id}</Id><Code>InternalError</Code><Message>wet</Message><SenderFault>false</SenderFault></member>`;
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
    arn,
    client: {
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      region: "us-east-1",
      credentials: { accessKeyId: "none", secretAccessKey: "none" },
    },
  });
const message = (body: string, more: Partial<TopicMessage> = {}): TopicMessage => ({ body, group: "g", id: body, ...more });

it("rejects when the topic refused some of several, and tells why", async () => {
  const topic = open("arn:aws:sns:us-east-1:000000000000:weather");

  await expect(topic.publish([message("sun"), message("rain"), message("rain")])).rejects.toThrow("The topic refused 2 of 3 messages: InternalError: wet");
  await expect(topic.publish([message("sun")])).resolves.toBeUndefined();
  await topic.close();
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

  const said = asked.map((form) => [...form.keys()].flatMap((name) => /member\.1\.(.*)$/.exec(name)?.[1] ?? []).toSorted());
  const attribute = ["MessageAttributes.entry.1.Name", "MessageAttributes.entry.1.Value.DataType", "MessageAttributes.entry.1.Value.StringValue"];
  expect(said[0]).toEqual(["Id", "Message", ...attribute]);
  expect(said[1]).toEqual(["Id", "Message", ...attribute, "MessageDeduplicationId", "MessageGroupId"]);
  expect([...(asked[1]?.entries() ?? [])].find(([name]) => name.endsWith("MessageGroupId"))?.[1]).toMatch(/^[0-9a-f]{64}$/);
});
