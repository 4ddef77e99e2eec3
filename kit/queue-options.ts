import { PURGE_LISTENER } from "../core/events/purge.ts";
import { toJobQueueName } from "../core/jobs/job.ts";
import { DISPATCH_FAILURES_QUEUE, toDeadLetterQueue } from "../core/ports/queue.ts";
import type { PartIssue } from "./parts/part.ts";
import type { PluginManifest } from "./plugin.ts";

/** How the messages of a queue are delivered. */
export interface QueueOptions {
  /** How many messages a worker receives at once: up to ten, without waiting, when absent. */
  readonly batch?: {
    /** The maximum number of messages: 1 to 10,000; 10 for an ordered queue. */
    readonly size: number;
    /** Seconds to wait for a full batch, 0 to 300; 0 when absent. Required for a size above 10. */
    readonly window?: number;
  };
  /** The maximum number of concurrent workers, 2 to 1000; `deploy.workerConcurrency` of the config when absent. */
  readonly concurrency?: number;
  /** Retries after a failed first attempt, 0 to 999; 4 when absent. The delays are 2, 8, 32, 128 … seconds. */
  readonly retries?: number;
  /** The time limit of one call in seconds, 1 to 800; 55 when absent. */
  readonly timeout?: number;
  /** Seconds to delay each message before its first delivery, 0 to 900; 0 when absent. */
  readonly delay?: number;
  /** Whether messages of one group are delivered in order, ten at once at most; false when absent. */
  readonly ordered?: boolean;
}

/** The fields of {@link QueueOptions}. */
export const QUEUE_SHAPE = {
  batch: "object",
  concurrency: "any",
  retries: "any",
  timeout: "any",
  delay: "any",
  ordered: "flag",
} as const;

/** Queue options with their defaults. Times in seconds. */
export interface ResolvedQueueOptions {
  readonly batchSize: number;
  readonly batchWindow: number;
  readonly concurrency: number | undefined;
  readonly retries: number;
  readonly timeout: number;
  readonly delay: number;
  readonly ordered: boolean;
}

export const resolveQueueOptions = ({
  batch,
  concurrency,
  retries = 4,
  timeout = 55,
  delay = 0,
  ordered = false,
}: QueueOptions): ResolvedQueueOptions => ({
  batchSize: batch?.size ?? 10,
  batchWindow: batch?.window ?? 0,
  concurrency,
  retries,
  timeout,
  delay,
  ordered,
});

/** Batches up to this size are delivered without waiting. An ordered queue has no larger ones. */
const MAX_BATCH_WITHOUT_WINDOW = 10;

/**
 * Issues of queue options, by the limits of AWS:
 * https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
 */
export const queueOptionIssues = (
  path: string,
  { batchSize, batchWindow, concurrency, retries, timeout, delay, ordered }: ResolvedQueueOptions,
): PartIssue[] => {
  const checks: readonly (readonly [valid: boolean, field: string, message: string])[] = [
    inRange("batch.size", batchSize, 1, 10_000),
    inRange("batch.window", batchWindow, 0, 300, "seconds"),
    ...(concurrency === undefined ? [] : [inRange("concurrency", concurrency, 2, 1000)]),
    inRange("retries", retries, 0, 999),
    inRange("timeout", timeout, 1, 800, "seconds"),
    inRange("delay", delay, 0, 900, "seconds"),
    [
      !ordered || batchSize <= MAX_BATCH_WITHOUT_WINDOW,
      "batch.size",
      `must be at most ${MAX_BATCH_WITHOUT_WINDOW} for an ordered queue.`,
    ],
    [!ordered || batchWindow === 0, "batch.window", "is not supported by an ordered queue. Remove it."],
    [
      ordered || batchSize <= MAX_BATCH_WITHOUT_WINDOW || batchWindow >= 1,
      "batch.window",
      `must be at least 1 second for batches of more than ${MAX_BATCH_WITHOUT_WINDOW}.`,
    ],
  ];
  return checks.flatMap(([valid, field, message]) => (valid ? [] : [{ path: `${path}.${field}`, message }]));
};

const inRange = (field: string, value: number, min: number, max: number, unit = "") =>
  [
    Number.isInteger(value) && value >= min && value <= max,
    field,
    `must be a whole number${unit && ` of ${unit}`} from ${min} to ${max}, not ${String(value)}.`,
  ] as const;

interface QueuePart {
  readonly plugin: PluginManifest;
  readonly queue: string;
  readonly path: string;
}

const listQueueParts = (plugin: PluginManifest): readonly QueuePart[] =>
  (["listeners", "inbound"] as const).flatMap((key) =>
    Object.keys(plugin[key]).map((part) => ({
      plugin,
      queue: `${plugin.name}-${part}`,
      path: `${key}.${part}`,
    })),
  );

/** Issues of the queue of a listener or inbound part: its name must be valid, and the queue its own. */
export const queueNameIssues = (
  key: "listeners" | "inbound",
  plugin: PluginManifest,
  plugins: readonly PluginManifest[],
): PartIssue[] => {
  const jobQueues = plugins
    .filter(({ actions, schedules }) => Object.keys(actions).length + Object.keys(schedules).length > 0)
    .map(({ name }) => ({ queue: toJobQueueName(name), owner: `the jobs of '${name}'` }));
  const parts = plugins.flatMap(listQueueParts);
  const own = [{ queue: PURGE_LISTENER.name, owner: "the store" }, ...jobQueues];
  const deadLetterQueues = new Map([...own, ...parts].map(({ queue }) => [toDeadLetterQueue(queue), queue]));
  return parts.flatMap((part, index) => {
    const { queue, path } = part;
    if (part.plugin !== plugin || !path.startsWith(`${key}.`)) return [];
    if (!/^[a-z][a-z0-9-]{0,40}$/.test(queue))
      return [
        {
          path,
          message: `its queue would be named '${queue}'. Use at most 41 lower-case letters, digits and dashes. Rename it.`,
        },
      ];
    const earlier = parts.slice(0, index).find((one) => one.queue === queue);
    const other =
      own.find((one) => one.queue === queue)?.owner ??
      (earlier && `${earlier.path} of the plugin '${earlier.plugin.name}'`);
    if (other !== undefined)
      return [{ path, message: `its queue '${queue}' is already used by ${other}. Rename one.` }];
    if (queue === DISPATCH_FAILURES_QUEUE)
      return [{ path, message: `'${queue}' is the queue of records that could not be dispatched. Rename it.` }];
    const source = deadLetterQueues.get(queue);
    return source === undefined
      ? []
      : [{ path, message: `'${queue}' is the dead-letter queue of '${source}'. Rename one.` }];
  });
};
