import { createHash } from "node:crypto";
import type { Message, MessageAttributeValue, QueueAttributeName } from "@aws-sdk/client-sqs";
import { DEAD_LETTER_ATTRIBUTES } from "../../core/events/dead-letters.ts";
import { compressBody, decodeBody, MAX_MESSAGE_BYTES } from "../../core/events/message-body.ts";
import type { DeadLetterState, RedriveRequest } from "../../core/ports/operations.ts";
import { truncateText } from "../../lib/util/truncate-text.ts";
import type { SqsSend } from "./sqs-transport.ts";

/** The counts and the dead-letter queue of a queue. */
export interface QueueAttributes {
  readonly waiting: number;
  readonly delayed: number;
  readonly inFlight: number;
  /** `undefined` if it has none. */
  readonly deadLetterUrl: string | undefined;
}

/** Reads the attributes of a queue. */
export const readQueueAttributes = async (send: SqsSend, url: string): Promise<QueueAttributes> => {
  const { Attributes = {} } = await send("GetQueueAttributes", { QueueUrl: url, AttributeNames: ["All"] });
  const count = (name: QueueAttributeName) => Number(Attributes[name] ?? 0);
  return {
    waiting: count("ApproximateNumberOfMessages"),
    delayed: count("ApproximateNumberOfMessagesDelayed"),
    inFlight: count("ApproximateNumberOfMessagesNotVisible"),
    deadLetterUrl: toDeadLetterUrl(url, Attributes.RedrivePolicy),
  };
};

/** A dead-letter queue is in the account and region of its queue. */
const toDeadLetterUrl = (url: string, policy: string | undefined): string | undefined => {
  if (policy === undefined) return undefined;
  const { deadLetterTargetArn: arn }: { readonly deadLetterTargetArn?: unknown } = JSON.parse(policy);
  return typeof arn === "string" ? url.replace(/[^/]*$/, arn.split(":").at(-1) ?? "") : undefined;
};

/** Seconds for which received messages are invisible to other receivers. They are released after use. */
const VISIBILITY_SECONDS = 30;
/** Messages that SQS delivers in one call. */
const MAX_BATCH_SIZE = 10;
/** Maximum number of messages that one request goes through. */
const MAX_RECEIVED = 1000;

/**
 * Goes through the messages of a queue, and releases them at the end. Of an ordered queue SQS delivers possibly only the
 * first messages of each group.
 * @param visit returns whether to go on
 */
const visitMessages = async (
  send: SqsSend,
  url: string,
  visit: (message: Message) => Promise<boolean> | boolean,
): Promise<void> => {
  const { waiting } = await readQueueAttributes(send, url);
  const held = new Map<string | undefined, string | undefined>();
  try {
    for (;;) {
      const { Messages = [] } = await send("ReceiveMessage", {
        QueueUrl: url,
        MaxNumberOfMessages: MAX_BATCH_SIZE,
        VisibilityTimeout: VISIBILITY_SECONDS,
        // All servers of SQS are asked only if it waits. Nothing is waited for after the last message.
        WaitTimeSeconds: held.size < waiting ? 1 : 0,
        MessageSystemAttributeNames: ["All"],
        MessageAttributeNames: ["All"],
      });
      const fresh = Messages.filter(({ MessageId }) => !held.has(MessageId));
      for (const { MessageId, ReceiptHandle } of Messages) held.set(MessageId, ReceiptHandle);
      if (fresh.length === 0) return;
      for (const message of fresh) if (!(await visit(message))) return;
      if (held.size >= MAX_RECEIVED) return;
    }
  } finally {
    await Promise.allSettled(
      [...held.values()].map((ReceiptHandle) =>
        send("ChangeMessageVisibility", { QueueUrl: url, ReceiptHandle, VisibilityTimeout: 0 }),
      ),
    );
  }
};

/** Longer bodies are left out of lists. */
const MAX_LISTED_BODY_CHARS = 16_000;

/** Reads dead letters and leaves them in the queue. */
export const listDeadLetters = async (send: SqsSend, url: string, limit: number): Promise<DeadLetterState[]> => {
  const found: DeadLetterState[] = [];
  await visitMessages(send, url, (message) => {
    const letter = toDeadLetter(message);
    found.push((letter.body?.length ?? 0) > MAX_LISTED_BODY_CHARS ? { ...letter, body: null } : letter);
    return found.length < limit;
  });
  return found.toSorted((a, b) => b.sentAt - a.sentAt);
};

