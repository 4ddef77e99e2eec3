import type { SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import { RetryAfterError } from "../../core/events/delivery-errors.ts";
import { CAUSES_ATTRIBUTE } from "../../core/events/provenance.ts";
import type { HandlerResult } from "../../core/events/queue-handler.ts";
import type { Worker } from "./app.ts";
import { logPostponed, postponeMessage, retryOrDeadLetter, toReceivedMessage, type WorkerCall } from "./retry.ts";

/** Delay of messages that there was no time for, or that are handled alone the next time. */
const SHORT_DELAY_SECONDS = 1;

/**
 * Creates the Lambda handler that runs one listener, or the jobs of one plugin, on the messages of a queue. A failed
 * message is retried, or moved to the dead-letter queue after its last attempt. The other messages are deleted.
 * @param closing aborted when the worker shuts down; never in Lambda, which gives no notice
 */
export const workerHandler =
  (worker: Worker, closing: AbortSignal = new AbortController().signal) =>
  async ({ Records }: SQSEvent): Promise<SQSBatchResponse> => {
    const call = { ...worker, closing };
    const retried = await (worker.ordered ? handleGroups(call, Records) : handleUnordered(call, Records));
    return { batchItemFailures: retried.map(({ messageId }) => ({ itemIdentifier: messageId })) };
  };

/** @returns the messages to retry, as the following functions do */
const handleUnordered = async (call: WorkerCall, records: readonly SQSRecord[]): Promise<SQSRecord[]> => {
  const fresh = call.handler.handleBatch === undefined ? [] : records.filter(isFresh);
  const batched = new Set(fresh.length > 1 ? fresh : []);
  const single = records.filter((record) => !batched.has(record));
  const [retried, ...others] = await Promise.all([
    handleBatch(call, [...batched]),
    ...single.map((record) => handleOne(call, record)),
  ]);
  return [...retried, ...others.flat()];
};

/**
 * Handles each group's messages one after the other. After a message to retry, the rest of its group is retried too.
 */
const handleGroups = async (call: WorkerCall, records: readonly SQSRecord[]): Promise<SQSRecord[]> => {
  if (call.handler.handleBatch !== undefined && records.length > 1 && records.every(isFresh))
    return handleBatch(call, records);
  const latestStart = performance.now() + call.callBudgetMs - call.budgetMs;
  const groups = Map.groupBy(records, ({ attributes }) => attributes.MessageGroupId);
  return (await Promise.all([...groups.values()].map((group) => handleGroup(call, group, latestStart)))).flat();
};

/** @param latestStart when there is just enough time for another message, as of `performance.now()` */
const handleGroup = async (
  call: WorkerCall,
  group: readonly SQSRecord[],
  latestStart: number,
): Promise<SQSRecord[]> => {
  for (const [index, record] of group.entries()) {
    const outOfTime = index > 0 && performance.now() > latestStart;
    if (!outOfTime && (await handleOne(call, record)).length === 0) continue;
    const postponed = group.slice(outOfTime ? index : index + 1);
    await Promise.all(postponed.map((later) => postponeMessage(call, later, SHORT_DELAY_SECONDS)));
    return group.slice(index);
  }
  return [];
};

/**
 * Whether a message is received for the first time. Only fresh messages are handled in a batch, so that one that fails,
 * or ends its worker, affects no others the next time.
 */
const isFresh = ({ attributes }: SQSRecord): boolean => Number(attributes.ApproximateReceiveCount) === 1;

const handleBatch = async (call: WorkerCall, records: readonly SQSRecord[]): Promise<SQSRecord[]> => {
  if (records.length === 0) return [];
  const results = await call.withLogContext({}, () => runBatch(call, records));
  const retried = records.flatMap((record, index) => {
    const result = results[index];
    return typeof result === "object" ? [[record, result.after] as const] : [];
  });
  await Promise.all(retried.map(([record, seconds]) => postponeMessage(call, record, seconds)));
  return retried.map(([record]) => record);
};

const runBatch = async (call: WorkerCall, records: readonly SQSRecord[]): Promise<readonly HandlerResult[]> => {
  try {
    return (await call.handler.handleBatch?.(records.map(toReceivedMessage), call)) ?? [];
  } catch (error) {
    if (!(error instanceof RetryAfterError)) throw error;
    logPostponed(call, error, 1, records.length);
    const after = call.retryAfter(1, error.seconds);
    return records.map(() => ({ after }));
  }
};

const handleOne = (call: WorkerCall, record: SQSRecord): Promise<SQSRecord[]> =>
  call.withLogContext({ message_id: record.messageId, attempt: toReceivedMessage(record).receiveCount }, () =>
    runOne(call, record),
  );

const runOne = async (call: WorkerCall, record: SQSRecord): Promise<SQSRecord[]> => {
  const { handler, ordered } = call;
  const startedAt = performance.now();
  try {
    const result = await handler.handle(toReceivedMessage(record), call);
    if (result === undefined) return [];
    if (result === "requeue" && !ordered) {
      await requeue(call, record);
      return [];
    }
    // A new message in an ordered queue would come after the later ones of its group, so the same one is postponed.
    await postponeMessage(call, record, result === "requeue" ? SHORT_DELAY_SECONDS : result.after);
    return [record];
  } catch (thrown) {
    return (await retryOrDeadLetter(call, record, thrown, Math.round(performance.now() - startedAt))) ? [] : [record];
  }
};

/** Sends a new message with the same body, which has all of its attempts. */
const requeue = async ({ handler, queue }: WorkerCall, record: SQSRecord): Promise<void> => {
  const { causes } = toReceivedMessage(record);
  const refused = await queue.send([
    {
      queue: handler.name,
      body: record.body,
      delaySeconds: 0,
      trace: record.attributes.AWSTraceHeader,
      ...(causes && { attributes: { [CAUSES_ATTRIBUTE]: causes } }),
    },
  ]);
  if (refused.length > 0) throw new Error("The rest of the work could not be queued");
};
