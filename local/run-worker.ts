import type { SQSClient } from "@aws-sdk/client-sqs";
import type { SQSEvent, SQSRecord } from "aws-lambda";
import type { Opening } from "../app/open.ts";
import type { QueueConfig } from "../config/queues.ts";
import { compressed } from "../core/events/packed.ts";
import type { Log } from "../core/ports/log.ts";
import { deadOf } from "../core/ports/queue.ts";
import { openWorker } from "../functions/worker/app.ts";
import { workerHandler } from "../functions/worker/handler.ts";
import { pollQueue } from "./queue-poller.ts";

export interface StandaloneWorker {
  readonly opening: Opening & { readonly log: Log };
  readonly client: SQSClient;
  readonly queue: QueueConfig;
  /** Whether it ends when the queue is empty. */
  readonly once: boolean;
  /** Aborted when it is to end. */
  readonly signal: AbortSignal;
  /** Told of each message when it is dealt with. */
  readonly told: (delivery: Delivery) => void;
}

export interface Delivery {
  readonly body: string;
  readonly attempt: number;
  readonly ms: number;
  /** It is done; it comes again; or it came too often, and was put beside its queue. */
  readonly end: "done" | "later" | "parked";
}

/** Batches in hand at once where the queue itself sets no bound. */
const AT_ONCE = 5;
/** Seconds that a message is waited for in one call; after them a queue counts as empty. */
const QUIET = 2;
/** ms that what is in hand may take to end once the worker is told to; less than the 10 s that containers are given. */
const PATIENCE = 6000;

export interface WorkEnd {
  /** When the last of what it had come again is shown again, epoch ms, if that is yet to come. */
  readonly postponed: number | undefined;
}

/** Works on one queue in a process of its own, as Lambda does, until it is told to end, or once until the queue is empty. What is in hand then is finished, or given back. */
export const runWorker = async ({ opening, client, queue, once, signal, told }: StandaloneWorker): Promise<WorkEnd> => {
  const { name, batchSize, batchWindow: window, concurrency = AT_ONCE } = queue;
  const worker = await openWorker({ ...opening, place: { ...opening.place, listener: name } });
  try {
    const parked = new Set<string>();
    let postponed = 0;
    const closing = new AbortController();
    const send: typeof worker.queue.send = async (messages) => {
      const refused = await worker.queue.send(messages);
      for (const [place, { to, body }] of messages.entries())
        if (to === toDeadLetterQueue(name) && !refused.includes(place)) parked.add(compressBody(body));
      return refused;
    };
    // It may have been compressed to make room for what went wrong.
    const wasParked = (body: string) => parked.size > 0 && parked.delete(compressBody(body));
    const postpone: typeof worker.queue.postpone = async (to, receipt, seconds) => {
      await worker.queue.postpone(to, receipt, seconds);
      postponed = Math.max(postponed, Date.now() + seconds * 1000);
    };
    const handle = workerHandler({ ...worker, queue: { ...worker.queue, send, postpone } }, closing.signal);
    const handler = async (event: SQSEvent) => {
      const begun = performance.now();
      const answer = await handle(event);
      const failed = new Set(answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
      const endOf = ({ messageId, body }: SQSRecord) =>
        failed.has(messageId) ? "later" : wasParked(body) ? "parked" : "done";
      for (const record of event.Records) {
        told({
          body: record.body,
          attempt: Number(record.attributes.ApproximateReceiveCount),
          ms: performance.now() - begun,
          end: endOf(record),
        });
      }
      return answer;
    };
    const empty = Promise.withResolvers<void>();
    const ended = new Promise<void>((resolve) =>
      signal.aborted ? resolve() : signal.addEventListener("abort", () => resolve(), { once: true }),
    );
    const { log } = opening;
    const url = opening.place.queues[name] ?? "";
    const poller = pollQueue({
      client,
      url,
      batchSize,
      window: once ? 0 : window,
      atOnce: concurrency,
      handler,
      log,
      wait: QUIET,
      ...(once && { empty: empty.resolve }),
    });
    await Promise.race([ended, empty.promise]);
    const late = setTimeout(() => closing.abort(), PATIENCE);
    await poller.stop();
    clearTimeout(late);
    return { postponed: postponed > Date.now() ? postponed : undefined };
  } finally {
    await worker.close();
  }
};
