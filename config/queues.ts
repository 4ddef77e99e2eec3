import { PURGE_LISTENER } from "../core/events/purge.ts";
import { toJobQueueName } from "../core/jobs/job.ts";
import { type ReadQueue, readQueue } from "../kit/queue-options.ts";
import type { ReadPlugin } from "../kit/read-plugin.ts";
import { pluginInbound } from "./inbound.ts";
import { pluginListeners } from "./listeners.ts";
import { hasJobs } from "./running.ts";

/** Each listener's queue. A message is shown again when its worker was silent for six times its time-out (AWS's advice). */
export const QUEUE = {
  /** Times its worker's time-out that a message is not shown to another. */
  visibilityFactor: 6,
  /** Seconds of a worker's time-out that are left to give back what it could not finish. */
  reserveSeconds: 5,
  /** Times that a message may be received beside its tries, as it was in another worker's hands or handed back unseen, before SQS parks it by itself. */
  extraReceives: 5,
  /** The most that SQS counts. It is told that of an ordered queue: what waits behind a failing message is received with it, each time. */
  maxReceiveCount: 1000,
  /** Lambda's longest time-out. */
  maxTimeoutSeconds: 900,
  retentionDays: 14,
} as const;

/**
 * Each plugin's queue of jobs, and its worker, which takes one at a time for as long as Lambda lets it. A job whose worker is not heard of
 * for the time of a lease is left to another: that whose turn it is when the message is shown again.
 */
export const JOBS = { timeout: 900, visibility: 900 + 60, batchSize: 1, tries: 5, lease: 60 } as const;

/** How long a worker of jobs may be at one, in ms: what goes on in another must have been kept. */
export const JOB_BUDGET_MS = JOBS.timeout * 1000 - 30_000;

/** A queue, and the worker that it is worked on by. Times in seconds. */
export interface QueueConfig {
  readonly name: string;
  /** Whether it hands over each group's messages one after the other. */
  readonly ordered: boolean;
  /** For how long each message is held back before it is first shown. */
  readonly delay: number;
  /** For how long a message is not shown again after it was received. */
  readonly visibility: number;
  readonly batchSize: number;
  /** How long a batch is waited for. */
  readonly batchWindow: number;
  /** Workers at once; as many as there is work for when absent. */
  readonly concurrency: number | undefined;
  /** After so many tries a message is parked. */
  readonly tries: number;
  /** After so many receipts SQS parks it, whatever became of them. */
  readonly maxReceiveCount: number;
  /** How long a call of what works on it may take. */
  readonly budget: number;
  /** How long its worker may be at the messages it was handed. */
  readonly batchBudget: number;
  /** The time-out of the worker's function. */
  readonly timeout: number;
}

interface Plugins {
  readonly plugins: readonly ReadPlugin[];
}

/** All queues that there are: those of the listeners, those for what comes in, and one for the jobs of each plugin that has any. */
export const queueConfigs = ({ plugins }: Plugins): readonly QueueConfig[] => [
  toQueueConfig(PURGE.name, readQueue({})),
  ...pluginListeners(plugins).map(({ name, queue }) => toQueueConfig(name, queue)),
  ...pluginInbound(plugins).map(({ name, queue }) => toQueueConfig(name, queue)),
  ...jobQueueNames(plugins).map(toJobQueueConfig),
];

const toQueueConfig = (name: string, { retries, timeout: budget, ...queue }: ReadQueue): QueueConfig => {
  const tries = retries + 1;
  // One message of a group comes after the other: there is time for more than one that takes all of its own.
  const lasts = Math.min(queue.ordered ? 2 * budget : budget, QUEUE.maxTimeoutSeconds - QUEUE.reserveSeconds);
  const timeout = lasts + QUEUE.reserveSeconds;
  return {
    name,
    ...queue,
    tries,
    maxReceiveCount: maxReceives(tries, queue.ordered),
    budget,
    batchBudget: lasts,
    timeout,
    visibility: QUEUE.visibilityFactor * timeout + queue.window,
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

/** The queues of jobs, in the config's order. */
export const jobQueueNames = (plugins: readonly ReadPlugin[]): readonly string[] =>
  plugins.filter(hasJobs).map(({ name }) => jobsQueue(name));

/** The queues of one plugin, by name. */
export const pluginQueueNames = (plugin: ReadPlugin): readonly string[] =>
  queueConfigs({ plugins: [plugin] })
    .map(({ name }) => name)
    .filter((name) => name !== PURGE_LISTENER.name);

/** Rate at which dead letters are redriven after a new plugin version is deployed. */
export const REDRIVE = { perSecond: 10 } as const;

/** Seconds until a failed message is delivered again: the delay that the listener requested, else 2, 8, 32, 128 … up to an hour. @param attempt number of the failed attempt, starting at 1 */
export const retryDelaySeconds = (attempt: number, requested = Math.min(2 ** (2 * attempt - 1), 3600)): number =>
  requested;
