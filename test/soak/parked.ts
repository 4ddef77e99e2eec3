import { DeleteMessageCommand, ReceiveMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { fromMessage } from "../../core/events/event.ts";

/** Takes all messages off a queue. @returns the ids of the events that they carry */
export const takeParked = async (client: SQSClient, QueueUrl: string): Promise<readonly string[]> => {
  const ids: string[] = [];
  for (;;) {
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 0 }),
    );
    if (Messages.length === 0) return ids;
    for (const { Body = "", ReceiptHandle } of Messages) {
      ids.push(fromMessage(Body).id);
      await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    }
  }
};
