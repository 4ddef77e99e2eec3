import {
  ChangeMessageVisibilityCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { DEAD_LETTER_ATTRIBUTES } from "../core/events/dead-letters.ts";
import { REFUSED_ATTRIBUTES } from "../core/events/refused-messages.ts";

/** Messages that SQS delivers in one call. */
const MAX_BATCH_SIZE = 10;

/**
 * Receives messages with their attributes.
 *
 * @param visibilitySeconds seconds for which they are invisible to other receivers
 */
export const receiveMessages = async (
  client: SQSClient,
  url: string,
  limit: number,
  visibilitySeconds: number,
): Promise<readonly Message[]> => {
  const command = new ReceiveMessageCommand({
    QueueUrl: url,
    MaxNumberOfMessages: Math.min(MAX_BATCH_SIZE, limit),
    VisibilityTimeout: visibilitySeconds,
    WaitTimeSeconds: 1,
    MessageSystemAttributeNames: ["All"],
    MessageAttributeNames: ["All"],
  });
  return (await client.send(command)).Messages ?? [];
};

/**
 * Makes received messages visible again. Ignores failures: the messages become visible anyway when their visibility
 * timeout ends.
 */
export const releaseMessages = async (
  client: SQSClient,
  url: string,
  messages: Iterable<Pick<Message, "ReceiptHandle">>,
): Promise<void> => {
  const released = [...messages].map(({ ReceiptHandle }) =>
    client.send(new ChangeMessageVisibilityCommand({ QueueUrl: url, ReceiptHandle, VisibilityTimeout: 0 })),
  );
  await Promise.allSettled(released);
};

/** A message that failed after all tries. */
export interface DeadLetter {
  readonly id: string;
  readonly body: string;
  /** Absent, like the following, when SQS moved the message because its worker crashed. */
  readonly error?: string | undefined;
  readonly stack?: string | undefined;
  readonly attempts?: string | undefined;
  /** ISO date and time. */
  readonly failed_at?: string | undefined;
  /** The queue that refuses it, and its other fields as JSON. Absent in other dead letters. */
  readonly target?: string | undefined;
  readonly fields?: string | undefined;
}

/** Seconds for which messages are invisible to other receivers while they are read. */
const READ_VISIBILITY_SECONDS = 30;

/**
 * Reads dead letters and leaves them in the queue. Of an ordered queue, possibly reads only the first message of each
 * group, because SQS delivers the next ones later.
 */
export const readDeadLetters = async (
  client: SQSClient,
  url: string,
  limit: number,
): Promise<readonly DeadLetter[]> => {
  const read = new Map<string, Message>();
  try {
    for (let more = true; more && read.size < limit; ) {
      const messages = await receiveMessages(client, url, limit - read.size, READ_VISIBILITY_SECONDS);
      // SQS delivers the first messages again after a while.
      more = messages.some(({ MessageId = "" }) => !read.has(MessageId));
      for (const message of messages) read.set(message.MessageId ?? "", message);
    }
  } finally {
    await releaseMessages(client, url, read.values());
  }
  return [...read].map(([id, { Body = "", MessageAttributes = {} }]) => ({
    id,
    body: Body,
    ...Object.fromEntries(
      [...DEAD_LETTER_ATTRIBUTES, ...REFUSED_ATTRIBUTES].flatMap((name) =>
        MessageAttributes[name] === undefined ? [] : [[name, MessageAttributes[name]?.StringValue]],
      ),
    ),
  }));
};
