import { createHash } from "node:crypto";
import { Aws, Duration, Fn, RemovalPolicy, Stack } from "aws-cdk-lib";
import {
  type CfnQueue,
  DeduplicationScope,
  FifoThroughputLimit,
  Queue,
  QueueEncryption,
  type QueueProps,
} from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { type NamedQueue, QUEUE, queueName, toPascalCase } from "../config/queues.ts";

/** Eight characters of the stack's random id: a stack that is removed and deployed again has another one. */
const STACK_GENERATION = Fn.select(0, Fn.split("-", Fn.select(2, Fn.split("/", Aws.STACK_ID))));
export const STACK_GENERATION_LENGTH = 8;

/**
 * Prefix of the names of all work queues. A stack name chosen at deployment must work. SQS refuses the name of a queue
 * for 60 seconds after its deletion
 * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html), hence the generation.
 */
const QUEUE_PREFIX = `${Aws.STACK_NAME}-${STACK_GENERATION}-`;

/** Prefix of the URLs of all queues. */
export const QUEUE_URL_PREFIX = `https://sqs.${Aws.REGION}.${Aws.URL_SUFFIX}/${Aws.ACCOUNT_ID}/${QUEUE_PREFIX}`;

/** The ARN of a queue by its name. */
export const queueArn = (scope: Construct, queue: NamedQueue): string =>
  Stack.of(scope).formatArn({ service: "sqs", resource: queueName(QUEUE_PREFIX, queue) });

/** Creates a work queue. */
export const makeQueue = (
  scope: Construct,
  id: string,
  {
    name,
    ordered,
    ...options
  }: NamedQueue & Pick<QueueProps, "visibilityTimeout" | "deliveryDelay" | "deadLetterQueue">,
): Queue => createQueue(scope, id, ordered, { queueName: queueName(QUEUE_PREFIX, { name, ordered }), ...options });

/** Characters of a listener's name in the name of its dead-letter queue: with `.fifo`, SQS allows 80 in all. */
const MAX_NAME_CHARS = 20;

/**
 * Creates the dead-letter queue of a queue. CloudFormation names it, and keeps it with its messages when its plugin or
 * the stack is removed; only a deployment that fails removes those that it created. A plugin that returns gets another.
 */
export const makeDeadLetterQueue = (scope: Construct, id: string, { name, ordered }: NamedQueue): Queue => {
  const queue = createQueue(scope, id, ordered, { removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE });
  const hash = createHash("sha256").update(name).digest("hex").slice(0, 8);
  // CloudFormation makes the name of the stack's name, the logical id and 12 random characters.
  (queue.node.defaultChild as CfnQueue).overrideLogicalId(`Dead${toPascalCase(name).slice(0, MAX_NAME_CHARS)}${hash}`);
  return queue;
};

/** Creates a queue that is encrypted, requires TLS, and keeps messages for the maximum time of SQS. */
const createQueue = (scope: Construct, id: string, ordered: boolean, options: QueueProps): Queue =>
  new Queue(scope, id, {
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
