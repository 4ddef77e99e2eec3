import type { SQSRecord } from "aws-lambda";
import { isForGood } from "../../core/events/for-good.ts";
import { FailedTry, type Received, Untried } from "../../core/events/handler.ts";
import { Later } from "../../core/events/later.ts";
import { parkMessage } from "../../core/events/park.ts";
import { type Call, toReceived } from "./call.ts";

/** What was not tried comes again as after so many tries at most, however often it was received. */
const MOST_PATIENT = 4;

/** Parks a message that is not done where it was tried for the last time; else has it come again. @returns whether it is parked */
export const parkedAtLast = async (call: Call, record: SQSRecord, thrown: unknown): Promise<boolean> => {
  const { handler, queue, retryAfter } = call;
  const received = toReceived(record);
  if (thrown instanceof Untried) {
    call.log.error(thrown.message, { error: thrown.cause });
    await postpone(call, record, retryAfter(Math.min(received.attempt, MOST_PATIENT)));
    return false;
  }
  const { cause: error, tries } = thrown instanceof FailedTry ? thrown : { cause: thrown, tries: received.attempt };
  const wait = retryAfter(tries, error instanceof Later ? error.seconds : undefined);
  const last = tries >= call.tries || isForGood(error) || isLostBy(call, received, wait);
  if (error instanceof Later && !last) {
    tellPostponed(call, error, tries, 1);
    await postpone(call, record, wait);
    return false;
  }
  call.meter.add("EventsFailed", handler.name);
  call.log.error("The listener failed", { attempt: tries, error });
  if (last) {
    try {
      if (await parkMessage(queue, handler.name, received, { error, tries })) {
        call.meter.add("EventsParked", handler.name);
        return true;
      }
    } catch (another) {
      call.log.warn("A message that failed too often could not be parked", { error: another });
    }
  }
  await postpone(call, record, wait);
  return false;
};

/** Whether SQS would have thrown a message away, as too old, by the time that it would be worked on again. */
const isLostBy = ({ keeps, visibility }: Call, { sent }: Received, wait: number): boolean =>
  Date.now() + wait * 1000 + visibility > sent + keeps;

/** Tells that a listener wants its events later. */
export const tellPostponed = (
  { handler, log, meter }: Call,
  { seconds, message }: Later,
  tries: number,
  events: number,
): void => {
  meter.add("EventsPostponed", handler.name, events);
  log.info("The listener wants to be called again later", { attempt: tries, seconds, reason: message });
};

/** Has a message come again after some seconds. */
export const postpone = async (
  { handler, queue, log }: Call,
  { messageId, receiptHandle }: SQSRecord,
  seconds: number,
): Promise<void> => {
  try {
    await queue.postpone(handler.name, receiptHandle, seconds);
  } catch (error) {
    log.warn("A message could not be postponed: it comes again when its time-out has passed", {
      message_id: messageId,
      error,
    });
  }
};
