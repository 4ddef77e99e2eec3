import { DeleteMessageBatchCommand, type Message, ReceiveMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import type { Log } from "../core/log.ts";

export interface QueuePolling {
  readonly client: SQSClient;
  readonly url: string;
  readonly batchSize: number;
  /** Batches that may be in hand at once. */
  readonly atOnce: number;
  readonly handler: (event: SQSEvent) => Promise<SQSBatchResponse>;
  readonly log: Log;
}

/** Lambda's event source mapping for a queue: batches to the handler; what it does not give back is deleted. */
export const pollQueue = ({ client, url, batchSize, atOnce, handler, log }: QueuePolling) => {
  const stopping = new AbortController();
  const inHand = new Set<Promise<void>>();

  const run = async () => {
    while (!stopping.signal.aborted) {
      if (inHand.size === atOnce) {
        await Promise.race(inHand);
        continue;
      }
      try {
        const receive = new ReceiveMessageCommand({
          QueueUrl: url,
          MaxNumberOfMessages: batchSize,
          WaitTimeSeconds: 20,
          MessageSystemAttributeNames: ["All"],
        });
        const { Messages = [] } = await client.send(receive, { abortSignal: stopping.signal });
        if (Messages.length > 0) begin(Messages);
      } catch (error) {
        if (stopping.signal.aborted) return;
        log.error("The queue can't be read", { queue: url, error });
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    }
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
    if (done.length === 0) return;
    await client.send(
      new DeleteMessageBatchCommand({ QueueUrl: url, Entries: done.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle })) }),
    );
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

const toLambda = ({ MessageId = "", ReceiptHandle = "", Body = "", MD5OfBody = "", Attributes = {} }: Message, url: string): SQSRecord => ({
  messageId: MessageId,
  receiptHandle: ReceiptHandle,
  body: Body,
  md5OfBody: MD5OfBody,
  messageAttributes: {},
  attributes: {
    ApproximateReceiveCount: Attributes.ApproximateReceiveCount ?? "1",
    SentTimestamp: Attributes.SentTimestamp ?? "0",
    SenderId: Attributes.SenderId ?? "",
    ApproximateFirstReceiveTimestamp: Attributes.ApproximateFirstReceiveTimestamp ?? "0",
  },
  eventSource: "aws:sqs",
  eventSourceARN: `arn:aws:sqs:us-east-1:000000000000:${url.split("/").at(-1)}`,
  awsRegion: "us-east-1",
});
