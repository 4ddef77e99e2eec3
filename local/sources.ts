import { SendMessageCommand } from "@aws-sdk/client-sqs";
import type { Opening } from "../app/open.ts";
import { STREAM } from "../config/functions.ts";
import { jobQueueNames, queueConfigs } from "../config/queues.ts";
import { streamFilters } from "../config/stream-filters.ts";
import { toFailedMessage } from "../core/events/failed-record.ts";
import type { Log } from "../core/ports/log.ts";
import { FAILURES } from "../core/ports/queue.ts";
import { openDispatch } from "../functions/dispatch/app.ts";
import { dispatchHandler } from "../functions/dispatch/handler.ts";
import { createWorker } from "../functions/worker/app.ts";
import { workerHandler } from "../functions/worker/handler.ts";
import { together } from "../lib/util/all-settled.ts";
import type { Undo } from "../lib/util/disposables.ts";
import type { Engines } from "./engines.ts";
import { pollQueue } from "./queue-poller.ts";
import { startSchedules } from "./schedules.ts";
import { pollStream } from "./stream-poller.ts";

/** Batches of one queue that are worked on side by side, where Lambda would start as many workers as there is work for; and jobs of one plugin. */
const BATCHES_AT_ONCE = 5;
const JOBS_AT_ONCE = 4;

/** Lambda's event source mappings, the stream to `dispatch` and each queue to its worker; and the clock that tells schedules. */
export const startSources = async (
  opening: Opening,
  { clients, stream, queues, positions }: Engines,
  log: Log,
  undo: Undo,
) => {
  const { config, now = Date.now } = opening;
  const dispatch = await createDispatcher(opening);
  undo.add(dispatch.close);
  const polling = pollStream({
    client: clients.streams,
    arn: stream,
    filters: streamFilters(config),
    handler: dispatchHandler(dispatch),
    retries: STREAM.retries,
    park: async (records, reason) => {
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
  undo.add(polling.stop);

  const closing = new AbortController();
  const ofJobs = new Set(jobQueueNames(config.plugins));
  const isApart = ({ name }: { name: string }) => config.standalone.includes(name);
  for (const { name } of queueConfigs(config).filter(isApart))
    log.info(`The queue '${name}' waits for a worker of its own: npm run -s kintoun -- worker ${name}`, {
      listener: name,
    });
  const here = queueConfigs(config).filter((queue) => !isApart(queue));
  const workers = here.map(
    async ({
      name,
      batchSize,
      batchWindow: window,
      concurrency = ofJobs.has(name) ? JOBS_AT_ONCE : BATCHES_AT_ONCE,
    }) => {
      const worker = await openWorker({ ...opening, place: { ...opening.place, listener: name } });
      undo.add(worker.close);
      const handler = workerHandler(worker, closing.signal);
      return () =>
        pollQueue({
          client: clients.sqs,
          url: queues.urls[name] ?? "",
          batchSize,
          window,
          atOnce: concurrency,
          handler,
          log,
        });
    },
  );
  const pollers = (await together(workers)).map((poll) => poll());
  const schedules = startSchedules({ plugins: config.plugins, client: clients.sqs, urls: queues.urls, now, log });
  undo.add(async () => {
    await schedules.stop();
    closing.abort();
    await Promise.all(pollers.map((poller) => poller.stop()));
  });
  return {
    wake: polling.wake,
    /** Resolves when what is due, and everything that was in the stream at the call, has been handed on; tells how much was, in all. */
    caughtUp: async (): Promise<number> => {
      await schedules.caughtUp();
      return polling.caughtUp();
    },
  };
};
