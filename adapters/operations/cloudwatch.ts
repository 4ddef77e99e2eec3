import {
  type Activity,
  type ActivityKind,
  type ActivityPage,
  type ActivityRange,
  type Logged,
  parseActivity,
} from "../../core/ports/activity.ts";
import type { Monitor } from "../../core/ports/operations.ts";
import type { AwsConnection } from "../../lib/aws/connection.ts";
import { createJsonClient, type JsonService } from "../../lib/aws/json-client.ts";
import { parseJson } from "../../lib/json.ts";

const RETRY_LIMITS = { maxAttempts: 4, maxMs: 4000, basePauseMs: 100, maxPauseMs: 1000 } as const;

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html */
const LOGS: JsonService = {
  name: "logs",
  target: "Logs_20140328",
  version: "1.1",
  retryableErrors: new Set(["ServiceUnavailableException", "ThrottlingException"]),
  retryLimits: RETRY_LIMITS,
};

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html */
const METRICS: JsonService = {
  name: "monitoring",
  target: "GraniteServiceVersion20100801",
  retryableErrors: new Set(["InternalServiceFault", "Throttling", "ThrottlingException"]),
  retryLimits: RETRY_LIMITS,
};

interface CloudWatchOptions {
  readonly logs: AwsConnection;
  readonly metrics: AwsConnection;
  /** Names of the log groups of the store's functions. */
  readonly logGroups: readonly string[];
}

/**
 * Creates the monitor of a store in AWS: its functions' logs, and the metrics of its queues. Reading logs is free;
 * metrics cost 0.01 USD per 1,000.
 */
export const createCloudWatchMonitor = ({
  logs,
  metrics,
  logGroups,
}: CloudWatchOptions): Monitor & { close(): void } => {
  const [logClient, metricClient] = [createJsonClient(LOGS, logs), createJsonClient(METRICS, metrics)];
  const callLogs = async (input: FilterInput): Promise<FilterOutput> =>
    JSON.parse(await logClient.call("FilterLogEvents", JSON.stringify(input)));
  return {
    read: (kind, range) => readNewest(callLogs, logGroups, kind, range),
    readAges: async (urls) => {
      const ages = new Map<string, number>();
      for (let start = 0; start < urls.length; start += MAX_QUERIES) {
        const batch = urls.slice(start, start + MAX_QUERIES);
        const output: MetricOutput = JSON.parse(
          await metricClient.call("GetMetricData", JSON.stringify(toMetricInput(batch, Date.now()))),
        );
        for (const { Id = "", Values: [newest] = [] } of output.MetricDataResults ?? []) {
          const url = batch[Number(Id.slice(1))];
          if (url !== undefined && newest !== undefined) ages.set(url, newest);
        }
      }
      return ages;
    },
    close: () => {
      logClient.close();
      metricClient.close();
    },
  };
};

interface FilterInput {
  readonly logGroupName: string;
  readonly startTime: number;
  readonly endTime: number;
  readonly filterPattern: string;
  readonly nextToken?: string | undefined;
}

interface FilterOutput {
  readonly events?: readonly { readonly timestamp?: number; readonly message?: string }[];
  readonly nextToken?: string;
}

type CallLogs = (input: FilterInput) => Promise<FilterOutput>;

/** Length of the first time window. Each further one is twice as long, since logs are read from old to new. */
const FIRST_WINDOW_MS = 60_000;
/** Calls per log group and window. One searches up to 1 MB of log. */
const MAX_CALLS_PER_WINDOW = 5;
/** Log groups that are read at a time: an account may call only some times per second. */
const MAX_PARALLEL = 5;

/** Reads time windows from the newest to the oldest until there are enough entries. */
const readNewest = async <Kind extends ActivityKind>(
  call: CallLogs,
  groups: readonly string[],
  kind: Kind,
  { since, until, limit }: ActivityRange,
): Promise<ActivityPage<Extract<Activity, { activity: Kind }>>> => {
  const found: Logged<Activity>[] = [];
  let [end, length, isComplete] = [until, FIRST_WINDOW_MS, true];
  while (end >= since && found.length <= limit && isComplete) {
    const start = Math.max(since, end - length + 1);
    for (let first = 0; first < groups.length; first += MAX_PARALLEL) {
      const windows = groups
        .slice(first, first + MAX_PARALLEL)
        .map((group) => readWindow(call, { group, kind, start, end }));
      for (const window of await Promise.all(windows)) {
        found.push(...window.entries);
        isComplete &&= window.isComplete;
      }
    }
    end = start - 1;
    length *= 2;
  }
  const entries = found.toSorted((a, b) => b.time - a.time);
  return {
    entries: entries.slice(0, limit) as unknown as Logged<Extract<Activity, { activity: Kind }>>[],
    isComplete: isComplete && entries.length <= limit && end < since,
  };
};

const readWindow = async (
  call: CallLogs,
  { group, kind, start, end }: { group: string; kind: ActivityKind; start: number; end: number },
): Promise<ActivityPage<Activity>> => {
  const entries: Logged<Activity>[] = [];
  let nextToken: string | undefined;
  for (let calls = 0; calls < MAX_CALLS_PER_WINDOW; calls++) {
    const output = await call({
      logGroupName: group,
      startTime: start,
      endTime: end + 1,
      filterPattern: `{ $.activity = "${kind}" }`,
      ...(nextToken !== undefined && { nextToken }),
    });
    for (const { timestamp = 0, message = "" } of output.events ?? []) {
      const entry = parseLine(message);
      if (entry?.activity === kind && timestamp >= start && timestamp <= end)
        entries.push({ ...entry, time: timestamp });
    }
    nextToken = output.nextToken;
    if (nextToken === undefined) return { entries, isComplete: true };
  }
  return { entries, isComplete: false };
};

const parseLine = (message: string): Activity | undefined => {
  try {
    return parseActivity(parseJson(message));
  } catch {
    return undefined;
  }
};

/** Maximum number of metrics per call. */
const MAX_QUERIES = 500;
/** How far back to look. SQS reports the age every minute, for queues in use. */
const METRIC_WINDOW_SECONDS = 600;

interface MetricOutput {
  readonly MetricDataResults?: readonly { readonly Id?: string; readonly Values?: readonly number[] }[];
}

/** The queries for the ages of the oldest messages, in seconds. SQS has no attribute for the age, only a metric. */
export const toAgeQueries = (urls: readonly string[]) =>
  urls.map((url, index) => ({
    Id: `q${index}`,
    MetricStat: {
      Metric: {
        Namespace: "AWS/SQS",
        MetricName: "ApproximateAgeOfOldestMessage",
        Dimensions: [{ Name: "QueueName", Value: url.split("/").at(-1) ?? "" }],
      },
      Period: 60,
      Stat: "Maximum",
    },
  }));

/** Times are epoch seconds. */
const toMetricInput = (urls: readonly string[], now: number) => ({
  MetricDataQueries: toAgeQueries(urls),
  StartTime: Math.floor(now / 1000) - METRIC_WINDOW_SECONDS,
  EndTime: Math.ceil(now / 1000),
  ScanBy: "TimestampDescending",
});
