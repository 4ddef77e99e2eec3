import type { Message, SQSClient } from "@aws-sdk/client-sqs";
import { DEAD_LETTER_ATTRIBUTES } from "../core/events/park.ts";
import { giveBack, receiveParked } from "./parked.ts";

/** A message that failed too often, with what is known of that. */
export interface DeadMessage {
  readonly id: string;
  readonly body: string;
  /** Where SQS parked it by itself, nothing is known. */
  readonly error?: string | undefined;
  readonly stack?: string | undefined;
  readonly attempts?: string | undefined;
  /** ISO. */
  readonly failed_at?: string | undefined;
}

/** Seconds for which they are kept from others while they are read. */
const READ_WITHIN = 30;

/** Reads parked messages and gives them back; of an ordered queue's series perhaps the first alone, as SQS hands over what follows when that is dealt with. */
export const readDead = async (client: SQSClient, url: string, limit: number): Promise<readonly DeadMessage[]> => {
  const read = new Map<string, Message>();
  try {
    for (let more = true; more && read.size < limit; ) {
      const messages = await receiveParked(client, url, limit - read.size, READ_WITHIN);
      // Whoever reads for long is handed the first ones again.
      more = messages.some(({ MessageId = "" }) => !read.has(MessageId));
      for (const message of messages) read.set(message.MessageId ?? "", message);
    }
  } finally {
    await giveBack(client, url, read.values());
  }
  return [...read].map(([id, { Body = "", MessageAttributes = {} }]) => ({
    id,
    body: Body,
    ...Object.fromEntries(
      DEAD_LETTER_ATTRIBUTES.flatMap((name) =>
        MessageAttributes[name] === undefined ? [] : [[name, MessageAttributes[name]?.StringValue]],
      ),
    ),
  }));
};
