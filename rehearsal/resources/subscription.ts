import { SetSubscriptionAttributesCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import { LOCAL_CREDENTIALS } from "../../local/dynamodb.ts";
import { createTopics } from "../../local/topics.ts";
import { type ResourceType, requireText } from "./resource-type.ts";

/** AWS::SNS::Subscription of a queue. The topic, which others own, is created. */
export const subscription: ResourceType = {
  properties: ["Endpoint", "FilterPolicy", "Protocol", "RawMessageDelivery", "RedrivePolicy", "Region", "TopicArn"],
  async create(context) {
    const { account, logicalId, properties, previous, report } = context;
    const [topic, endpoint] = [requireText(context, "TopicArn"), requireText(context, "Endpoint")];
    if (properties.Protocol !== "sqs" || properties.FilterPolicy !== undefined)
      report("unsupported", "The rehearsal has subscriptions of queues without filters only");
    const caller = { service: "sns.amazonaws.com", sourceArn: topic, name: logicalId };
    // fauxqs delivers by itself, so the queue's policy is checked here.
    if (!account.directory.authorize(caller, { action: "sqs:SendMessage", resource: endpoint, context: {} }))
      return { ref: logicalId, attributes: {} };
    // An update keeps the subscription of the topic.
    if (previous?.ref.startsWith(`${topic}:`)) return previous;
    const config = { endpoint: account.engines.sqs, ...LOCAL_CREDENTIALS };
    const { [topic]: TopicArn } = await createTopics(config, [topic]);
    account.topics.set(topic, TopicArn ?? "");
    const client = new SNSClient(config);
    try {
      const { SubscriptionArn = "" } = await client.send(
        new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint: endpoint, ReturnSubscriptionArn: true }),
      );
      if (properties.RawMessageDelivery === true)
        await client.send(
          new SetSubscriptionAttributesCommand({
            SubscriptionArn,
            AttributeName: "RawMessageDelivery",
            AttributeValue: "true",
          }),
        );
      return { ref: SubscriptionArn, attributes: {} };
    } finally {
      client.destroy();
    }
  },
};
