import { createHash } from "node:crypto";
import {
  ChangeMessageVisibilityCommand,
  GetQueueAttributesCommand,
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import type { Log } from "../../core/ports/log.ts";
import type { Queue, QueueMessage } from "../../core/ports/queue.ts";
import { batchesOf, type Placed } from "./batches.ts";

/** Queues of SQS, those with URLs that end in `.fifo` ordered. @param urls the queue's URL by the listener's name */
export const openQueue = ({
  client,
  urls,
  log,
}: {
  client: SQSClient;
  urls: Readonly<Record<string, string>>;
  log: Log;
}): Queue => ({
  async send(messages) {
    const byUrl = Map.groupBy(
      messages.map((message, place) => ({ ...message, place })),
      ({ to }) => urls[to],
    );
    const calls = [...byUrl].map(([url, placed]) =>
      url?.endsWith(".fifo") ? sendInOrder(client, log, url, placed) : sendAll(client, log, url, placed),
    );
    return (await Promise.all(calls)).flat();
  },
  async postpone(to, receipt, seconds) {
    await client.send(
      new ChangeMessageVisibilityCommand({ QueueUrl: urls[to], ReceiptHandle: receipt, VisibilityTimeout: seconds }),
    );
  },
  async ping(names) {
    await Promise.all(
      names.map((name) =>
        client.send(new GetQueueAttributesCommand({ QueueUrl: urls[name], AttributeNames: ["QueueArn"] })),
      ),
    );
  },
});

const sendAll = async (
  client: SQSClient,
  log: Log,
  url: string | undefined,
  placed: readonly Placed[],
): Promise<number[]> =>
  (await Promise.all(batchesOf(placed).map((batch) => sendBatch(client, log, url, batch)))).flat();

/** One call after the other, with one message of a group each: behind a message that was not taken none of its group is. */
const sendInOrder = async (client: SQSClient, log: Log, url: string, placed: readonly Placed[]): Promise<number[]> => {
  const refused: number[] = [];
  const stopped = new Set<string | undefined>();
  for (let rest = placed; rest.length > 0; ) {
    const firsts = [...Map.groupBy(rest, ({ group }) => group).values()].map(([first]) => first as Placed);
    const lost = new Set(await sendAll(client, log, url, firsts));
    for (const { group, place } of firsts) if (lost.has(place)) stopped.add(group);
    const behind = rest.filter((message) => !firsts.includes(message));
    refused.push(...lost, ...behind.filter(({ group }) => stopped.has(group)).map(({ place }) => place));
    rest = behind.filter(({ group }) => !stopped.has(group));
  }
  return refused;
};

/** @returns the places of the messages that were not taken */
const sendBatch = async (
  client: SQSClient,
  log: Log,
  url: string | undefined,
  batch: readonly Placed[],
): Promise<number[]> => {
  if (url === undefined) {
    log.error("There is no such queue here", { queues: [...new Set(batch.map(({ to }) => to))] });
    return batch.map(({ place }) => place);
  }
  try {
    const Entries = batch.map((message, index) => ({ Id: String(index), ...toEntry(message, url.endsWith(".fifo")) }));
    const { Failed = [] } = await client.send(new SendMessageBatchCommand({ QueueUrl: url, Entries }));
    for (const { Code, Message } of Failed)
      log.error("The queue refused a message", { queue: url, code: Code, reason: Message });
    return Failed.map(({ Id }) => batch[Number(Id)]?.place as number);
  } catch (error) {
    log.error("The queue took nothing", { queue: url, error });
    return batch.map(({ place }) => place);
  }
};

const toEntry = (
  { body, delay, group = body, id = body, attributes = {}, trace }: QueueMessage,
  ordered: boolean,
): Omit<SendMessageBatchRequestEntry, "Id"> => ({
  MessageBody: body,
  ...(ordered
    ? { MessageGroupId: hashed(group), MessageDeduplicationId: hashed(id) }
    : delay !== undefined && { DelaySeconds: delay }),
  ...(Object.keys(attributes).length > 0 && {
    MessageAttributes: Object.fromEntries(
      Object.entries(attributes).map(([name, value]) => [name, { DataType: "String", StringValue: value }]),
    ),
  }),
  ...(trace !== undefined && {
    MessageSystemAttributes: { AWSTraceHeader: { DataType: "String", StringValue: trace } },
  }),
});

/** What SQS takes for an id: 128 characters at most. The group that a message was received with is such already: what is parked stays in it. */
const hashed = (text: string): string =>
  /^[0-9a-f]{64}$/.test(text) ? text : createHash("sha256").update(text).digest("hex");
