import { setTimeout as sleep } from "node:timers/promises";
import { type ChangeEvent, RetryAfterError } from "@kintoun/kit";
import type { Services } from "./deliver.ts";
import type { Hook } from "./hooks.ts";
import { createEventMessage } from "./messages.ts";
import { MAX_WAIT_MS } from "./permits.ts";
import type { Pending, SendContext } from "./sender.ts";

/** Time limit of the worker for one event, in seconds. */
export const WORKER_SECONDS = 55;
/** Time of the limit that an attempt may need besides its timeout: for its turn, and for recording its outcome. */
const WORKER_RESERVE_MS = MAX_WAIT_MS + 5000;
/** Number of times that an event may come back. The limit of SQS is 1,000. */
export const MAX_RETURNS = 990;
/**
 * An event comes back after this part of its age at the earliest. So {@link MAX_RETURNS} are enough for 12 days and any
 * number of hooks. In the first three days it is at most an hour.
 */
const MIN_PART_OF_AGE = 1 / 72;

/**
 * Posts an event to hooks, side by side. A retry that falls due while another hook's attempt is running is made at once.
 *
 * Throws a `RetryAfterError` while a delivery is pending. The next call skips finished deliveries by the delivery logs.
 * If something fails within the store, posts to all other hooks and then rejects.
 */
export const postEvent = async (
  { sender, now, timeoutMs }: Pick<Services, "sender" | "now" | "timeoutMs">,
  hooks: readonly Hook[],
  event: ChangeEvent,
  context: SendContext,
): Promise<void> => {
  const latestStart = performance.now() + WORKER_SECONDS * 1000 - timeoutMs - WORKER_RESERVE_MS;
  const idle = new AbortController();
  const stop = AbortSignal.any([idle.signal, context.signal]);
  let running = hooks.length;
  const post = async (hook: Hook): Promise<Pending | undefined> => {
    const message = createEventMessage(hook, event);
    for (;;) {
      let pending: Pending | undefined;
      try {
        pending = await sender.send(hook, message, context);
      } finally {
        running--;
        if (running === 0) idle.abort();
      }
      if (pending === undefined) return undefined;
      const wait = Math.max(0, pending.at - now());
      if (performance.now() + wait > latestStart) return pending;
      await sleep(wait, undefined, { signal: stop }).catch(() => undefined);
      if (stop.aborted || pending.at > now()) return pending;
      running++;
    }
  };
  const results = await Promise.allSettled(hooks.map(post));
  const failure = results.find((result) => result.status === "rejected");
  if (failure !== undefined) throw failure.reason;
  const pending = results.flatMap((result, index) =>
    result.status === "fulfilled" && result.value !== undefined ? [{ ...result.value, id: hooks[index]?.id }] : [],
  );
  if (pending.length === 0) return;
  const age = now() - Math.min(...pending.map(({ createdAt }) => createdAt));
  const at = Math.max(Math.min(...pending.map((one) => one.at)), now() + age * MIN_PART_OF_AGE);
  const ids = pending.map(({ id }) => id).sort();
  throw retryAt(at, now, `${pending.length} of ${hooks.length} webhooks are retried: ${ids.join(", ")}`);
};

/** An error that makes the queue deliver the event again. @param at time in milliseconds since 1970 */
export const retryAt = (at: number, now: () => number, message: string): Error =>
  new RetryAfterError(Math.max(0, (at - now()) / 1000), message);
