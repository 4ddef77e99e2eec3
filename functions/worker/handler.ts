import type { SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import type { Worker } from "../../app/worker.ts";
import type { Received } from "../../core/events/handler.ts";
import { parkMessage } from "../../core/events/park.ts";

/** Lambda tells nobody that it is about to close a worker. */
const NEVER = new AbortController().signal;

/** What became of a message: it is not to come again, or it is. */
type Fate = "done" | "later";

/**
 * The lambda that runs one listener, or the jobs of one plugin, on the messages of a queue. A message that fails comes again, or is parked after its
 * last try; the others are done.
 * @param closing aborted when the worker is to close
 */
export const workerHandler =
  (worker: Worker, closing: AbortSignal = NEVER) =>
  async ({ Records }: SQSEvent): Promise<SQSBatchResponse> => {
    if (await allAtOnce(worker, Records, closing)) return { batchItemFailures: [] };
    const fates = await (worker.ordered
      ? byGroup(worker, Records, closing)
      : Promise.all(Records.map((record) => fateOf(worker, record, closing, worker.budget))));
    const failed = Records.filter((_, place) => fates[place] === "later");
    return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
  };

/** Whether all messages were taken in one call. */
const allAtOnce = async ({ handler, budget, log }: Worker, records: readonly SQSRecord[], closing: AbortSignal): Promise<boolean> => {
  if (handler.handleBatch === undefined || records.length < 2) return false;
  try {
    await handler.handleBatch(records.map(toReceived), { budget, closing });
    return true;
  } catch (error) {
    log.warn("The listener failed on several messages; each is tried alone", { messages: records.length, error });
    return false;
  }
};

/** Each group's messages one after the other; those behind one that is to come again come again behind it. */
const byGroup = async (worker: Worker, records: readonly SQSRecord[], closing: AbortSignal): Promise<readonly Fate[]> => {
  const ends = performance.now() + worker.budget;
  const fates: Fate[] = records.map(() => "later");
  const groups = Map.groupBy(records.entries(), ([, { attributes }]) => attributes.MessageGroupId);
  const work = async (group: readonly [number, SQSRecord][]) => {
    for (const [place, record] of group) {
      const left = ends - performance.now();
      fates[place] = left > 0 ? await fateOf(worker, record, closing, left) : "later";
      if (fates[place] === "later") return;
    }
  };
  await Promise.all([...groups.values()].map(work));
  return fates;
};

const fateOf = async (worker: Worker, record: SQSRecord, closing: AbortSignal, budget: number): Promise<Fate> => {
  const { handler, queue, retryAfter, tries, ordered } = worker;
  const { name } = handler;
  const { body, receiptHandle } = record;
  const received = toReceived(record);
  const { attempt } = received;
  const log = worker.log.with({ message_id: record.messageId, attempt });
  try {
    const handled = await handler.handle(received, { budget, closing });
    if (handled === undefined) return "done";
    // Behind later messages of its group it would come too late.
    const after = handled === "again" ? (ordered ? 0 : undefined) : handled.after;
    if (after !== undefined) await queue.postpone(name, receiptHandle, after);
    else if ((await queue.send([{ to: name, body }])).length > 0) throw new Error("The rest of the work could not be queued");
    return after === undefined ? "done" : "later";
  } catch (error) {
    log.error("The listener failed", { error });
    try {
      if (attempt >= tries && (await parkMessage(queue, name, { ...received, group: record.attributes.MessageGroupId }, error))) return "done";
      await queue.postpone(name, receiptHandle, retryAfter(attempt));
    } catch (another) {
      log.warn("A failed message could neither be parked nor postponed: it comes again when its time-out has passed", { error: another });
    }
    return "later";
  }
};

const toReceived = ({ body, attributes }: SQSRecord): Received => ({
  body,
  sent: Number(attributes.SentTimestamp),
  attempt: Number(attributes.ApproximateReceiveCount),
});
