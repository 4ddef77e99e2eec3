import { Duration } from "aws-cdk-lib";
import { type DeadLetterQueue, Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { QUEUE } from "../app/topology.ts";

/** A queue that is encrypted, speaks TLS only, and keeps messages as long as SQS does. */
export const makeQueue = (scope: Construct, id: string, options: { visibilityTimeout?: Duration; deadLetterQueue?: DeadLetterQueue } = {}): Queue =>
  new Queue(scope, id, {
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(QUEUE.retentionDays),
    ...options,
  });
