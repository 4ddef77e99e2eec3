import type { SQSRecord } from "aws-lambda";
import { redactMessage } from "../../core/errors.ts";
import { sendDeadLetter } from "../../core/events/dead-letters.ts";
import {
  FailedAttemptError,
  isPermanent,
  MAX_RETRY_DELAY_SECONDS,
  NotAttemptedError,
  RetryAfterError,
} from "../../core/events/delivery-errors.ts";
import { CAUSES_ATTRIBUTE } from "../../core/events/provenance.ts";
import type { ReceivedMessage } from "../../core/events/queue-handler.ts";
import type { AttemptOutcome } from "../../core/ports/activity.ts";
import { toError } from "../../lib/util/to-error.ts";
import { truncateText } from "../../lib/util/truncate-text.ts";
import type { Worker } from "./app.ts";

/** A worker during one invocation. */
export interface WorkerCall extends Worker {
  /** Aborted when the worker shuts down. */
  readonly closing: AbortSignal;
}

/** Converts Lambda's record to a message. */
export const toReceivedMessage = ({ messageId, body, attributes, messageAttributes }: SQSRecord): ReceivedMessage => ({
  id: messageId,
  body,
  sentAt: Number(attributes.SentTimestamp),
  receiveCount: Number(attributes.ApproximateReceiveCount),
  group: attributes.MessageGroupId,
  causes: messageAttributes[CAUSES_ATTRIBUTE]?.stringValue,
});

/** Highest attempt number for the backoff of messages that were not attempted, however often they were received. */
const MAX_UNATTEMPTED_BACKOFF = 4;

/**
 * Handles a failed message: sends it to the dead-letter queue after its last attempt, postpones it otherwise.
 * @param ms time that the attempt has taken
 * @returns whether it was dead-lettered
 */
export const retryOrDeadLetter = async (
  call: WorkerCall,
  record: SQSRecord,
  thrown: unknown,
  ms: number,
): Promise<boolean> => {
  const { handler, queue, retryAfter } = call;
  const received = toReceivedMessage(record);
  if (thrown instanceof NotAttemptedError) {
    call.log.error(thrown.message, { error: thrown.cause });
    await postponeMessage(call, record, retryAfter(Math.min(received.receiveCount, MAX_UNATTEMPTED_BACKOFF)));
    return false;
  }
  const { cause: error, attempt } =
    thrown instanceof FailedAttemptError ? thrown : { cause: thrown, attempt: received.receiveCount };
  const delay = retryAfter(attempt, error instanceof RetryAfterError ? error.seconds : undefined);
  const isLast = attempt >= call.maxAttempts || isPermanent(error) || expiresWithin(call, received, delay);
  const recordAttempt = (outcome: AttemptOutcome) =>
    call.activity?.record({
      activity: "attempt",
      listener: handler.name,
      attempt,
      ms,
      outcome,
      error: describeAttemptError(error),
      ...(outcome !== "dead" && { retry_in_seconds: delay }),
    });
  if (error instanceof RetryAfterError && !isLast) {
    logPostponed(call, error, attempt, 1);
    recordAttempt("postponed");
    await postponeMessage(call, record, delay);
    return false;
  }
  call.meter.add("EventsFailed", handler.name);
  call.log.error("The listener failed", { attempt, ...(!isLast && { retry_in_seconds: delay }), error });
  if (isLast) {
    try {
      if (await sendDeadLetter(queue, handler.name, received, { error, attempts: attempt })) {
        call.meter.add("EventsDeadLettered", handler.name);
        recordAttempt("dead");
        call.log.error(
          `The listener gave up after attempt ${attempt}: the message is in the dead-letter queue. Show it with "kintoun queues dead-letters ${handler.name}", try it again with "kintoun queues redrive ${handler.name}".`,
          { attempts: attempt },
        );
        return true;
      }
    } catch (sendError) {
      call.log.warn("A message could not be sent to the dead-letter queue", { error: sendError });
    }
  }
  recordAttempt("failed");
  await postponeMessage(call, record, delay);
  return false;
};

/** Maximum length of an error's message in the activity. Dead letters have all of it. */
const MAX_ERROR_CHARS = 500;

const describeAttemptError = (thrown: unknown): string => {
  const error = toError(thrown);
  return truncateText(`${error.name}: ${redactMessage(error)}`, MAX_ERROR_CHARS, "…");
};

/** Whether the retention of the queue ends before the next attempt could. */
const expiresWithin = ({ retentionMs, visibilityMs }: WorkerCall, { sentAt }: ReceivedMessage, seconds: number) =>
  Date.now() + seconds * 1000 + visibilityMs > sentAt + retentionMs;

/** Logs and counts events that the listener postponed with a `RetryAfterError`. */
export const logPostponed = (
  { handler, log, meter }: WorkerCall,
  { seconds, message }: RetryAfterError,
  attempt: number,
  events: number,
): void => {
  meter.add("EventsPostponed", handler.name, events);
  log.info("The listener postponed its events", { attempt, seconds, reason: message });
};

/** Makes a message visible again after some seconds, at most the longest time of SQS. */
export const postponeMessage = async (
  { handler, queue, log }: WorkerCall,
  { messageId, receiptHandle }: SQSRecord,
  seconds: number,
): Promise<void> => {
  try {
    // The lease of another worker may end later than SQS can wait, for example after the clock was set back.
    await queue.postpone(handler.name, receiptHandle, Math.min(seconds, MAX_RETRY_DELAY_SECONDS));
  } catch (error) {
    log.warn("A message could not be postponed; it is retried after its visibility timeout", {
      message_id: messageId,
      error,
    });
  }
};
