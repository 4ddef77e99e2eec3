import { PURGE_LISTENER } from "../core/events/purge.ts";
import { toJobQueueName } from "../core/jobs/job.ts";
import { toDeadLetterQueue } from "../core/ports/queue.ts";
import type { PluginManifest } from "../kit/plugin.ts";
import { type ResolvedQueueOptions, resolveQueueOptions } from "../kit/queue-options.ts";
import { didYouMean } from "../lib/util/nearest.ts";
import { pluginInbound, pluginListeners } from "./listeners.ts";
import { hasJobs } from "./plugin-placement.ts";

/** Settings of all listeners' queues. */
export const QUEUE = {
  /** A message's visibility timeout, as a multiple of the worker's time-out. AWS recommends six. */
  visibilityFactor: 6,
  /** Seconds of a worker's time-out that are reserved for releasing unfinished messages. */
  reserveSeconds: 5,
  /**
   * Receives in addition to the tries, because a message may be received without being tried, before SQS moves it to
   * the dead-letter queue.
   */
  extraReceives: 5,
  /** Maximum of SQS. Ordered queues use it, because messages behind a failing one are received with it each time. */
  maxReceiveCount: 1000,
  /** Maximum time-out of Lambda. */
  maxTimeoutSeconds: 900,
  retentionDays: 14,
} as const;

/**
 * The queue and the worker of each plugin's jobs, in seconds. The worker runs one job at a time. Another worker takes
 * over a job when its lease has expired.
 */
export const JOBS = { timeout: 900, visibility: 900 + 60, batchSize: 1, tries: 5, lease: 60 } as const;

/** Time for one job in one worker, in ms. The rest of the time-out is for saving a checkpoint. */
const JOB_BUDGET_MS = JOBS.timeout * 1000 - 30_000;

/** A queue and its worker. All times are in seconds. */
export interface QueueConfig {
  readonly name: string;
  /** Whether it is a FIFO queue, which delivers the messages of a group in order. */
  readonly ordered: boolean;
  /** Delay before a message is delivered first. */
  readonly delay: number;
  /** Time for which a received message is invisible to other workers. */
  readonly visibility: number;
  readonly batchSize: number;
  /** How long to wait for a batch to fill. */
  readonly batchWindow: number;
  /** Maximum number of concurrent workers; the default of the deployment when absent. */
  readonly concurrency: number | undefined;
  /** Number of tries until a message becomes a dead letter. */
  readonly tries: number;
  /** Number of receives after which SQS moves a message to the dead-letter queue by itself. */
  readonly maxReceiveCount: number;
  /** Time limit of one call of the handler. */
  readonly budget: number;
  /** Time limit for all messages of one invocation. */
  readonly batchBudget: number;
  /** Time-out of the worker function. */
  readonly timeout: number;
}

interface Plugins {
  readonly plugins: readonly PluginManifest[];
}

/** All work queues: of the purge, the listeners, the inbound parts, and the jobs of each plugin that has jobs. */
export const queueConfigs = ({ plugins }: Plugins): readonly QueueConfig[] => [
  toQueueConfig(PURGE_LISTENER.name, resolveQueueOptions({})),
  ...pluginListeners(plugins).map(({ name, queue }) => toQueueConfig(name, queue)),
  ...pluginInbound(plugins).map(({ name, queue }) => toQueueConfig(name, queue)),
  ...jobQueueNames(plugins).map(toJobQueueConfig),
];

const toQueueConfig = (name: string, { retries, timeout: budget, ...queue }: ResolvedQueueOptions): QueueConfig => {
  const tries = retries + 1;
  // Messages of a group are handled one after the other, so there is time for two slow ones.
  const batchBudget = Math.min(queue.ordered ? 2 * budget : budget, QUEUE.maxTimeoutSeconds - QUEUE.reserveSeconds);
  const timeout = batchBudget + QUEUE.reserveSeconds;
  return {
    name,
    ...queue,
    tries,
    maxReceiveCount: maxReceives(tries, queue.ordered),
    budget,
    batchBudget,
    timeout,
    visibility: QUEUE.visibilityFactor * timeout + queue.batchWindow,
  };
};

