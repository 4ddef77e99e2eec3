import { CreateQueueCommand, type QueueAttributeName, SetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import type { ResourceType } from "./resource-type.ts";

/** Attributes of SQS that properties become as they are. */
const ATTRIBUTES: readonly QueueAttributeName[] = ["DelaySeconds", "MessageRetentionPeriod", "VisibilityTimeout"];
/** Attributes of ordered queues. */
const FIFO_ATTRIBUTES: readonly QueueAttributeName[] = [
  "ContentBasedDeduplication",
  "DeduplicationScope",
  "FifoQueue",
  "FifoThroughputLimit",
];
/** Seconds for which a received message is invisible, if the template gives none. */
const DEFAULT_VISIBILITY_SECONDS = 30;

/** AWS::SQS::Queue */
export const queue: ResourceType = {
  properties: [
    ...ATTRIBUTES,
    ...FIFO_ATTRIBUTES,
    "KmsMasterKeyId",
    "QueueName",
    "RedriveAllowPolicy",
    "RedrivePolicy",
    "SqsManagedSseEnabled",
    "Tags",
  ],
  replacedBy: ["FifoQueue", "QueueName"],
  async create({ account, properties, generateName }) {
    const isFifo = String(properties.FifoQueue) === "true";
    const generated = () => (isFifo ? `${generateName(75)}.fifo` : generateName(80));
    const name = typeof properties.QueueName === "string" ? properties.QueueName : generated();
    const arn = `arn:aws:sqs:${account.region}:${account.id}:${name}`;
    const { client } = account.clients.sqs;
    const { QueueUrl } = await client.send(
      new CreateQueueCommand({ QueueName: name, Attributes: pickAttributes(properties, FIFO_ATTRIBUTES) }),
    );
    const { RedrivePolicy } = properties;
    const Attributes = {
      ...pickAttributes(properties, ATTRIBUTES),
      ...(RedrivePolicy !== undefined && { RedrivePolicy: JSON.stringify(RedrivePolicy) }),
    };
    await client.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));
    const url = `https://sqs.${account.region}.amazonaws.com/${account.id}/${name}`;
    const visibilitySeconds = Number(properties.VisibilityTimeout ?? DEFAULT_VISIBILITY_SECONDS);
    account.queues.set(arn, { name, url, isFifo, visibilitySeconds, isDeadLetterQueue: RedrivePolicy === undefined });
    return {
      ref: url,
      attributes: { Arn: arn, QueueName: name, QueueUrl: url },
      stop: async () => void account.queues.delete(arn),
    };
  },
};

const pickAttributes = (
  properties: Readonly<Record<string, unknown>>,
  names: readonly QueueAttributeName[],
): Record<string, string> =>
  Object.fromEntries(
    names.filter((name) => properties[name] !== undefined).map((name) => [name, String(properties[name])]),
  );