/** Reads one dead letter. */
export const findDeadLetter = async (send: SqsSend, url: string, id: string): Promise<DeadLetterState | undefined> => {
  let found: DeadLetterState | undefined;
  await visitMessages(send, url, (message) => {
    if (message.MessageId === id) found = toDeadLetter(message);
    return found === undefined;
  });
  return found;
};

const toDeadLetter = ({ MessageId = "", Body = "", Attributes, MessageAttributes = {} }: Message): DeadLetterState => {
  const text = (name: string) => MessageAttributes[name]?.StringValue;
  const attempts = text("attempts");
  return {
    id: MessageId,
    body: readBody(Body),
    bytes: Buffer.byteLength(Body),
    sentAt: Number(Attributes?.SentTimestamp ?? 0),
    error: text("error"),
    stack: text("stack"),
    attempts: attempts === undefined ? undefined : Number(attempts),
    target: text("target"),
  };
};

/** The body as JSON if it was compressed. */
const readBody = (body: string): string => {
  if (!body.startsWith("gzip:")) return body;
  try {
    return JSON.stringify(decodeBody(body));
  } catch {
    return body;
  }
};

/** Sends dead letters to a queue again, and removes them. */
export const redriveMessages = async (
  send: SqsSend,
  { from, to }: { readonly from: string; readonly to: string },
  { ids, limit, body }: RedriveRequest,
): Promise<string[]> => {
  const startedAt = Date.now();
  return takeMessages(send, from, { ids, limit, before: startedAt }, (message) => resend(send, to, message, body));
};

/** Removes dead letters. */
export const deleteMessages = (send: SqsSend, url: string, ids: readonly string[]): Promise<string[]> =>
  takeMessages(send, url, { ids, limit: ids.length, before: Number.POSITIVE_INFINITY }, async () => undefined);

/** Handles messages and deletes each after it. A message that fails again after the start stays. */
const takeMessages = async (
  send: SqsSend,
  url: string,
  {
    ids,
    limit,
    before,
  }: { readonly ids: readonly string[] | undefined; readonly limit: number; readonly before: number },
  handle: (message: Message) => Promise<void>,
): Promise<string[]> => {
  const taken: string[] = [];
  const wanted = ids && new Set(ids);
  await visitMessages(send, url, async (message) => {
    const { MessageId: id = "", ReceiptHandle, Attributes } = message;
    if ((wanted === undefined || wanted.has(id)) && Number(Attributes?.SentTimestamp ?? 0) < before) {
      await handle(message);
      await send("DeleteMessage", { QueueUrl: url, ReceiptHandle });
      taken.push(id);
    }
    return taken.length < Math.min(limit, wanted?.size ?? limit);
  });
  return taken;
};

/** Sends a message with its attributes except those of the failure, in its message group. */
const resend = async (send: SqsSend, to: string, message: Message, edited: string | undefined): Promise<void> => {
  const { MessageId, Body = "", Attributes = {}, MessageAttributes = {} } = message;
  const kept = Object.entries(MessageAttributes).filter(
    ([name]) => !DEAD_LETTER_ATTRIBUTES.some((attribute) => attribute === name),
  );
  const attributes: Record<string, MessageAttributeValue> = Object.fromEntries(kept);
  const { AWSTraceHeader: trace } = Attributes;
  const body =
    edited === undefined ? Body : Buffer.byteLength(edited) > MAX_MESSAGE_BYTES ? compressBody(edited) : edited;
  const edition = edited === undefined ? "" : `-${createHash("sha256").update(edited).digest("hex").slice(0, 16)}`;
  await send("SendMessage", {
    QueueUrl: to,
    MessageBody: body,
    ...(kept.length > 0 && { MessageAttributes: attributes }),
    ...(trace !== undefined && {
      MessageSystemAttributes: { AWSTraceHeader: { DataType: "String", StringValue: trace } },
    }),
    // Differs from the first id, so that SQS accepts the message, and is the same when the redrive is repeated.
    ...(to.endsWith(".fifo") && {
      MessageGroupId: Attributes.MessageGroupId,
      MessageDeduplicationId: truncateText(`redrive-${MessageId}${edition}`, 128, ""),
    }),
  });
};
