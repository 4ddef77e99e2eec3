import type { Log } from "../ports/log.ts";
import type { Claim } from "../ports/store.ts";
import { type DeliveryContext, toClaimKey } from "./deliver.ts";
import { RetryAfterError } from "./delivery-errors.ts";
import { type ChangeEvent, decodeEvent, MAX_LOGGED_EVENTS } from "./event.ts";
import { createLease, recordClaims, retryAfterLease } from "./idempotency.ts";
import { extendCauseChain } from "./provenance.ts";
import { type HandlerLimits, type HandlerResult, type ReceivedMessage, runWithTimeLimit } from "./queue-handler.ts";

const TAKEN: Claim = { kind: "taken", tries: 1 };
/** The message is delivered alone the next time. */
const RETRY_ALONE: HandlerResult = { after: 1 };

type BatchMessage = Pick<ReceivedMessage, "body" | "sentAt" | "group">;

/**
 * Delivers several messages in one call of a listener's batch handler. Returns one result per message. Rejects with a
 * {@link RetryAfterError} when the listener throws one, for all of them.
 */
export const deliverBatch = async (
  context: DeliveryContext,
  messages: readonly BatchMessage[],
  limits: HandlerLimits,
): Promise<readonly HandlerResult[]> => {
  const { listener, claims, log, now } = context;
  const events = messages.map(({ body }) => tryDecodeEvent(body));
  const distinct = [
    ...new Map(events.flatMap((event) => (event === undefined ? [] : [[event.id, event] as const]))).values(),
  ];
  const lease = createLease(now, limits);
  const release = (released: readonly ChangeEvent[]) =>
    recordClaims(
      log,
      ...released.map((event) => claims.release(toClaimKey(listener, event), lease, { forget: false })),
    );
  let sorted: SortedBatch;
  try {
    const found = await Promise.allSettled(
      distinct.map(async (event) => (listener.idempotent ? TAKEN : claims.claim(toClaimKey(listener, event), lease))),
    );
    const claimById = new Map(distinct.map(({ id }, index) => [id, readClaim(log, found[index])]));
    sorted = sortBatch(messages, events, claimById, now);
    if (sorted.ready.size > 0) {
      const startedAt = Date.now();
      await runBatch(context, [...sorted.ready.values()], limits);
      context.recordDelivered(sentTimes(messages, events, sorted.ready), startedAt, [...sorted.ready.keys()]);
    }
  } catch (error) {
    if (!listener.idempotent) await release(distinct);
    const fields = { event_ids: distinct.slice(0, MAX_LOGGED_EVENTS).map(({ id }) => id), events: distinct.length };
    if (error instanceof RetryAfterError) {
      context.addLogContext(fields);
      throw error;
    }
    log.warn("The listener failed on a batch of events; each is delivered alone", { ...fields, error });
    return messages.map(() => RETRY_ALONE);
  }
  const { ready, results } = sorted;
  if (!listener.idempotent) {
    await recordClaims(log, ...[...ready.values()].map((event) => claims.settle(toClaimKey(listener, event), lease)));
    await release(distinct.filter(({ id }) => !ready.has(id)));
  }
  return results;
};

interface SortedBatch {
  /** Events to deliver now, by id. */
  readonly ready: ReadonlyMap<string, ChangeEvent>;
  /** The result of each message, once the ready events are delivered. */
  readonly results: readonly HandlerResult[];
}

/** Returns `undefined` when the claim could not be made. The event is then delivered alone. */
const readClaim = (log: Log, found: PromiseSettledResult<Claim> | undefined): Claim | undefined => {
  if (found?.status === "fulfilled") return found.value;
  log.warn("An idempotency record could not be read; the event is delivered alone", { error: found?.reason });
  return undefined;
};

/** A message that cannot be delivered now holds back the later messages of its group. */
const sortBatch = (
  messages: readonly BatchMessage[],
  events: readonly (ChangeEvent | undefined)[],
  claimById: ReadonlyMap<string, Claim | undefined>,
  now: () => number,
): SortedBatch => {
  const ready = new Map<string, ChangeEvent>();
  const heldGroups = new Set<string>();
  const results = messages.map(({ group }, index): HandlerResult => {
    const event = events[index];
    const claim = event && claimById.get(event.id);
    if (claim?.kind === "done" || (event !== undefined && ready.has(event.id))) return undefined;
    if (event !== undefined && claim?.kind === "taken" && (group === undefined || !heldGroups.has(group))) {
      ready.set(event.id, event);
      return undefined;
    }
    if (group !== undefined) heldGroups.add(group);
    return claim?.kind === "busy" ? retryAfterLease(claim.until, now) : RETRY_ALONE;
  });
  return { ready, results };
};

const runBatch = async (
  { listener, log, runWithProvenance }: DeliveryContext,
  events: readonly ChangeEvent[],
  { budgetMs, closing }: HandlerLimits,
): Promise<void> => {
  // Changes of this call continue the longest chain, so that no loop escapes the limit.
  const longest = events.reduce((found, event) =>
    (event.cause?.length ?? 0) > (found.cause?.length ?? 0) ? event : found,
  );
  const run = async (signal: AbortSignal) =>
    runWithProvenance(extendCauseChain(listener.name, longest), () => listener.runBatch?.(events, { log, signal }));
  await runWithTimeLimit(`The listener ${listener.name}`, budgetMs, run, closing);
};

/** Returns when each delivered event was first sent to the queue. */
const sentTimes = (
  messages: readonly BatchMessage[],
  events: readonly (ChangeEvent | undefined)[],
  ready: SortedBatch["ready"],
): readonly number[] =>
  [...ready.keys()].map((id) => messages[events.findIndex((event) => event?.id === id)]?.sentAt as number);

/** Returns `undefined` for a message that is no event. Its error is reported when it is delivered alone. */
const tryDecodeEvent = (body: string): ChangeEvent | undefined => {
  try {
    return decodeEvent(body);
  } catch {
    return undefined;
  }
};
