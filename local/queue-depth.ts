import { GetQueueAttributesCommand, type SQSClient } from "@aws-sdk/client-sqs";

/** How many messages a queue holds, in hand and waiting. */
export const depth = async (client: SQSClient, url: string): Promise<number> => {
  const { Attributes = {} } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["All"] }),
  );
  return ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"]
    .map((name) => Number(Attributes[name as keyof typeof Attributes] ?? 0))
    .reduce((sum, count) => sum + count, 0);
};

/** Resolves when the queues stay empty. */
export const emptied = async (client: SQSClient, urls: readonly string[]): Promise<void> => {
  for (let quiet = 0; quiet < 2; ) {
    const depths = await Promise.all(urls.map((url) => depth(client, url)));
    quiet = depths.every((count) => count === 0) ? quiet + 1 : 0;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};
