import type { SQSRecord } from "aws-lambda";
import { CAUSES } from "../../core/events/carried-causes.ts";
import type { Received } from "../../core/events/handler.ts";
import type { Worker } from "./app.ts";

/** A worker at the messages of one call. */
export interface Call extends Worker {
  /** Aborted when the worker is to close. */
  readonly closing: AbortSignal;
}

/** A record of Lambda's as the core knows messages. */
export const toReceived = ({ messageId, body, attributes, messageAttributes }: SQSRecord): Received => ({
  id: messageId,
  body,
  sent: Number(attributes.SentTimestamp),
  attempt: Number(attributes.ApproximateReceiveCount),
  group: attributes.MessageGroupId,
  causes: messageAttributes[CAUSES]?.stringValue,
});
