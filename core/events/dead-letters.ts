import { inspect } from "node:util";
import { isObject } from "../../lib/json.ts";
import { toSendableText } from "../../lib/util/sendable-text.ts";
import { toError } from "../../lib/util/to-error.ts";
import { truncateText } from "../../lib/util/truncate-text.ts";
import { type Queue, type QueueMessage, toDeadLetterQueue } from "../ports/queue.ts";
import { compressBody, decodeBody, encodeBody, MAX_MESSAGE_BYTES, measureAttributes } from "./message-body.ts";
import type { ReceivedMessage } from "./queue-handler.ts";

/** Message attributes of a dead letter, the most important one first. */
export const DEAD_LETTER_ATTRIBUTES = ["attempts", "failed_at", "error", "stack"] as const;

/** Characters of an error message, or of a stack, that are kept. */
const MAX_ATTRIBUTE_CHARS = 8000;

/**
 * Sends a message to the dead-letter queue of its queue, with the error as attributes.
 * @param queueName the queue that the message was received from
 * @returns whether the queue accepted it
 */
export const sendDeadLetter = async (
  queue: Queue,
  queueName: string,
  { id, body, group }: ReceivedMessage,
  failure: { readonly error: unknown; readonly attempts: number },
): Promise<boolean> => {
  const { error, stack } = describeError(failure.error);
  const attributes = {
    attempts: String(failure.attempts),
    failed_at: new Date().toISOString(),
    error: toAttributeText(error),
    ...(stack && { stack: toAttributeText(stack) }),
  };
  // The id deduplicates retries of this call. Another message about the same object has another id.
  const order = group === undefined ? {} : { group, id };
  const refused = await queue.send([
    {
      queue: toDeadLetterQueue(queueName),
      ...fitDeadLetter(body, attributes),
      ...order,
    },
  ]);
  return refused.length === 0;
};

/**
 * Makes a message fit the queue: compresses its body, and cuts the attributes.
 * @param attributes the most important one first
 */
export const fitDeadLetter = (
  body: string,
  attributes: Readonly<Record<string, string>>,
): Required<Pick<QueueMessage, "body" | "attributes">> => {
  const bytesLeft = (text: string) => MAX_MESSAGE_BYTES - Buffer.byteLength(text);
  const fittingBody = bytesLeft(body) < measureAttributes(attributes) ? compressBody(body) : body;
  return { body: fittingBody, attributes: truncateAttributes(attributes, bytesLeft(fittingBody)) };
};

/** Cuts the attributes to a number of bytes, the last one first. */
const truncateAttributes = (
  attributes: Readonly<Record<string, string>>,
  maxBytes: number,
): Readonly<Record<string, string>> => {
  const kept: Record<string, string> = {};
  for (const [name, text] of Object.entries(attributes)) {
    const bytesLeft = maxBytes - measureAttributes(kept) - measureAttributes({ [name]: "" });
    const value = Buffer.from(text)
      .subarray(0, Math.max(0, bytesLeft))
      .toString("utf8")
      .replace(/\ufffd+$/, "");
    if (value !== "") kept[name] = value;
  }
  return kept;
};

/** SQS rejects empty attribute values. */
export const toAttributeText = (text: string): string => toSendableText(truncateText(text, MAX_ATTRIBUTE_CHARS)) || "?";

/** A record of the table's stream that could not be dispatched, with everything needed to dispatch it later. */
export interface FailedRecord extends ErrorDetails {
  /** The record as Lambda received it. */
  readonly record: object;
}

/** Encodes a failed record as a message body. */
export const encodeFailedRecord = (record: object, error: unknown): string =>
  encodeBody({ ...describeError(error), record } satisfies FailedRecord);

/** Decodes a body of {@link encodeFailedRecord}. Returns `undefined` for other messages, such as Lambda's own. */
export const decodeFailedRecord = (body: string): FailedRecord | undefined => {
  const message = decodeBody(body);
  return isObject(message) && isObject(message.record) && typeof message.error === "string"
    ? (message as unknown as FailedRecord)
    : undefined;
};

interface ErrorDetails {
  /** Name and message. */
  readonly error: string;
  readonly stack?: string;
}

/** Describes any thrown value as text. */
const describeError = (thrown: unknown): ErrorDetails => {
  if (!(thrown instanceof Error)) return { error: typeof thrown === "string" ? thrown : inspect(thrown, { depth: 3 }) };
  const { name, message, stack } = toError(thrown);
  return { error: `${name}: ${message}`, ...(typeof stack === "string" && { stack }) };
};
