import { PURGE_LISTENER } from "../core/events/purge.ts";
import { toJobQueueName } from "../core/jobs/job.ts";
import { DISPATCH_FAILURES_QUEUE, toDeadLetterQueue } from "../core/ports/queue.ts";
import type { ResolvedQueueOptions } from "../kit/queue-options.ts";
import type { PluginManifest } from "../kit/read-plugin.ts";
import { didYouMean } from "../lib/util/nearest.ts";
import { pluginInbound, pluginListeners } from "./listeners.ts";
import { patternFlaws } from "./pattern-flaws.ts";
import { hasJobs } from "./plugin-placement.ts";
import { formatIssue } from "./told.ts";

/** What is wrong with how plugins' queues are worked on, with the patterns before them, and with their names. */
export const listenerFlaws = (plugins: readonly PluginManifest[]): string[] => [
  ...plugins.flatMap((plugin) => [
    ...Object.entries(plugin.listeners).flatMap(([name, { queue, where }]) => [
      ...queueFlaws(queue).map(([field, flaw]) => formatIssue(plugin, `listeners.${name}.${field}`, flaw)),
      ...(where === undefined
        ? []
        : patternFlaws(where, `listeners.${name}.where`, unheard).map(([path, flaw]) =>
            formatIssue(plugin, path, flaw),
          )),
    ]),
    ...Object.entries(plugin.inbound).flatMap(([name, { queue }]) =>
      queueFlaws(queue).map(([field, flaw]) => formatIssue(plugin, `inbound.${name}.${field}`, flaw)),
    ),
    ...Object.entries(plugin.publishers).flatMap(([name, { where }]) =>
      where === undefined
        ? []
        : patternFlaws(where, `publishers.${name}.where`).map(([path, flaw]) => formatIssue(plugin, path, flaw)),
    ),
  ]),
  ...deadFlaws(plugins),
];

/** Batches up to this size are handed over at once; larger ones have to be waited for, and an ordered queue has none. */
const LARGEST_AT_ONCE = 10;

/** What AWS takes: https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html, and SQS's SetQueueAttributes. */
const queueFlaws = ({
  batchSize,
  window,
  concurrency,
  retries,
  timeout,
  delay,
  ordered,
}: ResolvedQueueOptions): (readonly [field: string, flaw: string])[] => {
  const checks: readonly (readonly [right: boolean, field: string, flaw: string])[] = [
    within("batch.size", batchSize, 1, 10_000),
    within("batch.window", window, 0, 300, "seconds"),
    ...(concurrency === undefined ? [] : [within("concurrency", concurrency, 2, 1000)]),
    within("retries", retries, 0, 999),
    within("timeout", timeout, 1, 800, "seconds"),
    within("delay", delay, 0, 900, "seconds"),
    [!ordered || batchSize <= LARGEST_AT_ONCE, "batch.size", `an ordered queue hands over ${LARGEST_AT_ONCE} at most.`],
    [
      !ordered || window === 0,
      "batch.window",
      "an ordered queue hands over what there is at once: leave the window out.",
    ],
    [
      ordered || batchSize <= LARGEST_AT_ONCE || window >= 1,
      "batch.window",
      `a batch of more than ${LARGEST_AT_ONCE} has to be waited for: give it a window, 1 second or more.`,
    ],
  ];
  return checks.flatMap(([right, field, flaw]) => (right ? [] : [[field, flaw] as const]));
};

const within = (field: string, value: number, least: number, most: number, of = "") =>
  [
    Number.isInteger(value) && value >= least && value <= most,
    field,
    `is a whole number${of && ` of ${of}`} from ${least} to ${most}, not ${String(value)}.`,
  ] as const;

const EVENT_FIELDS = [
  "id",
  "action",
  "resource_name",
  "uri",
  "user_id",
  "timestamp",
  "life",
  "own_life",
  "request_id",
  "cause",
  "trace",
  "new",
  "old",
];

/** What is wrong with a field that no event has. */
const unheard = (field: string): string | undefined =>
  EVENT_FIELDS.includes(field) || field.endsWith("_id")
    ? undefined
    : `events have no such field. ${didYouMean(field, EVENT_FIELDS)}`;

/** A queue may not be called what another's dead letters are, or what `dispatch` could not hand on. */
const deadFlaws = (plugins: readonly PluginManifest[]): string[] => {
  const parts = [
    ...pluginListeners(plugins).map((one) => ({ ...one, path: `listeners.${one.part}` })),
    ...pluginInbound(plugins).map((one) => ({ ...one, path: `inbound.${one.part}` })),
  ];
  const names = [
    PURGE_LISTENER.name,
    ...plugins.filter(hasJobs).map(({ name }) => toJobQueueName(name)),
    ...parts.map(({ name }) => name),
  ];
  const dead = new Map(names.map((name) => [toDeadLetterQueue(name), name]));
  return parts.flatMap(({ name, plugin, path }) => {
    if (name === DISPATCH_FAILURES_QUEUE)
      return [formatIssue(plugin, path, `'${name}' is the queue of what could not be dispatched. Rename it.`)];
    const other = dead.get(name);
    return other === undefined
      ? []
      : [formatIssue(plugin, path, `'${name}' is the dead-letter queue of '${other}'. Rename one.`)];
  });
};
