import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { toJobQueueName, toScheduleMessage } from "../core/jobs/job.ts";
import type { Log } from "../core/ports/log.ts";
import type { PluginManifest } from "../kit/plugin.ts";
import { listDueTimes, parseCron } from "../lib/cron.ts";

export interface ScheduleOptions {
  readonly plugins: readonly PluginManifest[];
  readonly client: SQSClient;
  /** Queues' URLs by name. */
  readonly urls: Readonly<Record<string, string>>;
  /** Epoch ms. */
  readonly now: () => number;
  readonly log: Log;
}

/** Time between two checks of the clock. */
const INTERVAL_MS = 500;
/** Maximum number of missed times that are made up for, after the machine slept or a test advanced the clock. */
const MAX_MISSED_RUNS = 100;
/** A larger jump means that the clock was set, so nothing was missed. */
const MAX_SLEEP_MS = 7 * 24 * 3600_000;

/**
 * Sends messages to the plugins' job queues when their schedules are due, like EventBridge. Times while nothing runs
 * are skipped.
 */
export const startSchedules = ({ plugins, client, urls, now, log }: ScheduleOptions) => {
  const schedules = plugins.flatMap(({ name: plugin, schedules }) =>
    Object.entries(schedules).flatMap(([name, { cron = "" }]) => {
      const times = parseCron(cron);
      return times === undefined ? [] : [{ name, times, url: urls[toJobQueueName(plugin)] }];
    }),
  );
  let checkedUntil = now();
  let checking: Promise<void> = Promise.resolve();

  const check = async () => {
    const until = now();
    if (until - checkedUntil > MAX_SLEEP_MS) checkedUntil = until;
    for (const { name, times, url } of schedules) {
      for (const due of listDueTimes(times, checkedUntil, until, MAX_MISSED_RUNS)) {
        await client.send(
          new SendMessageCommand({ QueueUrl: url, MessageBody: toScheduleMessage(name, new Date(due).toISOString()) }),
        );
      }
    }
    checkedUntil = until;
  };
  /** Resolves when messages were sent for everything due at the call. */
  const catchUp = (): Promise<void> => {
    checking = checking
      .then(check)
      .catch((error: unknown) => log.error("The message of a due schedule could not be sent", { error }));
    return checking;
  };
  const timer = schedules.length === 0 ? undefined : setInterval(() => void catchUp(), INTERVAL_MS);
  return {
    catchUp,
    stop: async () => {
      clearInterval(timer);
      await checking;
    },
  };
};
