import type { HttpClient, Log } from "@kintoun/kit";
import { type AttemptResult, attemptDelivery, MAX_RETRY_DELAY_SECONDS } from "./attempt.ts";
import type { Delivery, DeliveryLog } from "./delivery-log.ts";
import { type HookStates, isDisabled } from "./hook-state.ts";
import type { Hook } from "./hooks.ts";
import type { Message } from "./messages.ts";

/** Maximum number of attempts per message. */
export const MAX_ATTEMPTS = 10;

/** Seconds until the next attempt: 2, 8, 32 … after the first, second, third. */
const backoffSeconds = (tries: number): number => Math.min(2 ** (2 * tries - 1), MAX_RETRY_DELAY_SECONDS);

export interface SendContext {
  readonly log: Log;
  readonly signal: AbortSignal;
}

interface SenderServices {
  readonly http: HttpClient;
  readonly states: HookStates;
  readonly deliveries: DeliveryLog;
  readonly now: () => number;
}

/** Opens the sender, which posts messages to hooks and writes the delivery logs. */
export const openSender = ({ http, states, deliveries, now }: SenderServices) => {
  /** @param before the deliveries so far @param mayRetry whether a temporary failure is retried */
  const post = async (
    hook: Hook,
    message: Message,
    before: Progress,
    mayRetry: boolean,
    { log, signal }: SendContext,
  ): Promise<Delivery> => {
    const state = await states.get(hook);
    const secrets = await states.getSecrets(hook, state);
    const result = await attemptDelivery(http, hook, message, { secrets, now, signal });
    if (result.outcome === "gone") {
      await states.disable(hook);
      log.warn("A webhook responded with 410 and is disabled", { hook: hook.id, uri: message.uri });
    }
    const delivery = createDelivery(message, before, result, mayRetry);
    await deliveries.put(hook, delivery);
    if (delivery.state === "failed")
      log.warn("A webhook did not accept a message", { hook: hook.id, delivery: message.id, error: result.error });
    return delivery;
  };

  return {
    /**
     * Posts a message, unless it is finished, not due yet, or its hook is disabled. Each call makes at most one of
     * {@link MAX_ATTEMPTS} attempts.
     * @returns the time of the next attempt in milliseconds since 1970; `undefined` if there is none
     */
    send: async (hook: Hook, message: Message, context: SendContext): Promise<number | undefined> => {
      const stored = await deliveries.get(hook, message.id);
      if (stored !== undefined && stored.state !== "pending") return undefined;
      if (isDisabled(hook, await states.get(hook))) {
        if (stored !== undefined) await deliveries.put(hook, { ...withoutRetryTime(stored), state: "failed" });
        return undefined;
      }
      if (stored?.not_before !== undefined && stored.not_before > now()) return stored.not_before;
      const before = stored ?? NO_PROGRESS;
      return (await post(hook, message, before, before.tries + 1 < MAX_ATTEMPTS, context)).not_before;
    },

    /** Posts a message once, even to a disabled hook. A delivered message stays delivered, a pending one pending. */
    sendOnce: (hook: Hook, message: Message & Partial<Progress>, context: SendContext): Promise<Delivery> =>
      post(hook, message, { ...NO_PROGRESS, ...message }, message.state === "pending", context),
  };
};

/** The deliveries of a message so far. */
type Progress = Pick<Delivery, "tries" | "attempts"> & Partial<Pick<Delivery, "state">>;

const NO_PROGRESS: Progress = { tries: 0, attempts: [] };

const withoutRetryTime = ({ not_before: _, ...delivery }: Delivery): Delivery => delivery;

const createDelivery = (
  { id, type, uri, body }: Message,
  before: Progress,
  { outcome, retryAfter, ...attempt }: AttemptResult,
  mayRetry: boolean,
): Delivery => {
  const tries = before.tries + 1;
  const state =
    outcome === "delivered" || before.state === "delivered"
      ? "delivered"
      : outcome === "retry" && mayRetry
        ? "pending"
        : "failed";
  return {
    ...{ id, type, uri, body, state, tries },
    attempts: [...before.attempts, attempt],
    ...(state === "pending" && { not_before: attempt.at + Math.max(retryAfter, backoffSeconds(tries)) * 1000 }),
  };
};
