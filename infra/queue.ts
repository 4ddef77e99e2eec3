import { Duration } from "aws-cdk-lib";
import { DeduplicationScope, FifoThroughputLimit, Queue, QueueEncryption, type QueueProps } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { QUEUE } from "../app/topology.ts";

/** A queue that is encrypted, speaks TLS only, and keeps messages as long as SQS does. */
export const makeQueue = (
  scope: Construct,
  id: string,
  { ordered = false, ...options }: Pick<QueueProps, "visibilityTimeout" | "deliveryDelay" | "deadLetterQueue"> & { ordered?: boolean } = {},
): Queue =>
  new Queue(scope, id, {
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(QUEUE.retentionDays),
    // Who gives no id of its own, as EventBridge, is known by what it sends.
    ...(ordered && {
      fifo: true,
      contentBasedDeduplication: true,
      deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
      fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
    }),
    ...options,
  });
