import { createHash } from "node:crypto";
import type { SendMessageBatchRequestEntry } from "@aws-sdk/client-sqs";
import { MAX_MESSAGE_BYTES, measureMessage } from "../../core/events/message-body.ts";
import type { Log } from "../../core/ports/log.ts";
import type { Queue, QueueMessage, QueueRejection } from "../../core/ports/queue.ts";
import { splitIntoBatches } from "../../lib/util/split-into-batches.ts";
import { toError } from "../../lib/util/to-error.ts";
import type { SqsSend } from "./sqs-transport.ts";

/** Limits of one call. */
const LIMITS = { maxItems: 10, maxBytes: MAX_MESSAGE_BYTES };

/** A message and its index in the list to send. */
type IndexedMessage = QueueMessage & { readonly index: number };

/**
 * Creates an adapter for SQS queues. Queues whose URL ends in `.fifo` are ordered.
 * @param urls URLs of the queues, by name
 */
export const createSqsQueue = ({
  send,
  urls,
  log,
}: {
  readonly send: SqsSend;
  readonly urls: Readonly<Record<string, string>>;
  readonly log: Log;
}): Queue => ({
  async send(messages) {
    const byUrl = Map.groupBy(
      messages.map((message, index) => ({ ...message, index })),
      ({ queue }) => urls[queue],
    );
    const calls = [...byUrl].map(([url, queueMessages]) =>
      url?.endsWith(".fifo") ? sendInOrder(send, log, url, queueMessages) : sendAll(send, log, url, queueMessages),
    );
    return (await Promise.all(calls)).flat();
  },
  async postpone(queue, receipt, seconds) {
    await send("ChangeMessageVisibility", {
      QueueUrl: urls[queue],
      ReceiptHandle: receipt,
      VisibilityTimeout: seconds,
    });
  },
  async ping(queues) {
    await Promise.all(
      queues.map((queue) => send("GetQueueAttributes", { QueueUrl: urls[queue], AttributeNames: ["QueueArn"] })),
    );
  },
});

const sendAll = async (
  send: SqsSend,
  log: Log,
  url: string | undefined,
  messages: readonly IndexedMessage[],
): Promise<QueueRejection[]> => {
  const batches = splitIntoBatches(messages, measureMessage, LIMITS);
  return (await Promise.all(batches.map((batch) => sendBatch(send, log, url, batch)))).flat();
};

/** Sends one message per group and call. After a refused message, no later message of its group is sent. */
const sendInOrder = async (
  send: SqsSend,
  log: Log,
  url: string,
  messages: readonly IndexedMessage[],
): Promise<QueueRejection[]> => {
  const refused: QueueRejection[] = [];
  const stoppedGroups = new Map<string | undefined, QueueRejection>();
  for (let remaining = messages; remaining.length > 0; ) {
    const heads = [...Map.groupBy(remaining, ({ group }) => group).values()].map(([head]) => head as IndexedMessage);
    for (const rejection of await sendAll(send, log, url, heads))
      stoppedGroups.set(messages.find(({ index }) => index === rejection.index)?.group, rejection);
    const tail = remaining.filter((message) => !heads.includes(message));
    for (const { group, index } of remaining) {
      const rejection = stoppedGroups.get(group);
      if (rejection !== undefined) refused.push({ ...rejection, index });
    }
    remaining = tail.filter(({ group }) => !stoppedGroups.has(group));
  }
  return refused;
};

const sendBatch = async (
  send: SqsSend,
  log: Log,
  url: string | undefined,
  batch: readonly IndexedMessage[],
): Promise<QueueRejection[]> => {
  if (url === undefined) {
    log.error("The queue does not exist", { queues: [...new Set(batch.map(({ queue }) => queue))] });
    return batch.map(({ index, queue }) => ({
      index,
      permanent: true,
      reason: `The store has no queue '${queue}'`,
    }));
  }
  try {
    const Entries = batch.map((message, position) => ({
      Id: String(position),
      ...toEntry(message, url.endsWith(".fifo")),
    }));
    const { Failed = [] } = await send("SendMessageBatch", { QueueUrl: url, Entries });
    for (const { Code, Message } of Failed)
      log.error("The queue refused a message", { queue: url, code: Code, reason: Message });
    return Failed.map(({ Id, Code = "", Message = "" }) => ({
      index: batch[Number(Id)]?.index as number,
      permanent: isPermanent(Code),
      reason: `${Code}: ${Message}`,
    }));
  } catch (error) {
    log.error("The queue refused a batch of messages", { queue: url, error });
    const { name, message } = toError(error);
    return batch.map(({ index }) => ({ index, permanent: isPermanent(name), reason: `${name}: ${message}` }));
  }
};

/**
 * Errors that repeat until an operator changes the queue, its policy or the role, and those of the message itself.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
 */
const PERMANENT_ERRORS =
  /QueueDoesNotExist|NonExistentQueue|AccessDenied|^Kms(?!Throttled)|^InvalidAddress|^InvalidSecurity|^UnsupportedOperation|^InvalidMessageContents|^BatchRequestTooLong/;

const isPermanent = (code: string): boolean => PERMANENT_ERRORS.test(code);

const toEntry = (
  { body, delaySeconds, group = body, id = body, attributes = {}, trace }: QueueMessage,
  ordered: boolean,
): Omit<SendMessageBatchRequestEntry, "Id"> => ({
  MessageBody: body,
  ...(ordered
    ? { MessageGroupId: toSqsId(group), MessageDeduplicationId: toSqsId(id) }
    : delaySeconds !== undefined && { DelaySeconds: delaySeconds }),
  ...(Object.keys(attributes).length > 0 && {
    MessageAttributes: Object.fromEntries(
      Object.entries(attributes).map(([name, value]) => [name, { DataType: "String", StringValue: value }]),
    ),
  }),
  ...(trace !== undefined && {
    MessageSystemAttributes: { AWSTraceHeader: { DataType: "String", StringValue: trace } },
  }),
});

/**
 * SQS ids have at most 128 characters, so ids are hashed. The group of a received message is a hash already and is
 * kept, so that a dead letter stays in its group.
 */
const toSqsId = (text: string): string =>
  /^[0-9a-f]{64}$/.test(text) ? text : createHash("sha256").update(text).digest("hex");