const maxReceives = (tries: number, ordered: boolean): number =>
  ordered ? QUEUE.maxReceiveCount : Math.min(tries + QUEUE.extraReceives, QUEUE.maxReceiveCount);

const toJobQueueConfig = (name: string): QueueConfig => {
  const { timeout, visibility, batchSize, tries } = JOBS;
  const [receives, budget] = [maxReceives(tries, false), JOB_BUDGET_MS / 1000];
  return {
    name,
    ordered: false,
    delay: 0,
    visibility,
    batchSize,
    batchWindow: 0,
    concurrency: undefined,
    tries,
    maxReceiveCount: receives,
    budget,
    batchBudget: budget,
    timeout,
  };
};

/** Names of the plugins' job queues, in the order of the config. */
export const jobQueueNames = (plugins: readonly PluginManifest[]): readonly string[] =>
  plugins.filter(hasJobs).map(({ name }) => toJobQueueName(name));

/** Names of the queues of one plugin. */
export const pluginQueueNames = (plugin: PluginManifest): readonly string[] =>
  queueConfigs({ plugins: [plugin] })
    .map(({ name }) => name)
    .filter((name) => name !== PURGE_LISTENER.name);

/** The plugin that works on a queue; `undefined` for the store's own. */
export const findPluginOfQueue = ({ plugins }: Plugins, queue: string): PluginManifest | undefined =>
  plugins.find((plugin) => pluginQueueNames(plugin).includes(queue));

/** Rate at which dead letters are redriven after a new plugin version is deployed. */
export const REDRIVE = { perSecond: 10 } as const;

/**
 * Seconds until a failed message is delivered again: the delay that the listener requested, else 2, 8, 32, 128 … up
 * to an hour.
 *
 * @param attempt number of the failed attempt, starting at 1
 */
export const retryDelaySeconds = (attempt: number, requested = Math.min(2 ** (2 * attempt - 1), 3600)): number =>
  requested;

/** What determines a queue's name in SQS. */
export type NamedQueue = Pick<QueueConfig, "name" | "ordered">;

/** Maximum of SQS, including `.fifo`. */
export const MAX_QUEUE_NAME_LENGTH = 80;

/** A queue's name in SQS. @param prefix prefix of all queues of the store, for example `kintoun-` */
export const queueName = (prefix: string, { name, ordered }: NamedQueue): string =>
  `${prefix}${name}${ordered ? ".fifo" : ""}`;

/** The dead-letter queue of a queue. It is a FIFO queue if the queue is one. */
export const deadLetterQueue = ({ name, ordered }: NamedQueue): NamedQueue => ({
  name: toDeadLetterQueue(name),
  ordered,
});

/** Name of the stack's output with a queue's URL: `QueueSearchIndex` for `search-index`. */
export const queueOutputName = (name: string): string => `Queue${toPascalCase(name)}`;

/** `SearchIndex` for `search-index`. */
export const toPascalCase = (name: string): string =>
  name.replace(/(?:^|-)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** Name of the stack's output with the URL of the API. */
export const URL_OUTPUT_NAME = "Url";

/** Name of the stack's output with the URL of a plugin's pages: `AdminUrl` for `/admin`. */
export const pagesOutputName = (path: string): string => `${toPascalCase(path.slice(1))}${URL_OUTPUT_NAME}`;

/** Name of the stack's output with the table's name. */
export const TABLE_OUTPUT_NAME = "TableName";

/** Name of the stack's output with the host name of the serverless search collection. */
export const SEARCH_OUTPUT_NAME = "SearchEndpoint";

/** Name of the stack's output with the buckets of plugins' files. */
export const FILES_OUTPUT_NAME = "FileBuckets";

interface StandaloneConfig {
  readonly plugins: readonly PluginManifest[];
  readonly standalone: readonly string[];
}

/** Checks that the standalone queues exist. @param where where they are named @returns one line per unknown queue */
export const standaloneIssues = (
  { plugins, standalone }: StandaloneConfig,
  where: "kintoun.config.ts: standalone" | "KINTOUN_STANDALONE",
): readonly string[] => {
  const known = queueConfigs({ plugins }).map(({ name }) => name);
  return standalone
    .filter((name) => !known.includes(name))
    .map((name) => `${where}: there is no queue '${name}'. ${didYouMean(name, known)}`);
};
