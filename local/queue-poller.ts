import { setTimeout as sleep } from "node:timers/promises";
import { DeleteMessageBatchCommand, type Message, ReceiveMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import type { Log } from "../core/ports/log.ts";

export interface QueuePollerOptions {
  readonly client: SQSClient;
  readonly url: string;
  readonly batchSize: number;
  /** Seconds to wait for a batch to fill after its first message. */
  readonly batchWindow: number;
  /** Maximum number of concurrent batches. */
  readonly concurrency: number;
  readonly handler: (event: SQSEvent) => Promise<SQSBatchResponse>;
  readonly log: Log;
  /**
   * Seconds that one call waits for a first message. The call is then not aborted at the end, because a queue may
   * deliver messages to aborted calls.
   * When absent, 20 (the maximum of SQS), and aborted.
   */
  readonly waitSeconds?: number;
  /** Called when the queue is empty and no batch is running. */
  readonly onEmpty?: () => void;
}

/** Messages that SQS delivers in one call. */
const MAX_RECEIVE_COUNT = 10;

/** Pause after a call that received messages, so that several messages are received together under load. */
const GAP_MS = 15;

/**
 * Emulates Lambda's event source mapping for a queue. Messages that the handler does not report as failed are
 * deleted.
 */
export const pollQueue = ({
  client,
  url,
  batchSize,
  batchWindow,
  concurrency,
  handler,
  log,
  waitSeconds,
  onEmpty,
}: QueuePollerOptions) => {
  const stopping = new AbortController();
  const inFlight = new Set<Promise<void>>();

  const run = async () => {
    while (!stopping.signal.aborted) {
      if (inFlight.size === concurrency) {
        await Promise.race(inFlight);
        continue;
      }
      try {
        const messages = await receive(batchSize, waitSeconds ?? 20);
        const until = Date.now() + batchWindow * 1000;
        while (messages.length > 0 && messages.length < batchSize && Date.now() < until && !stopping.signal.aborted) {
          messages.push(...(await receive(batchSize - messages.length, Math.min(1, batchWindow))));
        }
        if (messages.length > 0) {
          begin(messages);
          await sleep(GAP_MS);
        } else if (inFlight.size === 0) onEmpty?.();
      } catch (error) {
        if (stopping.signal.aborted) return;
        log.error("The queue cannot be read", { queue: url, error });
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    }
  };

  /** Receives messages; waits for a first one. */
  const receive = async (most: number, WaitTimeSeconds: number): Promise<Message[]> => {
    const command = new ReceiveMessageCommand({
      QueueUrl: url,
      MaxNumberOfMessages: Math.min(most, MAX_RECEIVE_COUNT),
      WaitTimeSeconds,
      MessageSystemAttributeNames: ["All"],
      MessageAttributeNames: ["All"],
    });
    return (
      (await client.send(command, waitSeconds === undefined ? { abortSignal: stopping.signal } : {})).Messages ?? []
    );
  };

  const begin = (messages: readonly Message[]) => {
    const working: Promise<void> = work(messages)
      .catch((error: unknown) => log.error("Messages could not be handled", { queue: url, error }))
      .finally(() => inFlight.delete(working));
    inFlight.add(working);
  };

  const work = async (messages: readonly Message[]) => {
    const { batchItemFailures } = await handler({ Records: messages.map((message) => toLambda(message, url)) });
    const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    const done = messages.filter(({ MessageId }) => !failed.has(MessageId ?? ""));
    for (let at = 0; at < done.length; at += MAX_RECEIVE_COUNT) {
      const Entries = done
        .slice(at, at + MAX_RECEIVE_COUNT)
        .map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
      await client.send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries }));
    }
  };

  const running = run();
  return {
    stop: async () => {
      stopping.abort();
      await running;
      await Promise.all(inFlight);
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
