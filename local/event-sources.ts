import { SendMessageCommand } from "@aws-sdk/client-sqs";
import type { AppOptions } from "../app/create-app-context.ts";
import { STREAM } from "../config/functions.ts";
import { jobQueueNames, queueConfigs } from "../config/queues.ts";
import { toRouting } from "../config/routing.ts";
import { streamFilters } from "../config/stream-filters.ts";
import { encodeFailedRecord } from "../core/events/dead-letters.ts";
import type { Log } from "../core/ports/log.ts";
import { DISPATCH_FAILURES_QUEUE } from "../core/ports/queue.ts";
import { createDispatcher, dispatchHandler } from "../functions/dispatch/app.ts";
import { createWorker } from "../functions/worker/app.ts";
import { workerHandler } from "../functions/worker/handler.ts";
import { allSettledOrThrow } from "../lib/util/all-settled.ts";
import type { Disposables } from "../lib/util/disposables.ts";
import type { Engines } from "./engines.ts";
import { pollQueue } from "./queue-poller.ts";
import { startSchedules } from "./schedules.ts";
import { pollStream } from "./stream-poller.ts";

/** Concurrent batches per queue, and concurrent jobs per plugin. Lambda would scale further. */
const LISTENER_CONCURRENCY = 5;
const JOB_CONCURRENCY = 4;

/** Starts what invokes functions in AWS: the event source mappings of the stream and the queues, and the scheduler. */
export const startEventSources = async (
  options: AppOptions,
  { clients, stream, queues, positions }: Engines,
  log: Log,
  disposables: Disposables,
) => {
  const { config, now = Date.now } = options;
  const dispatch = await createDispatcher({ ...options, routing: toRouting(options.config) });
  disposables.add(dispatch.close);
  const polling = pollStream({
    client: clients.streams,
    arn: stream,
    filters: streamFilters(config),
    handler: dispatchHandler(dispatch),
    retries: STREAM.retries,
    onDiscard: async (records, reason) => {
      for (const record of records) {
        await clients.sqs.send(
          new SendMessageCommand({
            QueueUrl: queues.all[DISPATCH_FAILURES_QUEUE],
            MessageBody: encodeFailedRecord(record, reason),
          }),
        );
      }
    },
    file: positions,
    log,
  });
  disposables.add(polling.stop);

  const closing = new AbortController();
  const jobQueues = new Set(jobQueueNames(config.plugins));
  const isStandalone = ({ name }: { name: string }) => config.standalone.includes(name);
  for (const { name } of queueConfigs(config).filter(isStandalone))
    log.info(`The queue '${name}' is standalone. Run its worker: npm run -s kintoun -- worker ${name}`, {
      listener: name,
    });
  const workQueues = queueConfigs(config).filter((queue) => !isStandalone(queue));
  const workers = workQueues.map(
    async ({
      name,
      batchSize,
      batchWindow,
      concurrency = jobQueues.has(name) ? JOB_CONCURRENCY : LISTENER_CONCURRENCY,
    }) => {
      const worker = await createWorker({ ...options, location: { ...options.location, listener: name } });
      disposables.add(worker.close);
      const handler = workerHandler(worker, closing.signal);
      return () =>
        pollQueue({
          client: clients.sqs,
          url: queues.urls[name] ?? "",
          batchSize,
          batchWindow,
          concurrency,
          handler,
          log,
        });
    },
  );
  const pollers = (await allSettledOrThrow(workers)).map((poll) => poll());
  const schedules = startSchedules({ plugins: config.plugins, client: clients.sqs, urls: queues.urls, now, log });
  disposables.add(async () => {
    await schedules.stop();
    closing.abort();
    await Promise.all(pollers.map((poller) => poller.stop()));
  });
  return {
    wake: polling.wake,
    /**
     * Resolves when due schedules and everything in the stream at the call have been handled.
     *
     * @returns the total number of dispatched records
     */
    catchUp: async (): Promise<number> => {
      await schedules.catchUp();
      return polling.catchUp();
    },
  };
};
