import { ChangeMessageVisibilityCommand, GetQueueAttributesCommand, SendMessageBatchCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { LARGEST_MESSAGE } from "../../core/events/event.ts";
import type { Queue, QueueMessage } from "../../core/events/queue.ts";
import type { Log } from "../../core/log.ts";

/** Messages in one call. */
const MOST_ENTRIES = 10;

/** Queues of SQS. @param urls the queue's URL by the listener's name */
export const openQueue = ({ client, urls, log }: { client: SQSClient; urls: Readonly<Record<string, string>>; log: Log }): Queue => ({
  async send(messages) {
    const byUrl = Map.groupBy(
      messages.map((message, place) => ({ ...message, place })),
      ({ to }) => urls[to],
    );
    const calls = [...byUrl].flatMap(([url, placed]) => batches(placed).map((batch) => sendBatch(client, log, url, batch)));
    return (await Promise.all(calls)).flat();
  },
  async postpone(to, receipt, seconds) {
    await client.send(new ChangeMessageVisibilityCommand({ QueueUrl: urls[to], ReceiptHandle: receipt, VisibilityTimeout: seconds }));
  },
  async ping() {
    await Promise.all(Object.values(urls).map((QueueUrl) => client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }))));
  },
});

type Placed = QueueMessage & { readonly place: number };

/** @returns the places of the messages that were not taken */
const sendBatch = async (client: SQSClient, log: Log, url: string | undefined, batch: readonly Placed[]): Promise<number[]> => {
  if (url === undefined) return batch.map(({ place }) => place);
  try {
    const Entries = batch.map(({ body, delay = 0 }, index) => ({ Id: String(index), MessageBody: body, ...(delay > 0 && { DelaySeconds: delay }) }));
    const { Failed = [] } = await client.send(new SendMessageBatchCommand({ QueueUrl: url, Entries }));
    for (const { Code, Message } of Failed) log.error("The queue refused a message", { queue: url, code: Code, reason: Message });
    return Failed.map(({ Id }) => batch[Number(Id)]?.place as number);
  } catch (error) {
    log.error("The queue took nothing", { queue: url, error });
    return batch.map(({ place }) => place);
  }
};

const batches = (messages: readonly Placed[]): Placed[][] => {
  const all: Placed[][] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = Buffer.byteLength(message.body);
    const last = all.at(-1);
    if (last === undefined || last.length === MOST_ENTRIES || bytes + size > LARGEST_MESSAGE) {
      all.push([message]);
      bytes = size;
    } else {
      last.push(message);
      bytes += size;
    }
  }
  return all;
};
