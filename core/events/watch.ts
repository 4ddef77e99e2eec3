import type { Facts } from "../ports/log.ts";

/** Follows deliveries from outside. */
export interface Watch {
  /** Has the lines of the log to come about the message in hand tell more. */
  note(facts: Facts): void;
  /** Told of messages that were worked on to the end: when each came into the queue, and when all were handed over, epoch ms of the queue's clock. */
  delivered(sent: readonly number[], given: number): void;
}
