import type { SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import { CAUSES } from "../../core/events/carried-causes.ts";
import type { Handled } from "../../core/events/handler.ts";
import { Later } from "../../core/events/later.ts";
import { parkedAtLast, postpone, tellPostponed } from "./again.ts";
import type { Worker } from "./app.ts";
import { type Call, toReceived } from "./call.ts";

/** Lambda tells nobody that it is about to close a worker. */
const NEVER = new AbortController().signal;

/** Seconds after which a message comes again that there was no time for, or that is to be handled alone. */
const SOON = 1;

/**
 * The lambda that runs one listener, or the jobs of one plugin, on the messages of a queue. A message that fails comes again, or is parked after its
 * last try; the others are done.
 * @param closing aborted when the worker is to close
 */
export const workerHandler =
  (worker: Worker, closing: AbortSignal = NEVER) =>
  async ({ Records }: SQSEvent): Promise<SQSBatchResponse> => {
    const call = { ...worker, closing };
    const again = await (worker.ordered ? byGroup(call, Records) : sideBySide(call, Records));
    return { batchItemFailures: again.map(({ messageId }) => ({ itemIdentifier: messageId })) };
  };

/** @returns what is to come again, as all of the following do */
const sideBySide = async (call: Call, records: readonly SQSRecord[]): Promise<SQSRecord[]> => {
  const fresh = call.handler.handleBatch === undefined ? [] : records.filter(isFresh);
  const together = new Set(fresh.length > 1 ? fresh : []);
  const alone = records.filter((record) => !together.has(record));
  const [again, ...others] = await Promise.all([
    atOnce(call, [...together]),
    ...alone.map((record) => oneOf(call, record)),
  ]);
  return [...again, ...others.flat()];
};

/** Each group's messages one after the other; those behind one that is to come again come again behind it. */
const byGroup = async (call: Call, records: readonly SQSRecord[]): Promise<SQSRecord[]> => {
  if (call.handler.handleBatch !== undefined && records.length > 1 && records.every(isFresh))
    return atOnce(call, records);
  const lastStart = performance.now() + call.lasts - call.budget;
  const groups = Map.groupBy(records, ({ attributes }) => attributes.MessageGroupId);
  return (await Promise.all([...groups.values()].map((group) => inOrder(call, group, lastStart)))).flat();
};

/** @param lastStart when there is just enough time for another message, as `performance.now()` tells it */
const inOrder = async (call: Call, group: readonly SQSRecord[], lastStart: number): Promise<SQSRecord[]> => {
  for (const [place, record] of group.entries()) {
    const late = place > 0 && performance.now() > lastStart;
    if (!late && (await oneOf(call, record)).length === 0) continue;
    await Promise.all(group.slice(late ? place : place + 1).map((behind) => postpone(call, behind, SOON)));
    return group.slice(place);
  }
  return [];
};

/** What was never received before; the others are handled alone, so that one that fails, or ends its worker, takes no others with it. */
const isFresh = ({ attributes }: SQSRecord): boolean => Number(attributes.ApproximateReceiveCount) === 1;

/** All messages in one call. */
const atOnce = async (call: Call, records: readonly SQSRecord[]): Promise<SQSRecord[]> => {
  if (records.length === 0) return [];
  const fates = await call.about({}, () => fatesOf(call, records));
  const again = records.flatMap((record, place) => {
    const one = fates[place];
    return typeof one === "object" ? [[record, one.after] as const] : [];
  });
  await Promise.all(again.map(([record, after]) => postpone(call, record, after)));
  return again.map(([record]) => record);
};

/** What became of several; those that the listener wants later are told as such here. */
const fatesOf = async (call: Call, records: readonly SQSRecord[]): Promise<readonly Handled[]> => {
  try {
    return (await call.handler.handleBatch?.(records.map(toReceived), call)) ?? [];
  } catch (error) {
    if (!(error instanceof Later)) throw error;
    tellPostponed(call, error, 1, records.length);
    const after = call.retryAfter(1, error.seconds);
    return records.map(() => ({ after }));
  }
};

/** One message by itself. */
const oneOf = (call: Call, record: SQSRecord): Promise<SQSRecord[]> =>
  call.about({ message_id: record.messageId, attempt: toReceived(record).attempt }, () => handled(call, record));

const handled = async (call: Call, record: SQSRecord): Promise<SQSRecord[]> => {
  const { handler, queue, ordered } = call;
  const { body, attributes } = record;
  try {
    const fate = await handler.handle(toReceived(record), call);
    if (fate === undefined) return [];
    if (fate !== "again" || ordered) {
      // Anew, and so behind later messages of its group, it would come too late.
      await postpone(call, record, fate === "again" ? SOON : fate.after);
      return [record];
    }
    const { causes } = toReceived(record);
    const beside = causes ? { attributes: { [CAUSES]: causes } } : {};
    const refused = await queue.send([
      { to: handler.name, body, delay: 0, trace: attributes.AWSTraceHeader, ...beside },
    ]);
    if (refused.length > 0) throw new Error("The rest of the work could not be queued");
    return [];
  } catch (thrown) {
    return (await parkedAtLast(call, record, thrown)) ? [] : [record];
  }
};
