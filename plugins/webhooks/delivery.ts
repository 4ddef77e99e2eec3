import { type AttemptResult, MAX_RETRY_DELAY_SECONDS } from "./attempt.ts";
import type { CircuitState } from "./circuit.ts";
import type { Message } from "./messages.ts";

/** The deliveries of one message to a hook. Times are milliseconds since 1970. */
export interface Delivery extends Omit<Message, "body"> {
  /** `pending`: it will be retried; `failed`: it will not. */
  readonly state: "pending" | "delivered" | "failed";
  /** When the message was handled first. Absent in logs of older versions. */
  readonly created_at?: number;
  /** The state of the hook's circuit when the delivery was handled last. */
  readonly circuit?: CircuitState;
  /** Number of attempts. */
  readonly tries: number;
  /** The latest attempts, oldest first. */
  readonly attempts: readonly Attempt[];
  /** The earliest time of the next attempt. */
  readonly not_before?: number;
  /** Absent if it was too large to keep. */
  readonly body?: string;
}

export interface Attempt {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** `null` without a response. */
  readonly status: number | null;
  /** Duration in milliseconds. */
  readonly ms: number;
  /** Why the attempt failed. Contains nothing of the response body. */
  readonly error: string | null;
}

/** Seconds until the next attempt: 2, 8, 32 … after the first, second, third. */
const backoffSeconds = (tries: number): number => Math.min(2 ** (2 * tries - 1), MAX_RETRY_DELAY_SECONDS);

/**
 * Adds an attempt to a delivery. If it failed, the delivery is pending until the next attempt.
 * @param retryUntil when the latest retry may be made; 0 for no retries
 */
export const addAttempt = (
  { id, type, uri, body, ...before }: Message & Partial<Delivery>,
  { outcome, retryAfter, ...attempt }: AttemptResult,
  { retryUntil, circuit }: { readonly retryUntil: number; readonly circuit: CircuitState },
): Delivery => {
  const tries = (before.tries ?? 0) + 1;
  const notBefore = attempt.at + Math.max(retryAfter, backoffSeconds(tries)) * 1000;
  const state =
    outcome === "delivered" || before.state === "delivered"
      ? "delivered"
      : outcome === "retry" && notBefore <= retryUntil
        ? "pending"
        : "failed";
  return {
    ...{ id, type, uri, body, state, circuit, tries },
    created_at: before.created_at ?? attempt.at,
    attempts: [...(before.attempts ?? []), attempt],
    ...(state === "pending" && { not_before: notBefore }),
  };
};

/** A delivery without an attempt: `before` itself if that says everything already. @param now milliseconds since 1970 */
export const holdDelivery = (
  message: Message,
  before: Delivery | undefined,
  circuit: CircuitState,
  now: number,
): Delivery =>
  before?.circuit === circuit
    ? before
    : { state: "pending", created_at: now, tries: 0, attempts: [], ...before, ...message, circuit };

/** A delivery that is given up. */
export const failDelivery = ({ not_before: _, ...delivery }: Delivery): Delivery => ({ ...delivery, state: "failed" });
