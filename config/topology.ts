import type { Subscription } from "../core/events/listener.ts";
import { purgeSubscription } from "../core/events/purge.ts";
import type { Pattern } from "../lib/event-pattern.ts";
import type { Config } from "./config.ts";
import { pluginListeners } from "./listeners.ts";
import { heardIn } from "./stream-filters.ts";

export { TABLE } from "../adapters/store/dynamodb/table.ts";
export { PURGE } from "../core/events/purge.ts";
export { jobsQueue } from "../core/jobs/job.ts";
export { toScheduleMessage } from "../core/jobs/message.ts";
export { deadOf, FAILURES } from "../core/ports/queue.ts";
export { type Cron, readCron } from "../lib/cron.ts";
export { type PluginInbound, pluginInbound } from "./inbound.ts";
export { keepsNoRecord, pluginListeners } from "./listeners.ts";
export { queueOutput, TABLE_OUTPUT } from "./outputs.ts";
export { deadQueue, LONGEST_QUEUE_NAME, type NamedQueue, queueName } from "./queue-names.ts";
export { JOB_BUDGET, JOBS, jobQueues, QUEUE, type QueueOfWorker, queuesOf, queuesOfPlugin } from "./queues.ts";

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

/** Seconds until a message comes again: those that its listener asked for, else 2, 8, 32, 128 … after the first, second … try. */
export const retryAfter = (attempt: number, asked = Math.min(2 ** (2 * attempt - 1), 3600)): number => asked;

/** What `dispatch` is told of the table's stream, as event filters; each alone is enough. */
export const heard = (config: Config): readonly Pattern[] => heardIn(config.resources, subscriptions(config));

/** The route that `search` answers; everything else is `api`'s. */
export const SEARCH_ROUTE = "POST /v1/buckets/{bucket}/collections/{collection}/search";

/** Bytes of a request or answer that a Lambda takes. */
export const PAYLOAD_LIMIT = 6 * 1024 * 1024;

/** How what failed for good comes back when another version of its plugin is there. */
export const REDRIVE = { perSecond: 10 } as const;

/** Everyone who hears of changes: the store itself, then the plugins in the config's order. */
export const subscriptions = ({ plugins, resources }: Config): readonly Subscription[] => [
  purgeSubscription(resources),
  ...pluginListeners(plugins),
];
