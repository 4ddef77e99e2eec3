import { GetQueueAttributesCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { DISPATCH_FAILURES_QUEUE, toDeadLetterQueue } from "../core/ports/queue.ts";

/** What is in a queue; SQS's counts are near the truth, and right when nothing moves. */
export interface QueueReport {
  readonly name: string;
  /** Messages that can be received now. */
  readonly waiting: number;
  /** Those that are held back before they are first shown. */
  readonly delayed: number;
  /** Those in the hands of workers, or that come again later. */
  readonly inFlight: number;
  /** Those that failed too often; `null` for a queue that holds nothing else. */
  readonly dead: number | null;
  /** Seconds since the oldest waiting message was sent: 0 when there is none, `null` where nobody tells. */
  readonly oldest: number | null;
}

/** What is in some queues. @param urls by name, with those where messages are parked @param told what tells the age of the oldest message, if anything does */
export const reportQueues = async (
  client: SQSClient,
  names: readonly string[],
  urls: Readonly<Record<string, string>>,
  told: (url: string) => Promise<number | null>,
): Promise<readonly QueueReport[]> =>
  Promise.all(
    names.map(async (name) => {
      const url = urls[name] ?? "";
      const parked = urls[toDeadLetterQueue(name)];
      const [own, dead, oldest] = await Promise.all([
        countsOf(client, url),
        parked === undefined ? undefined : countsOf(client, parked),
        told(url),
      ]);
      return {
        name,
        ...own,
        dead:
          name === DISPATCH_FAILURES_QUEUE
            ? null
            : dead === undefined
              ? null
              : dead.waiting + dead.inFlight + dead.delayed,
        oldest,
      };
    }),
  );

const countsOf = async (client: SQSClient, url: string) => {
  const { Attributes = {} } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["All"] }),
  );
  const count = (text: string | undefined) => Number(text ?? 0);
  return {
    waiting: count(Attributes.ApproximateNumberOfMessages),
    delayed: count(Attributes.ApproximateNumberOfMessagesDelayed),
    inFlight: count(Attributes.ApproximateNumberOfMessagesNotVisible),
  };
};
