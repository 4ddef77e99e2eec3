import type { Subscription } from "../core/events/listener.ts";
import type { Pattern } from "../core/events/pattern.ts";
import { PURGE, purgeSubscription } from "../core/events/purge.ts";
import { jobsQueue } from "../core/jobs/job.ts";
import { type ReadQueue, readQueue } from "../kit/queue-options.ts";
import type { ReadPlugin } from "../kit/read-plugin.ts";
import type { Config } from "./config/config.ts";
import { heardIn } from "./heard.ts";
import { pluginInbound } from "./plugins/inbound.ts";
import { pluginListeners } from "./plugins/listeners.ts";
import { works } from "./plugins/running.ts";

export { TABLE } from "../adapters/store/dynamodb/table.ts";
export { PURGE } from "../core/events/purge.ts";
export { deadOf, FAILURES } from "../core/events/queue.ts";
export { type Cron, readCron } from "../core/jobs/cron.ts";
export { jobsQueue } from "../core/jobs/job.ts";
export { toScheduleMessage } from "../core/jobs/message.ts";
export { queueOutput, TABLE_OUTPUT } from "./operator/outputs.ts";
export { type PluginInbound, pluginInbound } from "./plugins/inbound.ts";
export { keepsNoRecord, pluginListeners } from "./plugins/listeners.ts";

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
  /** Times its worker's time-out that a message is not shown to another. */
  silence: 6,
  /** Seconds of a worker's time-out that are left to give back what it could not finish. */
  reserve: 5,
  /** Times that a message may be received beside its tries, as it was in another worker's hands or handed back unseen, before SQS parks it by itself. */
  spare: 5,
  /** The most that SQS counts. It is told that of an ordered queue: what waits behind a failing message is received with it, each time. */
  mostReceived: 1000,
  /** Lambda's longest time-out. */
  longestTimeout: 900,
  retentionDays: 14,
} as const;

/**
 * Each plugin's queue of jobs, and its worker, which takes one at a time for as long as Lambda lets it. A job whose worker is not heard of
 * for the time of a lease is left to another: that whose turn it is when the message is shown again.
 */
export const JOBS = { timeout: 900, visibility: 900 + 60, batchSize: 1, tries: 5, lease: 60 } as const;

/** Seconds until a message that failed comes again: 2, 8, 32, 128 … after the first, second … try; SQS's longest time-out is 12 hours. */
export const retryAfter = (attempt: number): number => Math.min(2 ** (2 * attempt - 1), 3600);

/** How long a worker of jobs may be at one, in ms: what goes on in another must have been kept. */
export const JOB_BUDGET = JOBS.timeout * 1000 - 30_000;

/** What `dispatch` is told of the table's stream, as event filters; each alone is enough. */
export const heard = (config: Config): readonly Pattern[] => heardIn(config.resources, subscriptions(config));

/** The route that `search` answers; everything else is `api`'s. */
export const SEARCH_ROUTE = "POST /v1/buckets/{bucket}/collections/{collection}/search";

/** Bytes of a request or answer that a Lambda takes. */
export const PAYLOAD_LIMIT = 6 * 1024 * 1024;

/** A queue, and the worker that it is worked on by. Times in seconds. */
export interface QueueOfWorker {
  readonly name: string;
  /** Whether it hands over each group's messages one after the other. */
  readonly ordered: boolean;
  /** For how long each message is held back before it is first shown. */
  readonly delay: number;
  /** For how long a message is not shown again after it was received. */
  readonly visibility: number;
  readonly batchSize: number;
  /** How long a batch is waited for. */
  readonly window: number;
  /** Workers at once; as many as there is work for when absent. */
  readonly concurrency: number | undefined;
  /** After so many tries a message is parked. */
  readonly tries: number;
  /** After so many receipts SQS parks it, whatever became of them. */
  readonly receives: number;
  /** How long a call of what works on it may take. */
  readonly budget: number;
  /** How long its worker may be at the messages it was handed. */
  readonly lasts: number;
  /** The time-out of the worker's function. */
  readonly timeout: number;
}

/** All queues that there are: those of the listeners, those for what comes in, and one for the jobs of each plugin that has any. */
export const queuesOf = (config: Config): readonly QueueOfWorker[] => [
  queueOf(PURGE.name, readQueue({})),
  ...pluginListeners(config.plugins).map(({ name, queue }) => queueOf(name, queue)),
  ...pluginInbound(config.plugins).map(({ name, queue }) => queueOf(name, queue)),
  ...jobQueues(config.plugins).map(queueOfJobs),
];

const queueOf = (name: string, { retries, timeout: budget, ...queue }: ReadQueue): QueueOfWorker => {
  const tries = retries + 1;
  // One message of a group comes after the other: there is time for more than one that takes all of its own.
  const lasts = Math.min(queue.ordered ? 2 * budget : budget, QUEUE.longestTimeout - QUEUE.reserve);
  const timeout = lasts + QUEUE.reserve;
  return { name, ...queue, tries, receives: receivesOf(tries, queue.ordered), budget, lasts, timeout, visibility: QUEUE.silence * timeout + queue.window };
};

const receivesOf = (tries: number, ordered: boolean): number => (ordered ? QUEUE.mostReceived : Math.min(tries + QUEUE.spare, QUEUE.mostReceived));

const queueOfJobs = (name: string): QueueOfWorker => {
  const { timeout, visibility, batchSize, tries } = JOBS;
  const [receives, budget] = [receivesOf(tries, false), JOB_BUDGET / 1000];
  return { name, ordered: false, delay: 0, visibility, batchSize, window: 0, concurrency: undefined, tries, receives, budget, lasts: budget, timeout };
};

/** The queues of jobs, in the config's order. */
export const jobQueues = (plugins: readonly ReadPlugin[]): readonly string[] => plugins.filter(works).map(({ name }) => jobsQueue(name));

/** The queues of one plugin, by name. */
export const queuesOfPlugin = (config: Config, plugin: ReadPlugin): readonly string[] =>
  queuesOf({ ...config, plugins: [plugin] })
    .map(({ name }) => name)
    .filter((name) => name !== PURGE.name);

/** How what failed for good comes back when another version of its plugin is there. */
export const REDRIVE = { perSecond: 10 } as const;

/** Everyone who hears of changes: the store itself, then the plugins in the config's order. */
export const subscriptions = ({ plugins, resources }: Config): readonly Subscription[] => [purgeSubscription(resources), ...pluginListeners(plugins)];
