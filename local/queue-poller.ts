import { setTimeout as sleep } from "node:timers/promises";
import { DeleteMessageBatchCommand, type Message, ReceiveMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import type { Log } from "../core/ports/log.ts";

export interface QueuePolling {
  readonly client: SQSClient;
  readonly url: string;
  readonly batchSize: number;
  /** Seconds that a batch is waited for, once it has a first message. */
  readonly window: number;
  /** Batches that may be in hand at once. */
  readonly atOnce: number;
  readonly handler: (event: SQSEvent) => Promise<SQSBatchResponse>;
  readonly log: Log;
  /**
   * Seconds that a first message is waited for in one call, which is then not cut off in the end: a queue may hand messages to those who are gone. When
   * absent, 20, the most that SQS waits, and cut off.
   */
  readonly wait?: number;
  /** Told when there was no message, and none is in hand. */
  readonly empty?: () => void;
}

/** Messages that SQS hands over in one call. */
const MOST_RECEIVED = 10;

/** ms until the next look, after one that found something: under load several messages then cost as much as one. */
const GAP = 15;

/** Lambda's event source mapping for a queue: batches to the handler; what it does not give back is deleted. */
export const pollQueue = ({ client, url, batchSize, window, atOnce, handler, log, wait, empty }: QueuePolling) => {
  const stopping = new AbortController();
  const inHand = new Set<Promise<void>>();

  const run = async () => {
    while (!stopping.signal.aborted) {
      if (inHand.size === atOnce) {
        await Promise.race(inHand);
        continue;
      }
      try {
        const messages = await receive(batchSize, wait ?? 20);
        const until = Date.now() + window * 1000;
        while (messages.length > 0 && messages.length < batchSize && Date.now() < until && !stopping.signal.aborted) {
          messages.push(...(await receive(batchSize - messages.length, Math.min(1, window))));
        }
        if (messages.length > 0) {
          begin(messages);
          await sleep(GAP);
        } else if (inHand.size === 0) empty?.();
      } catch (error) {
        if (stopping.signal.aborted) return;
        log.error("The queue can't be read", { queue: url, error });
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    }
  };

  /** Some of the messages that there are; waits some seconds for a first one. */
  const receive = async (most: number, WaitTimeSeconds: number): Promise<Message[]> => {
    const command = new ReceiveMessageCommand({
      QueueUrl: url,
      MaxNumberOfMessages: Math.min(most, MOST_RECEIVED),
      WaitTimeSeconds,
      MessageSystemAttributeNames: ["All"],
      MessageAttributeNames: ["All"],
    });
    return (await client.send(command, wait === undefined ? { abortSignal: stopping.signal } : {})).Messages ?? [];
  };

  const begin = (messages: readonly Message[]) => {
    const working: Promise<void> = work(messages)
      .catch((error: unknown) => log.error("Messages could not be worked on to the end", { queue: url, error }))
      .finally(() => inHand.delete(working));
    inHand.add(working);
  };

  const work = async (messages: readonly Message[]) => {
    const { batchItemFailures } = await handler({ Records: messages.map((message) => toLambda(message, url)) });
    const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    const done = messages.filter(({ MessageId }) => !failed.has(MessageId ?? ""));
    for (let at = 0; at < done.length; at += MOST_RECEIVED) {
      const Entries = done
        .slice(at, at + MOST_RECEIVED)
        .map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
      await client.send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries }));
    }
  };

  const running = run();
  return {
    stop: async () => {
      stopping.abort();
      await running;
      await Promise.all(inHand);
    },
  };
};

const toLambda = (
  { MessageId = "", ReceiptHandle = "", Body = "", MD5OfBody = "", Attributes = {}, MessageAttributes = {} }: Message,
  url: string,
): SQSRecord => ({
  messageId: MessageId,
  receiptHandle: ReceiptHandle,
  body: Body,
  md5OfBody: MD5OfBody,
  messageAttributes: Object.fromEntries(
    Object.entries(MessageAttributes).map(([name, { StringValue, DataType }]) => [
      name,
      { stringValue: StringValue, dataType: DataType ?? "String" },
    ]),
  ),
  attributes: {
    ApproximateReceiveCount: Attributes.ApproximateReceiveCount ?? "1",
    SentTimestamp: Attributes.SentTimestamp ?? "0",
    SenderId: Attributes.SenderId ?? "",
    ApproximateFirstReceiveTimestamp: Attributes.ApproximateFirstReceiveTimestamp ?? "0",
    ...(Attributes.MessageGroupId !== undefined && { MessageGroupId: Attributes.MessageGroupId }),
    ...(Attributes.AWSTraceHeader !== undefined && { AWSTraceHeader: Attributes.AWSTraceHeader }),
  },
  eventSource: "aws:sqs",
  eventSourceARN: `arn:aws:sqs:us-east-1:000000000000:${url.split("/").at(-1)}`,
  awsRegion: "us-east-1",
});
