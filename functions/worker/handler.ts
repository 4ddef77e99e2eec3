import type { SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import type { Worker } from "../../app/worker.ts";

/** Lambda tells nobody that it is about to close a worker. */
const NEVER = new AbortController().signal;

/**
 * The lambda that runs one listener, or the jobs of one plugin, on the messages of a queue. A message that fails comes again; the others are done.
 * @param closing aborted when the worker is to close
 */
export const workerHandler =
  ({ handler, budget, queue, retryAfter, log }: Worker, closing: AbortSignal = NEVER) =>
  async ({ Records }: SQSEvent): Promise<SQSBatchResponse> => {
    const { name } = handler;
    const run = async ({ body, messageId, receiptHandle, attributes }: SQSRecord): Promise<"done" | "later"> => {
      try {
        const handled = await handler.handle(body, { budget, closing });
        if (handled === "again" && (await queue.send([{ to: name, body }])).length > 0) throw new Error("The rest of the work could not be queued");
        if (typeof handled !== "object") return "done";
        await queue.postpone(name, receiptHandle, handled.after);
        return "later";
      } catch (error) {
        const attempt = Number(attributes.ApproximateReceiveCount);
        log.error("The listener failed", { listener: name, message_id: messageId, attempt, error });
        await queue.postpone(name, receiptHandle, retryAfter(attempt));
        throw error;
      }
    };
    const settled = await Promise.allSettled(Records.map(run));
    const failed = Records.filter((_, place) => {
      const outcome = settled[place];
      return outcome?.status !== "fulfilled" || outcome.value === "later";
    });
    return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
  };
