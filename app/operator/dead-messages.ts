import { ChangeMessageVisibilityCommand, type Message, ReceiveMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { FAILURE_FACTS } from "../../core/events/park.ts";

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

/** Seconds for which they are kept from others while they are read, and after which they are seen again; fauxqs drops messages at 0. */
const READ_WITHIN = 30;
const GIVEN_BACK_AFTER = 1;

/** Reads parked messages and gives them back; of an ordered queue's series perhaps the first alone, as SQS hands over what follows when that is dealt with. */
export const readDead = async (client: SQSClient, url: string, limit: number): Promise<readonly DeadMessage[]> => {
  const read = new Map<string, Message>();
  try {
    for (let more = true; more && read.size < limit; ) {
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({
          QueueUrl: url,
          MaxNumberOfMessages: Math.min(10, limit - read.size),
          VisibilityTimeout: READ_WITHIN,
          WaitTimeSeconds: 1,
          MessageSystemAttributeNames: ["All"],
          MessageAttributeNames: ["All"],
        }),
      );
      for (const message of Messages) read.set(message.MessageId ?? "", message);
      more = Messages.length > 0;
    }
  } finally {
    const back = [...read.values()].map(({ ReceiptHandle }) =>
      client.send(new ChangeMessageVisibilityCommand({ QueueUrl: url, ReceiptHandle, VisibilityTimeout: GIVEN_BACK_AFTER })),
    );
    await Promise.allSettled(back);
  }
  return [...read].map(([id, { Body = "", MessageAttributes = {} }]) => ({
    id,
    body: Body,
    ...Object.fromEntries(FAILURE_FACTS.flatMap((name) => (MessageAttributes[name] === undefined ? [] : [[name, MessageAttributes[name]?.StringValue]]))),
  }));
};
