import type { SQSClient } from "@aws-sdk/client-sqs";
import type { SQSEvent, SQSRecord } from "aws-lambda";
import type { AppOptions } from "../app/create-app-context.ts";
import type { QueueConfig } from "../config/queues.ts";
import { compressBody } from "../core/events/message-body.ts";
import type { Log } from "../core/ports/log.ts";
import { toDeadLetterQueue } from "../core/ports/queue.ts";
import { createWorker } from "../functions/worker/app.ts";
import { workerHandler } from "../functions/worker/handler.ts";
import { pollQueue } from "./queue-poller.ts";

export interface WorkerOptions {
  readonly options: AppOptions & { readonly log: Log };
  readonly client: SQSClient;
  readonly queue: QueueConfig;
  /** Whether to end when the queue is empty. */
  readonly once: boolean;
  /** Aborted to stop the worker. */
  readonly signal: AbortSignal;
  /** Called after each delivery. */
  readonly onDelivery: (delivery: Delivery) => void;
}

interface Delivery {
  readonly body: string;
  readonly attempt: number;
  readonly ms: number;
  /** Handled, to be retried, or moved to the dead-letter queue. */
  readonly outcome: "done" | "retry" | "dead";
}

/** Concurrent batches, unless the queue sets a limit. */
const DEFAULT_CONCURRENCY = 5;
/** Seconds to wait for a message. After that, the queue counts as empty. */
const EMPTY_WAIT_SECONDS = 2;
/** Milliseconds that running deliveries may take after a stop: less than the 10 s that containers get. */
const SHUTDOWN_TIMEOUT_MS = 6000;

export interface WorkerResult {
  /** Time of the last pending retry, epoch ms. */
  readonly nextRetryAt: number | undefined;
}

/**
 * Works on one queue in this process, like Lambda, until it is stopped or the queue is empty. Running deliveries are
 * finished or released.
 */
export const runWorker = async ({
  options,
  client,
  queue,
  once,
  signal,
  onDelivery,
}: WorkerOptions): Promise<WorkerResult> => {
  const { name, batchSize, batchWindow, concurrency = DEFAULT_CONCURRENCY } = queue;
  const worker = await createWorker({ ...options, location: { ...options.location, listener: name } });
  try {
    const deadLetters = new Set<string>();
    let lastRetryAt = 0;
    const closing = new AbortController();
    const send: typeof worker.queue.send = async (messages) => {
      const rejections = await worker.queue.send(messages);
      const refused = new Set(rejections.map(({ index }) => index));
      for (const [index, { queue: to, body }] of messages.entries())
        if (to === toDeadLetterQueue(name) && !refused.has(index)) deadLetters.add(compressBody(body));
      return rejections;
    };
    // The body may have been compressed to make room for the error.
    const isDeadLetter = (body: string) => deadLetters.size > 0 && deadLetters.delete(compressBody(body));
    const postpone: typeof worker.queue.postpone = async (to, receipt, seconds) => {
      await worker.queue.postpone(to, receipt, seconds);
      lastRetryAt = Math.max(lastRetryAt, Date.now() + seconds * 1000);
    };
    const handle = workerHandler({ ...worker, queue: { ...worker.queue, send, postpone } }, closing.signal);
    const handler = async (event: SQSEvent) => {
      const startedAt = performance.now();
      const response = await handle(event);
      const failed = new Set(response.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
      const outcomeOf = ({ messageId, body }: SQSRecord) =>
        failed.has(messageId) ? "retry" : isDeadLetter(body) ? "dead" : "done";
      for (const record of event.Records) {
        onDelivery({
          body: record.body,
          attempt: Number(record.attributes.ApproximateReceiveCount),
          ms: performance.now() - startedAt,
          outcome: outcomeOf(record),
        });
      }
      return response;
    };
    const empty = Promise.withResolvers<void>();
    const stopped = new Promise<void>((resolve) =>
      signal.aborted ? resolve() : signal.addEventListener("abort", () => resolve(), { once: true }),
    );
    const { log } = options;
    const url = options.location.queues[name] ?? "";
    const poller = pollQueue({
      client,
      url,
      batchSize,
      batchWindow: once ? 0 : batchWindow,
      concurrency,
      handler,
      log,
      waitSeconds: EMPTY_WAIT_SECONDS,
      ...(once && { onEmpty: empty.resolve }),
    });
    await Promise.race([stopped, empty.promise]);
    const timer = setTimeout(() => closing.abort(), SHUTDOWN_TIMEOUT_MS);
    await poller.stop();
    clearTimeout(timer);
    return { nextRetryAt: lastRetryAt > Date.now() ? lastRetryAt : undefined };
  } finally {
    await worker.close();
  }
};
