import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { afterAll, expect, it } from "@jest/globals";
import { readConfig } from "../../config/config.ts";
import { queueConfigs } from "../../config/queues.ts";
import { PURGE_LISTENER } from "../../core/events/purge.ts";
import { createQueues, startSqs } from "../../local/sqs.ts";
import { waitUntil } from "../wait-until.ts";

const folder = mkdtempSync(join(tmpdir(), "kintoun-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("createQueues releases messages that were in flight when the process ended", async () => {
  const open = async () => {
    const engine = await startSqs(folder);
    const client = new SQSClient(engine.client);
    const { urls } = await createQueues(client, engine, queueConfigs(readConfig({ plugins: [] })));
    const receive = async () =>
      (
        await client.send(new ReceiveMessageCommand({ QueueUrl: urls[PURGE_LISTENER.name], MaxNumberOfMessages: 10 }))
      ).Messages?.map(({ Body }) => Body) ?? [];
    return { ...engine, client, url: urls[PURGE_LISTENER.name], receive };
  };
  const first = await open();
  for (const MessageBody of ["one", "two"])
    await first.client.send(new SendMessageCommand({ QueueUrl: first.url, MessageBody }));
  expect(await first.receive()).toHaveLength(2);
  expect(await first.receive()).toEqual([]);
  await first.stop();

  const second = await open();
  const received: unknown[] = [];
  await waitUntil("both messages are received", async () => {
    received.push(...(await second.receive()));
    return received.length >= 2;
  });
  expect(received.toSorted()).toEqual(["one", "two"]);
  await second.stop();
});

it("a message on disk is received again at once when its visibility timeout is set to 0", async () => {
  const data = join(folder, "released");
  const open = async () => {
    const engine = await startSqs(data);
    const client = new SQSClient(engine.client);
    const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: "own" }));
    const receive = async () => {
      const command = new ReceiveMessageCommand({ QueueUrl, MessageSystemAttributeNames: ["ApproximateReceiveCount"] });
      const { Messages: [message] = [] } = await client.send(command);
      return {
        receipt: message?.ReceiptHandle,
        received: [message?.Body, message?.Attributes?.ApproximateReceiveCount],
      };
    };
    const release = (ReceiptHandle: string | undefined) =>
      client.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }));
    return { ...engine, client, QueueUrl, receive, release };
  };
  const first = await open();
  await first.client.send(new SendMessageCommand({ QueueUrl: first.QueueUrl, MessageBody: "one" }));
  await first.release((await first.receive()).receipt);
  const again = await first.receive();
  expect(again.received).toEqual(["one", "2"]);
  await first.release(again.receipt);
  await first.stop();

  const second = await open();
  expect((await second.receive()).received).toEqual(["one", "3"]);
  await second.stop();
});
