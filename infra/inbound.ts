import { CfnOutput } from "aws-cdk-lib";
import { CfnRule } from "aws-cdk-lib/aws-events";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import type { PluginInbound } from "../config/inbound.ts";

export interface InboundProps {
  readonly inbound: PluginInbound;
  readonly queue: Queue;
  /** Where its worker parks what fails. */
  readonly dead: Queue;
}

/** Lets a bus bring events to an inbound part's queue, by a rule; or tells what the queue is, for those who send to it. */
export class Inbound extends Construct {
  constructor(scope: Construct, { inbound: { name, about, from }, queue, dead }: InboundProps) {
    super(scope, `${name}-inbound`);
    if (from === undefined) {
      new CfnOutput(this, "Arn", { value: queue.queueArn, description: `${name}: ${about}` });
      return;
    }
    const ordered = queue.fifo;
    const rule = new CfnRule(this, "Rule", {
      description: `Kintoun: brings events to ${name}`.slice(0, 512),
      eventBusName: from.bus,
      eventPattern: from.pattern,
      targets: [
        {
          id: "Queue",
          arn: queue.queueArn,
          // All of them are one series: EventBridge can't tell whose each is.
          ...(ordered && { sqsParameters: { messageGroupId: name } }),
          // What it can't bring for a day it leaves here; an ordered queue can't take it.
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
