import type { SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import { WORKER_BUDGET } from "../../app/topology.ts";
import type { Worker } from "../../app/worker.ts";
import { deliver } from "../../core/events/deliver.ts";

/** The lambda that runs one listener on the messages of its queue. A message that fails comes again; the others are done. */
export const workerHandler =
  ({ listener, claims, queue, retryAfter, now, log }: Worker) =>
  async ({ Records }: SQSEvent): Promise<SQSBatchResponse> => {
    const until = now() + WORKER_BUDGET;
    const signal = AbortSignal.timeout(WORKER_BUDGET);
    const run = async ({ body, messageId, receiptHandle, attributes }: SQSRecord) => {
      try {
        const outcome = await deliver({ listener, claims, log, signal, until }, body);
        if (outcome === "again" && (await queue.send([{ to: listener.name, body }])).length > 0) throw new Error("The rest of the work could not be queued");
      } catch (error) {
        const attempt = Number(attributes.ApproximateReceiveCount);
        log.error("The listener failed", { listener: listener.name, message_id: messageId, attempt, error });
        await queue.postpone(listener.name, receiptHandle, retryAfter(attempt));
        throw error;
      }
    };
    const settled = await Promise.allSettled(Records.map(run));
    const failed = Records.filter((_, place) => settled[place]?.status === "rejected");
    return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
  };
