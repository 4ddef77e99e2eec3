import { Aws, CfnOutput } from "aws-cdk-lib";
import { CfnRule } from "aws-cdk-lib/aws-events";
import {
  AccountPrincipal,
  ArnPrincipal,
  PolicyStatement,
  type PolicyStatementProps,
  ServicePrincipal,
} from "aws-cdk-lib/aws-iam";
import { CfnSubscription } from "aws-cdk-lib/aws-sns";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import type { PluginInbound } from "../config/listeners.ts";
import { type MessageSource, parseSender } from "../kit/message-source.ts";
import type { EventSource } from "../kit/parts/inbound.ts";

export interface InboundProps {
  readonly inbound: PluginInbound;
  readonly queue: Queue;
  /** Its dead-letter queue. */
  readonly dead: Queue;
}

/** Fills the queue of an inbound part: by a bus, or by other senders, for which it outputs the queue's ARN. */
export class Inbound extends Construct {
  constructor(scope: Construct, { inbound: { name, about, from }, queue, dead }: InboundProps) {
    super(scope, `${name}-inbound`);
    if (from?.kind === "events") receiveEvents(this, name, from, { queue, dead });
    else new CfnOutput(this, "Arn", { value: queue.queueArn, description: `${name}: ${about}` });
    if (from?.kind === "messages") receiveMessages(this, from, { queue, dead });
  }
}

type Queues = Pick<InboundProps, "queue" | "dead">;

/** Sends events of a bus to the queue. */
const receiveEvents = (
  scope: Construct,
  name: string,
  { bus, pattern }: EventSource,
  { queue, dead }: Queues,
): void => {
  const ordered = queue.fifo;
  const rule = new CfnRule(scope, "Rule", {
    description: `Kintoun: sends events to ${name}`.slice(0, 512),
    eventBusName: bus,
    eventPattern: pattern,
    targets: [
      {
        id: "Queue",
        arn: queue.queueArn,
        // EventBridge cannot derive a group, so all events are in one group.
        ...(ordered && { sqsParameters: { messageGroupId: name } }),
        // Receives events that cannot be delivered for a day. EventBridge does not support FIFO queues here.
        ...(!ordered && { deadLetterConfig: { arn: dead.queueArn } }),
      },
    ],
  });
  for (const one of ordered ? [queue] : [queue, dead])
    allowService(one, "events", { ArnEquals: { "aws:SourceArn": rule.attrArn } });
};

/** Permits other senders, and subscribes the queue to the topics among them. */
const receiveMessages = (scope: Construct, { from }: MessageSource, { queue, dead }: Queues): void => {
  const senders = from.flatMap((text) => parseSender(text) ?? []);
  const topics = senders.filter((sender) => sender.kind === "topic");
  for (const { arn, region } of topics)
    new CfnSubscription(scope, arn, {
      topicArn: arn,
      region,
      protocol: "sqs",
      endpoint: queue.queueArn,
      // The message itself, with its attributes, without SNS's envelope.
      rawMessageDelivery: true,
      redrivePolicy: { deadLetterTargetArn: dead.queueArn },
    });
  if (topics.length > 0)
    for (const one of [queue, dead])
      allowService(one, "sns", { ArnEquals: { "aws:SourceArn": topics.map(({ arn }) => arn) } });
  const buckets = senders.flatMap((sender) => (sender.kind === "bucket" ? [sender.arn] : []));
  if (buckets.length > 0)
    // The ARN of a bucket does not name its account.
    allowService(queue, "s3", {
      ArnEquals: { "aws:SourceArn": buckets },
      StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID },
    });
  const principals = senders.flatMap((sender) =>
    sender.kind === "account"
      ? [new AccountPrincipal(sender.account)]
      : sender.kind === "principal"
        ? [new ArnPrincipal(sender.arn)]
        : [],
  );
  if (principals.length > 0) allowSending(queue, { principals });
};

const allowService = (queue: Queue, service: string, conditions: Readonly<Record<string, object>>): void =>
  allowSending(queue, { principals: [new ServicePrincipal(`${service}.amazonaws.com`)], conditions });

const allowSending = (queue: Queue, grant: Pick<PolicyStatementProps, "principals" | "conditions">): void =>
  void queue.addToResourcePolicy(
    new PolicyStatement({ ...grant, actions: ["sqs:SendMessage"], resources: [queue.queueArn] }),
  );
