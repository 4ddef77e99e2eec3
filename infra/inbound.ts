import { CfnOutput } from "aws-cdk-lib";
import { CfnRule } from "aws-cdk-lib/aws-events";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import type { PluginInbound } from "../config/listeners.ts";

export interface InboundProps {
  readonly inbound: PluginInbound;
  readonly queue: Queue;
  /** Its dead-letter queue. */
  readonly dead: Queue;
}

/** Sends events of a bus to the queue of an inbound part, or outputs the queue's ARN for other senders. */
export class Inbound extends Construct {
  constructor(scope: Construct, { inbound: { name, about, from }, queue, dead }: InboundProps) {
    super(scope, `${name}-inbound`);
    if (from === undefined) {
      new CfnOutput(this, "Arn", { value: queue.queueArn, description: `${name}: ${about}` });
      return;
    }
    const ordered = queue.fifo;
    const rule = new CfnRule(this, "Rule", {
      description: `Kintoun: sends events to ${name}`.slice(0, 512),
      eventBusName: from.bus,
      eventPattern: from.pattern,
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
    for (const one of ordered ? [queue] : [queue, dead]) {
      one.addToResourcePolicy(
        new PolicyStatement({
          principals: [new ServicePrincipal("events.amazonaws.com")],
          actions: ["sqs:SendMessage"],
          resources: [one.queueArn],
          conditions: { ArnEquals: { "aws:SourceArn": rule.attrArn } },
        }),
      );
    }
  }
}
