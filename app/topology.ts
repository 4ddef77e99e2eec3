import type { Subscription } from "../core/events/listener.ts";
import { purgeSubscription } from "../core/events/purge.ts";
import type { Config } from "./config.ts";
import { pluginListeners } from "./listeners.ts";

export { OBJECTS_ONLY, TABLE } from "../adapters/store/dynamodb/table.ts";
export { PURGE } from "../core/events/purge.ts";
export { pluginListeners } from "./listeners.ts";

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

/** Seconds until a message that failed comes again: 2, 8, 32, 128 … after the first, second … try; SQS's longest time-out is 12 hours. */
export const retryAfter = (attempt: number): number => Math.min(2 ** (2 * attempt - 1), 3600);

/** How long a worker may work on a batch, in ms: some of its time-out is left to give back what it could not finish. */
export const WORKER_BUDGET = FUNCTIONS.worker.timeout * 1000 - 5000;

/** The route that `search` answers; everything else is `api`'s. */
export const SEARCH_ROUTE = "POST /v1/buckets/{bucket}/collections/{collection}/search";

/** Bytes of a request or answer that a Lambda takes. */
export const PAYLOAD_LIMIT = 6 * 1024 * 1024;

/** Everyone who hears of changes: the store itself, then the plugins in the config's order. */
export const subscriptions = ({ plugins, resources }: Config): readonly Subscription[] => [purgeSubscription(resources), ...pluginListeners(plugins)];
