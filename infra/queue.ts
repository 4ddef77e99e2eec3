import { Aws, Duration, Stack } from "aws-cdk-lib";
import { DeduplicationScope, FifoThroughputLimit, Queue, QueueEncryption, type QueueProps } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { type NamedQueue, QUEUE, queueName } from "../config/queues.ts";

/** Prefix of the names of all queues. A stack name chosen at deployment must work. */
const QUEUE_PREFIX = `${Aws.STACK_NAME}-`;

/** Prefix of the URLs of all queues. */
export const QUEUE_URL_PREFIX = `https://sqs.${Aws.REGION}.${Aws.URL_SUFFIX}/${Aws.ACCOUNT_ID}/${QUEUE_PREFIX}`;

/** The ARN of a queue by its name. */
export const queueArn = (scope: Construct, queue: NamedQueue): string =>
  Stack.of(scope).formatArn({ service: "sqs", resource: queueName(QUEUE_PREFIX, queue) });

/** Creates a queue that is encrypted, requires TLS, and keeps messages for the maximum time of SQS. */
export const makeQueue = (
  scope: Construct,
  id: string,
  {
    name,
    ordered,
    ...options
  }: NamedQueue & Pick<QueueProps, "visibilityTimeout" | "deliveryDelay" | "deadLetterQueue">,
): Queue =>
  new Queue(scope, id, {
    queueName: queueName(QUEUE_PREFIX, { name, ordered }),
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(QUEUE.retentionDays),
    // EventBridge sends no deduplication ids.
    ...(ordered && {
      fifo: true,
      contentBasedDeduplication: true,
      deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
      fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
    }),
    ...options,
  });
