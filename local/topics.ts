import { CreateTopicCommand, SNSClient, type SNSClientConfig } from "@aws-sdk/client-sns";

/** Creates local topics. @param arns ARNs of the topics in AWS @returns local ARNs by the ARNs in AWS */
export const createTopics = async (
  config: SNSClientConfig,
  arns: readonly string[],
): Promise<Readonly<Record<string, string>>> => {
  const client = new SNSClient(config);
  try {
    const created = await Promise.all(
      [...new Set(arns)].map(async (arn) => {
        const Attributes = arn.endsWith(".fifo") ? { FifoTopic: "true" } : {};
        const { TopicArn = "" } = await client.send(
          new CreateTopicCommand({ Name: arn.slice(arn.lastIndexOf(":") + 1), Attributes }),
        );
        return [arn, TopicArn] as const;
      }),
    );
    return Object.fromEntries(created);
  } finally {
    client.destroy();
  }
};
