import type { LogFields } from "../ports/log.ts";
import { TimeLimitError } from "./delivery-errors.ts";
import type { HandlerOutcome } from "./listener.ts";

/** Handles the messages of one queue. */
export interface QueueHandler {
  /** The queue's name, which its function and its messages use too. */
  readonly name: string;
  /**
   * Handles one message. Rejects when the message must be retried: with a `FailedAttemptError` where attempts are
   * counted, with a `NotAttemptedError` when the handler did not run.
   */
  handle(message: ReceivedMessage, limits: HandlerLimits): Promise<HandlerResult>;
  /**
   * Handles several messages at once and returns one result per message. Messages that must be handled alone get a
   * result with `after`. Rejects with a `RetryAfterError` when all of them must be retried later.
   */
  readonly handleBatch?:
    | ((messages: readonly ReceivedMessage[], limits: HandlerLimits) => Promise<readonly HandlerResult[]>)
    | undefined;
}

/** A message as received from its queue. */
export interface ReceivedMessage {
  /** The queue's message id, the same for each delivery. */
  readonly id: string;
  readonly body: string;
  /** When the message was sent to the queue, in epoch ms. */
  readonly sentAt: number;
  /** How often the message was received; 1 for the first time. */
  readonly receiveCount: number;
  /** The message group, in an ordered queue. */
  readonly group?: string | undefined;
  /** The cause chain that a sender outside of the store attached. */
  readonly causes?: string | undefined;
}

export interface HandlerLimits {
  /** Time for this message, in ms. */
  readonly budgetMs: number;
  /** Attempts after which a message moves to the dead-letter queue. */
  readonly maxAttempts: number;
  /** Aborted when the worker shuts down earlier. */
  readonly closing: AbortSignal;
}

/**
 * `"requeue"`: call the handler again with the same message. `after`: retry in so many seconds, which is no failure.
 */
export type HandlerResult = HandlerOutcome | { readonly after: number };

/** Observes deliveries for logs and metrics. */
export interface DeliveryObserver {
  /** Adds fields to all further log lines about the current message. */
  addLogContext(fields: LogFields): void;
  /**
   * Records messages that were handled to the end.
   * @param sentAt when each was sent to the queue, in epoch ms
   * @param startedAt when the handler was called, in epoch ms
   * @param eventIds of a batch, in the order of the messages
   */
  recordDelivered(sentAt: readonly number[], startedAt: number, eventIds?: readonly string[]): void;
}

/** Time that work may still take after its signal was aborted, in ms. */
export const GRACE_MS = 2000;

/**
 * Runs work with a signal that is aborted at its time limit. Work that does not end {@link GRACE_MS} later fails with
 * a {@link TimeLimitError}.
 * @param description names the work in the error
 */
export const runWithTimeLimit = async <T>(
  description: string,
  limitMs: number,
  run: (signal: AbortSignal) => Promise<T> | T,
  closing: AbortSignal,
): Promise<T> => {
  const expired = Promise.withResolvers<never>();
  const signal = AbortSignal.any([AbortSignal.timeout(Math.round(limitMs)), closing]);
  const error = new TimeLimitError(`${description} took longer than ${limitMs / 1000} s`);
  const timer = setTimeout(() => expired.reject(error), limitMs + GRACE_MS);
  try {
    return await Promise.race([run(signal), expired.promise]);
  } finally {
    clearTimeout(timer);
  }
};
