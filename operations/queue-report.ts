import { CloudWatchClient, GetMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { GetQueueAttributesCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { toAgeQueries } from "../adapters/operations/cloudwatch.ts";
import type { Config } from "../config/config.ts";
import { pluginInbound, pluginListeners } from "../config/listeners.ts";
import { queueConfigs } from "../config/queues.ts";
import { PURGE_LISTENER } from "../core/events/purge.ts";
import { DISPATCH_FAILURES_QUEUE, toDeadLetterQueue } from "../core/ports/queue.ts";

/** The number of messages in a queue. The counts of SQS are approximate while messages move. */
export interface QueueReport {
  readonly name: string;
  /** Messages that can be received now. */
  readonly waiting: number;
  /** Messages that cannot be received yet because of the queue's delay. */
  readonly delayed: number;
  /** Messages that workers have received, or that are waiting for a retry. */
  readonly inFlight: number;
  /** Messages in the dead-letter queue; `null` for the failures queue, which is one itself. */
  readonly dead: number | null;
  /** Age of the oldest waiting message in seconds; 0 if none waits, `null` if unknown. */
  readonly oldest: number | null;
}

/**
 * Reports the state of queues.
 *
 * @param urls URLs by name, also of the dead-letter queues
 * @param readAge reads the age of a queue's oldest message in seconds; `null` if unknown
 */
export const reportQueues = async (
  client: SQSClient,
  names: readonly string[],
  urls: Readonly<Record<string, string>>,
  readAge: (url: string) => Promise<number | null>,
): Promise<readonly QueueReport[]> =>
  Promise.all(
    names.map(async (name) => {
      const url = urls[name] ?? "";
      const deadLetterUrl = urls[toDeadLetterQueue(name)];
      const [own, dead, oldest] = await Promise.all([
        countMessages(client, url),
        deadLetterUrl === undefined ? undefined : countMessages(client, deadLetterUrl),
        readAge(url),
      ]);
      return {
        name,
        ...own,
        dead:
          name === DISPATCH_FAILURES_QUEUE || dead === undefined ? null : dead.waiting + dead.inFlight + dead.delayed,
        oldest,
      };
    }),
  );

const countMessages = async (client: SQSClient, url: string) => {
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

/**
 * Maximum number of metrics per call.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
 */
const MAX_QUERIES = 500;
/** How far back to look. SQS reports the age every minute, for queues in use. */
const WINDOW_MS = 10 * 60_000;

/**
 * Reads the ages of the oldest messages from CloudWatch, in seconds by queue URL. Queues without a recent value are
 * absent. Costs 0.01 USD per 1,000 queues.
 */
export const readMessageAges = async (urls: readonly string[]): Promise<ReadonlyMap<string, number>> => {
  const client = new CloudWatchClient({});
  const now = Date.now();
  const ages = new Map<string, number>();
  try {
    for (let start = 0; start < urls.length; start += MAX_QUERIES) {
      const batch = urls.slice(start, start + MAX_QUERIES);
      const command = new GetMetricDataCommand({
        MetricDataQueries: toAgeQueries(batch),
        StartTime: new Date(now - WINDOW_MS),
        EndTime: new Date(now),
        ScanBy: "TimestampDescending",
      });
      const { MetricDataResults = [] } = await client.send(command);
      for (const { Id, Values = [] } of MetricDataResults) {
        const [newest] = Values;
        if (newest !== undefined) ages.set(batch[Number(Id?.slice(1))] ?? "", newest);
      }
    }
    return ages;
  } finally {
    client.destroy();
  }
};

/** A queue and what works on it. */
export interface WorkerReport {
  readonly name: string;
  /** What happens with its messages, in words. */
  readonly description: string;
  /** Whether `kintoun worker` works on it instead of a function. */
  readonly standalone: boolean;
  /** Whether the events of an object are handled in order. */
  readonly ordered: boolean;
  /** Number of tries until a message becomes a dead letter. */
  readonly tries: number;
}

/** Lists all queues, in the order of the config. */
export const listWorkers = (config: Config): readonly WorkerReport[] => {
  const listeners = new Map(
    pluginListeners(config.plugins).map(({ name, on, buckets, collections }) => [
      name,
      describeFilter({ on, buckets, collections }),
    ]),
  );
  const inbound = new Map(
    pluginInbound(config.plugins).map(({ name, about }) => [name, `receives external messages: ${about}`]),
  );
  return queueConfigs(config).map(({ name, ordered, tries }) => ({
    name,
    description:
      name === PURGE_LISTENER.name
        ? "removes the contents of deleted objects"
        : (listeners.get(name) ?? inbound.get(name) ?? "runs the plugin's jobs"),
    standalone: config.standalone.includes(name),
    ordered,
    tries,
  }));
};

const describeFilter = ({
  on,
  ...places
}: {
  on: readonly string[];
  buckets: readonly string[] | undefined;
  collections: readonly string[] | undefined;
}): string =>
  [
    `receives ${on.join(", ")}`,
    ...Object.entries(places).flatMap(([kind, ids]) => (ids === undefined ? [] : [`in the ${kind} ${ids.join(", ")}`])),
  ].join(" ");
