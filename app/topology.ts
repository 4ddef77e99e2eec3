import { OBJECTS_ONLY, QUEUED_JOBS } from "../adapters/store/dynamodb/table.ts";
import type { Subscription } from "../core/events/listener.ts";
import { purgeSubscription } from "../core/events/purge.ts";
import { jobsQueue } from "../core/jobs/job.ts";
import type { ReadPlugin } from "../kit/read-plugin.ts";
import type { Config } from "./config/config.ts";
import { pluginListeners } from "./plugins/listeners.ts";
import { works } from "./plugins/running.ts";

export { OBJECTS_ONLY, QUEUED_JOBS, TABLE } from "../adapters/store/dynamodb/table.ts";
export { PURGE } from "../core/events/purge.ts";
export { type Cron, readCron } from "../core/jobs/cron.ts";
export { jobsQueue } from "../core/jobs/job.ts";
export { toScheduleMessage } from "../core/jobs/message.ts";
export { pluginListeners } from "./plugins/listeners.ts";

/**
 * What is run where, and how: written once, for infra, which makes it in AWS, and for the embedded cloud, which keeps to it.
 * Seconds, MB.
 */
export const FUNCTIONS = {
  api: { memory: 512, timeout: 29 },
  search: { memory: 512, timeout: 29 },
  dispatch: { memory: 512, timeout: 60 },
  worker: { memory: 512, timeout: 60 },
} as const;

/** How the table's stream reaches `dispatch`. A batch that can't be handed on is halved and tried again, then parked. */
export const STREAM = { batchSize: 100, retries: 20, bisect: true, maximumAgeSeconds: 23 * 3600 } as const;

/** Each listener's queue. A message is shown again when its worker was silent for six times its time-out (AWS's advice). */
export const QUEUE = {
  visibility: 6 * FUNCTIONS.worker.timeout,
  /** Tries, after which the message is parked on the listener's dead-letter queue. */
  tries: 5,
  batchSize: 10,
  retentionDays: 14,
} as const;

/**
 * Each plugin's queue of jobs, and its worker, which takes one at a time for as long as Lambda lets it. A job whose worker is not heard of
 * for the time of a lease is left to another: that whose turn it is when the message is shown again.
 */
export const JOBS = { timeout: 900, visibility: 900 + 60, batchSize: 1, lease: 60 } as const;

/** Seconds until a message that failed comes again: 2, 8, 32, 128 … after the first, second … try; SQS's longest time-out is 12 hours. */
export const retryAfter = (attempt: number): number => Math.min(2 ** (2 * attempt - 1), 3600);

/** How long a worker may work on a batch, in ms: some of its time-out is left to give back what it could not finish. */
export const WORKER_BUDGET = FUNCTIONS.worker.timeout * 1000 - 5000;

/** The same of a worker of jobs: what goes on in another must have been kept. */
export const JOB_BUDGET = JOBS.timeout * 1000 - 30_000;

/** What `dispatch` is told of the table's stream; each alone is enough. */
export const HEARD = [OBJECTS_ONLY, QUEUED_JOBS] as const;

/** The route that `search` answers; everything else is `api`'s. */
export const SEARCH_ROUTE = "POST /v1/buckets/{bucket}/collections/{collection}/search";

/** Bytes of a request or answer that a Lambda takes. */
export const PAYLOAD_LIMIT = 6 * 1024 * 1024;

export interface QueueOfWorker {
  readonly name: string;
  /** Seconds. */
  readonly visibility: number;
  readonly batchSize: number;
}

/** All queues that there are: those of the listeners, and one for the jobs of each plugin that has any. */
export const queuesOf = (config: Config): readonly QueueOfWorker[] => [
  ...subscriptions(config).map(({ name }) => ({ name, visibility: QUEUE.visibility, batchSize: QUEUE.batchSize })),
  ...jobQueues(config.plugins).map((name) => ({ name, visibility: JOBS.visibility, batchSize: JOBS.batchSize })),
];

/** The queues of jobs, in the config's order. */
export const jobQueues = (plugins: readonly ReadPlugin[]): readonly string[] => plugins.filter(works).map(({ name }) => jobsQueue(name));

/** Everyone who hears of changes: the store itself, then the plugins in the config's order. */
export const subscriptions = ({ plugins, resources }: Config): readonly Subscription[] => [purgeSubscription(resources), ...pluginListeners(plugins)];
