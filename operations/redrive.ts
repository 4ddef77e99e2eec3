import { setTimeout as sleep } from "node:timers/promises";
import { DeleteMessageCommand, type Message, SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { DEAD_LETTER_ATTRIBUTES } from "../core/events/park.ts";
import { giveBack, receiveParked } from "./parked.ts";

export interface Redriving {
  readonly client: SQSClient;
  /** The URL of the queue where messages are parked. */
  readonly from: string;
  /** What becomes of a message: it is done, and to be taken away, or it stays. */
  readonly take: (message: Message) => Promise<"done" | "stays">;
  /** Messages a second. */
  readonly rate: number;
  /** Messages at most. */
  readonly limit?: number | undefined;
  readonly signal: AbortSignal;
  /** Told after each message how many have been taken. */
  readonly progress?: ((taken: number) => void) | undefined;
}

/** Seconds for which a message is kept from others meanwhile. */
const IN_HAND = 60;

/**
 * Empties a queue where messages were parked before this began, at a bounded rate: each is taken elsewhere, then away from here, so that it is told at least
 * once, whenever this ends. What is parked meanwhile stays: it would go round for ever. @returns how many were taken
 */
export const redrive = async ({
  client,
  from,
  take,
  rate,
  limit = Number.POSITIVE_INFINITY,
  signal,
  progress,
}: Redriving): Promise<number> => {
  const begun = Date.now();
  const isEarlier = ({ Attributes }: Message) => Number(Attributes?.SentTimestamp ?? 0) < begun;
  // What is not taken away is kept in hand until the end: handed over again and again, it would hide what else there is.
  const held = new Map<string | undefined, Pick<Message, "ReceiptHandle">>();
  let taken = 0;
  try {
    while (taken < limit && !signal.aborted) {
      const messages = await receiveParked(
        client,
        from,
        Math.max(1, Math.min(Math.ceil(rate), limit - taken)),
        IN_HAND,
      );
      const fresh = messages.filter(({ MessageId }) => !held.has(MessageId));
      for (const { MessageId, ReceiptHandle } of messages) held.set(MessageId, { ReceiptHandle });
      if (fresh.length === 0) break;
      for (const message of fresh.filter(isEarlier)) {
        if (signal.aborted) break;
        if ((await take(message)) === "done") {
          await client.send(new DeleteMessageCommand({ QueueUrl: from, ReceiptHandle: message.ReceiptHandle }));
          held.delete(message.MessageId);
          taken++;
          progress?.(taken);
        }
        await sleep(1000 / rate, undefined, { signal }).catch(() => undefined);
      }
    }
    return taken;
  } finally {
    await giveBack(client, from, held.values());
  }
};

/** Sends a parked message to a queue again, with what stood beside it but the facts of its failure; one of a series in its place. */
export const sendAgain =
  (client: SQSClient, to: string): Redriving["take"] =>
  async ({ MessageId, Body, Attributes = {}, MessageAttributes = {} }) => {
    const attributes = Object.entries(MessageAttributes).filter(
      ([name]) => !DEAD_LETTER_ATTRIBUTES.some((fact) => fact === name),
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
        // Unlike that of the first time, and the same when this is tried again.
        ...(to.endsWith(".fifo") && {
          MessageGroupId: Attributes.MessageGroupId,
          MessageDeduplicationId: `redrive-${MessageId}`,
        }),
      }),
    );
    return "done";
  };
