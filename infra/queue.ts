import { Aws, Duration } from "aws-cdk-lib";
import { DeduplicationScope, FifoThroughputLimit, Queue, QueueEncryption, type QueueProps } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { type NamedQueue, queueName } from "../config/queue-names.ts";
import { QUEUE } from "../config/queues.ts";

/** What the names of all queues of the stack begin with: who makes a stack of the template may call it as he likes. */
const STORE = `${Aws.STACK_NAME}-`;

/** What the URLs of all queues of the stack begin with. */
export const QUEUE_URLS = `https://sqs.${Aws.REGION}.${Aws.URL_SUFFIX}/${Aws.ACCOUNT_ID}/${STORE}`;

/** A queue that goes by its name, is encrypted, speaks TLS only, and keeps messages as long as SQS does. */
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
    queueName: queueName(STORE, { name, ordered }),
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
