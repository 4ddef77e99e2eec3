import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { toJobQueueName } from "../core/jobs/job.ts";
import { toScheduleMessage } from "../core/jobs/message.ts";
import type { Log } from "../core/ports/log.ts";
import type { ReadPlugin } from "../kit/read-plugin.ts";
import { dueBetween, readCron } from "../lib/cron.ts";

export interface Scheduling {
  readonly plugins: readonly ReadPlugin[];
  readonly client: SQSClient;
  /** Queues' URLs by name. */
  readonly urls: Readonly<Record<string, string>>;
  /** Epoch ms. */
  readonly now: () => number;
  readonly log: Log;
}

/** Between two looks at the clock, in ms. */
const LOOK = 500;
/** Of the times that went by between two looks, because the machine slept or a test's clock was advanced, so many are made up for. */
const MOST_MISSED = 100;
/** A clock that jumps further, in ms, was set: nothing was missed. */
const LONGEST_SLEEP = 7 * 24 * 3600_000;

/** EventBridge's scheduler: tells plugins' queues of jobs that the time of a schedule has come. What is due while nothing runs is not made up for. */
export const startSchedules = ({ plugins, client, urls, now, log }: Scheduling) => {
  const schedules = plugins.flatMap(({ name: plugin, schedules }) =>
    Object.entries(schedules).flatMap(([name, { cron = "" }]) => {
      const times = readCron(cron);
      return times === undefined ? [] : [{ name, times, url: urls[toJobQueueName(plugin)] }];
    }),
  );
  let seen = now();
  let looking: Promise<void> = Promise.resolve();

  const look = async () => {
    const until = now();
    if (until - seen > LONGEST_SLEEP) seen = until;
    for (const { name, times, url } of schedules) {
      for (const due of dueBetween(times, seen, until, MOST_MISSED)) {
        await client.send(
          new SendMessageCommand({ QueueUrl: url, MessageBody: toScheduleMessage(name, new Date(due).toISOString()) }),
        );
      }
    }
    seen = until;
  };
  /** Resolves when whatever was due at the call is told. */
  const caughtUp = (): Promise<void> => {
    looking = looking
      .then(look)
      .catch((error: unknown) => log.error("A schedule could not be told that it is due", { error }));
    return looking;
  };
  const timer = schedules.length === 0 ? undefined : setInterval(() => void caughtUp(), LOOK);
  return {
    caughtUp,
    stop: async () => {
      clearInterval(timer);
      await looking;
    },
  };
};
