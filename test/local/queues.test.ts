import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, expect, it } from "@jest/globals";
import { readConfig } from "../../config/config.ts";
import { queueConfigs } from "../../config/queues.ts";
import { PURGE_LISTENER } from "../../core/events/purge.ts";
import { createQueues, startSqs } from "../../local/sqs.ts";

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
  for (let tries = 0; tries < 100 && received.length < 2; tries++) {
    received.push(...(await second.receive()));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect(received.toSorted()).toEqual(["one", "two"]);
  await second.stop();
});
