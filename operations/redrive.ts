import { setTimeout as sleep } from "node:timers/promises";
import {
  type _Record,
  type DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
} from "@aws-sdk/client-dynamodb-streams";
import { DeleteMessageCommand, type Message, SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import * as z from "zod";
import type { StreamImages } from "../adapters/store/dynamodb/stream.ts";
import type { AppOptions } from "../app/create-app-context.ts";
import { toRouting } from "../config/routing.ts";
import { DEAD_LETTER_ATTRIBUTES } from "../core/events/dead-letters.ts";
import { dispatchEntries } from "../core/events/dispatch.ts";
import { decodeBody } from "../core/events/message-body.ts";
import { fromRefusedMessage } from "../core/events/refused-messages.ts";
import { createDispatcher, logKept } from "../functions/dispatch/app.ts";
import { isObject } from "../lib/json.ts";
import { mapValues } from "../lib/util/map-values.ts";
import { receiveMessages, releaseMessages } from "./dead-letters.ts";

export interface RedriveOptions {
  readonly client: SQSClient;
  /** URL of the dead-letter queue. */
  readonly from: string;
  /** Handles a message. `done` deletes it from the dead-letter queue, `keep` leaves it there. */
  readonly handle: (message: Message) => Promise<"done" | "keep">;
  /** Messages per second. */
  readonly rate: number;
  /** Maximum number of messages. */
  readonly limit?: number | undefined;
  readonly signal: AbortSignal;
  /** Called after each message with the number of handled messages. */
  readonly progress?: ((handled: number) => void) | undefined;
}

/** Seconds for which a received message is invisible to other receivers. */
const VISIBILITY_SECONDS = 60;

/**
 * Handles the messages of a dead-letter queue at a bounded rate. A message is deleted after it was handled, so each
 * is handled at least once. Messages that arrive after the start stay, because a message that fails again would
 * otherwise be handled forever.
 * @returns the number of handled messages
 */
export const redrive = async ({
  client,
  from,
  handle,
  rate,
  limit = Number.POSITIVE_INFINITY,
  signal,
  progress,
}: RedriveOptions): Promise<number> => {
  const startedAt = Date.now();
  const wasSentBefore = ({ Attributes }: Message) => Number(Attributes?.SentTimestamp ?? 0) < startedAt;
  // Kept messages stay invisible until the end. SQS would otherwise deliver them again and again instead of the others.
  const held = new Map<string | undefined, Pick<Message, "ReceiptHandle">>();
  let handled = 0;
  try {
    while (handled < limit && !signal.aborted) {
      const messages = await receiveMessages(
        client,
        from,
        Math.max(1, Math.min(Math.ceil(rate), limit - handled)),
        VISIBILITY_SECONDS,
      );
      const fresh = messages.filter(({ MessageId }) => !held.has(MessageId));
      for (const { MessageId, ReceiptHandle } of messages) held.set(MessageId, { ReceiptHandle });
      if (fresh.length === 0) break;
      for (const message of fresh.filter(wasSentBefore)) {
        if (signal.aborted) break;
        if ((await handle(message)) === "done") {
          await client.send(new DeleteMessageCommand({ QueueUrl: from, ReceiptHandle: message.ReceiptHandle }));
          held.delete(message.MessageId);
          handled++;
          progress?.(handled);
        }
        await sleep(1000 / rate, undefined, { signal }).catch(() => undefined);
      }
    }
    return handled;
  } finally {
    await releaseMessages(client, from, held.values());
  }
};

/**
 * Returns a handler that sends a message to a queue again, with its attributes except those of the failure, and in
 * its message group.
 */
export const resendTo =
  (client: SQSClient, to: string): RedriveOptions["handle"] =>
  async ({ MessageId, Body, Attributes = {}, MessageAttributes = {} }) => {
    const attributes = Object.entries(MessageAttributes).filter(
      ([name]) => !DEAD_LETTER_ATTRIBUTES.some((attribute) => attribute === name),
    );
    const { AWSTraceHeader: trace } = Attributes;
    await client.send(
      new SendMessageCommand({
        QueueUrl: to,
        MessageBody: Body,
        ...(attributes.length > 0 && { MessageAttributes: Object.fromEntries(attributes) }),
        ...(trace !== undefined && {
          MessageSystemAttributes: { AWSTraceHeader: { DataType: "String", StringValue: trace } },
        }),
        // Differs from the first id, so that SQS accepts the message, and is the same when the redrive is repeated.
        ...(to.endsWith(".fifo") && {
          MessageGroupId: Attributes.MessageGroupId,
          MessageDeduplicationId: `redrive-${MessageId}`,
        }),
      }),
    );
    return "done";
  };

/**
 * Lambda's message about a discarded batch. It refers to records of the stream and does not contain them.
 * https://docs.aws.amazon.com/lambda/latest/dg/with-ddb-failures.html
 */
const DISCARDED_BATCH = z.object({
  DDBStreamBatchInfo: z.object({
    shardId: z.string(),
    startSequenceNumber: z.string(),
    endSequenceNumber: z.string(),
    streamArn: z.string(),
  }),
});

/**
 * Reads the stream records of a batch that Lambda discarded, in order. Rejects when the message is not about such a
 * batch, or when the stream no longer has the records (after 24 hours).
 */
export const readDiscardedRecords = async (
  client: DynamoDBStreamsClient,
  body: string,
): Promise<readonly _Record[]> => {
  const message = DISCARDED_BATCH.safeParse(decodeBody(body));
  if (!message.success) throw new TypeError("The message contains no stream record and no reference to one");
  const { shardId, startSequenceNumber, endSequenceNumber, streamArn } = message.data.DDBStreamBatchInfo;
  const at = {
    StreamArn: streamArn,
    ShardId: shardId,
    ShardIteratorType: "AT_SEQUENCE_NUMBER",
    SequenceNumber: startSequenceNumber,
  } as const;
  const last = BigInt(endSequenceNumber);
  const records: _Record[] = [];
  let { ShardIterator: next } = await client.send(new GetShardIteratorCommand(at));
  while (next !== undefined) {
    const { Records = [], NextShardIterator } = await client.send(new GetRecordsCommand({ ShardIterator: next }));
    const inBatch = Records.filter(({ dynamodb }) => BigInt(dynamodb?.SequenceNumber ?? 0) <= last);
    records.push(...inBatch);
    const end = records.at(-1)?.dynamodb?.SequenceNumber;
    if (inBatch.length < Records.length || (end !== undefined && BigInt(end) >= last)) return records;
    next = NextShardIterator;
  }
  return records;
};

/** Dispatches changes again that `dispatch` could not send to their queues. */
export interface Redispatcher {
  /**
   * Dispatches a stream record. Rejects when that fails again.
   * @param record in the format of Lambda's events
   * @returns the names of the queues that received the change
   */
  redispatch(record: object): Promise<readonly string[]>;
  /**
   * Sends a message that its queue refused. Rejects when the queue refuses it again.
   * @returns whether the received message contained one
   */
  resendRefused(received: Message): Promise<boolean>;
  close(): Promise<void>;
}

export const createRedispatcher = async (options: AppOptions): Promise<Redispatcher> => {
  const { queue, subscriptions, readStreamRecord, log, close } = await createDispatcher({
    ...options,
    routing: toRouting(options.config),
  });
  const rejectAgain = async (_: number, error: unknown) => {
    throw error;
  };
  return {
    async redispatch(record) {
      const images = "dynamodb" in record && isObject(record.dynamodb) ? (record.dynamodb as StreamImages) : {};
      const { firstFailed, sent, kept } = await dispatchEntries(
        { queue, subscriptions, sendToDeadLetters: rejectAgain },
        [() => readStreamRecord(images)],
      );
      logKept({ log }, kept);
      if (firstFailed !== undefined) throw new Error("A queue did not accept the change");
      return sent.map((message) => message.queue);
    },
    async resendRefused({ Body = "", MessageAttributes = {} }) {
      const message = fromRefusedMessage(
        Body,
        mapValues(MessageAttributes, ({ StringValue }) => StringValue),
      );
      if (message === undefined) return false;
      const [rejection] = await queue.send([message]);
      if (rejection !== undefined)
        throw new Error(`The queue '${message.queue}' does not accept the message. ${rejection.reason}`);
      return true;
    },
    close,
  };
};
