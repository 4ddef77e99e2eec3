import { isObject, parseJson } from "../../lib/json.ts";
import { DISPATCH_FAILURES_QUEUE, type Queue, type QueueMessage } from "../ports/queue.ts";
import { fitDeadLetter, toAttributeText } from "./dead-letters.ts";

/** A message that its queue refuses, and why. */
export interface RefusedMessage {
  readonly message: QueueMessage;
  readonly reason: string;
}

/** Name of the queue that refused a message. */
const TARGET_ATTRIBUTE = "target";
/** The other fields of the message but its body, as JSON. */
const FIELDS_ATTRIBUTE = "fields";

/** Message attributes of a refused message that are no part of {@link DEAD_LETTER_ATTRIBUTES}. */
export const REFUSED_ATTRIBUTES = [TARGET_ATTRIBUTE, FIELDS_ATTRIBUTE] as const;

/**
 * Keeps messages in the queue `dispatch-failures`, with the queue that refused them.
 * @returns the indexes of the messages that could not be kept
 */
export const keepRefusedMessages = async (
  queue: Queue,
  refused: readonly RefusedMessage[],
): Promise<readonly number[]> => {
  if (refused.length === 0) return [];
  const rejections = await queue.send(refused.map(toFailure));
  return rejections.map(({ index }) => index);
};

const toFailure = ({ message, reason }: RefusedMessage): QueueMessage => {
  const { queue: target, body, ...fields } = message;
  return {
    queue: DISPATCH_FAILURES_QUEUE,
    ...fitDeadLetter(body, {
      [TARGET_ATTRIBUTE]: target,
      [FIELDS_ATTRIBUTE]: JSON.stringify(fields),
      failed_at: new Date().toISOString(),
      error: toAttributeText(reason),
    }),
  };
};

/** Returns the message that {@link keepRefusedMessages} kept, or `undefined` for other messages. */
export const fromRefusedMessage = (
  body: string,
  { [TARGET_ATTRIBUTE]: queue, [FIELDS_ATTRIBUTE]: json }: Readonly<Record<string, string | undefined>>,
): QueueMessage | undefined => {
  if (queue === undefined || json === undefined) return undefined;
  const fields = parseJson(json);
  return isObject(fields) ? { ...(fields as Omit<QueueMessage, "queue" | "body">), queue, body } : undefined;
};
