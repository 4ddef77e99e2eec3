import {
  ChangeMessageVisibilityCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";

/** Messages that SQS hands over in one call. */
const MOST = 10;
/** Seconds after which a message is seen again when it is given back; fauxqs drops messages at 0. */
const GIVEN_BACK_AFTER = 1;

/** Some of what is parked, with what stands beside it. @param inHand seconds for which it is kept from others meanwhile */
export const receiveParked = async (
  client: SQSClient,
  url: string,
  most: number,
  inHand: number,
): Promise<readonly Message[]> => {
  const command = new ReceiveMessageCommand({
    QueueUrl: url,
    MaxNumberOfMessages: Math.min(MOST, most),
    VisibilityTimeout: inHand,
    WaitTimeSeconds: 1,
    MessageSystemAttributeNames: ["All"],
    MessageAttributeNames: ["All"],
  });
  return (await client.send(command)).Messages ?? [];
};

/** Lets others see messages again. What can't be given back they see when its time is over. */
export const giveBack = async (
  client: SQSClient,
  url: string,
  messages: Iterable<Pick<Message, "ReceiptHandle">>,
): Promise<void> => {
  const back = [...messages].map(({ ReceiptHandle }) =>
    client.send(
      new ChangeMessageVisibilityCommand({ QueueUrl: url, ReceiptHandle, VisibilityTimeout: GIVEN_BACK_AFTER }),
    ),
  );
  await Promise.allSettled(back);
};
