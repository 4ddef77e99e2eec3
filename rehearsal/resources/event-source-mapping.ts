import { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { DynamoDBBatchResponse, DynamoDBStreamEvent, SQSBatchResponse, SQSEvent } from "aws-lambda";
import type { FilterPattern } from "../../lib/filter-pattern.ts";
import { parseJson } from "../../lib/json.ts";
import { pollQueue } from "../../local/queue-poller.ts";
import { pollStream } from "../../local/stream-poller.ts";
import type { DeployedFunction } from "../account.ts";
import {
  type CreatedResource,
  objectOf,
  objectsOf,
  type ResourceContext,
  type ResourceType,
  requireText,
} from "./resource-type.ts";

const DEFAULTS = { queueBatchSize: 10, streamBatchSize: 100 };
/** Batches at a time if the template sets no maximum, or a higher one: this machine has few cores. */
const MAX_CONCURRENCY = 3;
/** Time that a call waits for a message, and a mapping to end. */
const WAIT_SECONDS = 2;
/** Retries of a stream's batch. Lambda's default is endless, until the records expire. */
const MAX_RETRIES = 20;

/** AWS::Lambda::EventSourceMapping, of a stream of DynamoDB or a queue. */
export const eventSourceMapping: ResourceType = {
  properties: [
    "BatchSize",
    "BisectBatchOnFunctionError",
    "DestinationConfig",
    "Enabled",
    "EventSourceArn",
    "FilterCriteria",
    "FunctionName",
    "FunctionResponseTypes",
    "MaximumBatchingWindowInSeconds",
    "MaximumRecordAgeInSeconds",
    "MaximumRetryAttempts",
    "ScalingConfig",
    "StartingPosition",
    "Tags",
  ],
  async create(context) {
    const { account, report } = context;
    const arn = requireText(context, "EventSourceArn");
    const name = requireText(context, "FunctionName");
    const target = account.findFunction(name);
    if (target === undefined) report("missing-resource", `There is no function or alias ${name}`);
    else if (context.properties.Enabled === false) report("disabled", "The mapping is disabled");
    else if (arn.startsWith("arn:aws:sqs:")) return receiveMessages(context, arn, target);
    else if (/^arn:aws:dynamodb:.*\/stream\//.test(arn)) return receiveChanges(context, arn, target);
    else report("unsupported", `The rehearsal has no event source ${arn}`);
    return { ref: context.logicalId, attributes: {} };
  },
};

/** Lambda calls the source with the function's role, and refuses a mapping that lacks a permission. */
const requireGrants = (
  { account, logicalId }: ResourceContext,
  { role }: DeployedFunction,
  actions: readonly string[],
  resource: string,
): void => {
  for (const action of actions)
    account.directory.authorize({ role, name: logicalId }, { action, resource, context: {} });
};

/** A function's answer about the messages that failed. Without this response type, Lambda ignores it. */
const toFailures = ({ properties }: ResourceContext, answer: unknown): SQSBatchResponse => {
  const types = properties.FunctionResponseTypes;
  if (!Array.isArray(types) || !types.includes("ReportBatchItemFailures")) return { batchItemFailures: [] };
  const { batchItemFailures } = objectOf(answer);
  return { batchItemFailures: Array.isArray(batchItemFailures) ? batchItemFailures : [] };
};

const receiveMessages = async (
  context: ResourceContext,
  arn: string,
  target: DeployedFunction,
): Promise<CreatedResource> => {
  const { account, logicalId, properties, report } = context;
  requireGrants(context, target, ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], arn);
  const queue = account.queues.get(arn);
  const { timeoutSeconds } = target.lambda.options;
  if (queue === undefined) report("missing-resource", `There is no queue ${arn}`);
  else if (queue.visibilitySeconds < timeoutSeconds)
    // https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    report(
      "visibility-timeout",
      `The queue hides messages for ${queue.visibilitySeconds} s, less than the function's time-out of ${timeoutSeconds} s`,
    );
  if (properties.FilterCriteria !== undefined) report("unsupported", "The rehearsal has no filters of queues");
  const client = new SQSClient({ ...account.connect(account.directory.credentialsOfRole(target.role, logicalId)) });
  const concurrency = Number(objectOf(properties.ScalingConfig).MaximumConcurrency ?? MAX_CONCURRENCY);
  const poller = pollQueue({
    client,
    url: queue?.url ?? "",
    batchSize: Number(properties.BatchSize ?? DEFAULTS.queueBatchSize),
    batchWindow: Number(properties.MaximumBatchingWindowInSeconds ?? 0),
    concurrency: Math.min(concurrency, MAX_CONCURRENCY),
    handler: async (event: SQSEvent) => toFailures(context, await target.lambda.invoke(withArn(event, arn))),
    log: account.log,
    // A call that is aborted could still receive a message, which an update must not lose.
    waitSeconds: WAIT_SECONDS,
  });
  account.queuePollers.set(logicalId, poller);
  const stop = async () => {
    account.queuePollers.delete(logicalId);
    await poller.stop();
    client.destroy();
  };
  return { ref: logicalId, attributes: {}, stop };
};

const withArn = ({ Records }: SQSEvent, eventSourceARN: string): SQSEvent => ({
  Records: Records.map((record) => ({ ...record, eventSourceARN })),
});

const receiveChanges = async (
  context: ResourceContext,
  arn: string,
  target: DeployedFunction,
): Promise<CreatedResource> => {
  const { account, logicalId, properties, report } = context;
  const actions = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"];
  requireGrants(context, target, actions, arn);
  requireGrants(context, target, ["dynamodb:ListStreams"], `${arn.slice(0, arn.indexOf("/stream/"))}/stream/*`);
  const connection = account.connect(account.directory.credentialsOfRole(target.role, logicalId));
  const [client, sqs] = [new DynamoDBStreamsClient({ ...connection }), new SQSClient({ ...connection })];
  const { Destination } = objectOf(objectOf(properties.DestinationConfig).OnFailure);
  if (Destination !== undefined && account.queues.get(String(Destination)) === undefined)
    report("missing-resource", `There is no queue ${String(Destination)}`);
  const filters = objectsOf(objectOf(properties.FilterCriteria).Filters).map(
    ({ Pattern }) => parseJson(String(Pattern)) as FilterPattern,
  );
  const poller = pollStream({
    client,
    arn,
    // Without filters, all records are passed on.
    filters: properties.FilterCriteria === undefined ? [{}] : filters,
    batchSize: Number(properties.BatchSize ?? DEFAULTS.streamBatchSize),
    handler: async (event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> =>
      toFailures(context, await target.lambda.invoke(event)),
    retries: Math.min(Number(properties.MaximumRetryAttempts ?? MAX_RETRIES), MAX_RETRIES),
    onDiscard: async (records, reason) => {
      report("stream-failure", `${records.length} records were discarded: ${reason.slice(0, 300)}`);
      if (Destination === undefined) return;
      const numbers = records.map(({ dynamodb }) => dynamodb?.SequenceNumber);
      const DDBStreamBatchInfo = {
        batchSize: records.length,
        startSequenceNumber: numbers[0],
        endSequenceNumber: numbers.at(-1),
        streamArn: arn,
      };
      const MessageBody = JSON.stringify({
        requestContext: { functionArn: target.lambda.options.arn },
        DDBStreamBatchInfo,
      });
      await sqs.send(new SendMessageCommand({ QueueUrl: account.queues.get(String(Destination))?.url, MessageBody }));
    },
    file: account.positionsFile(logicalId),
    log: account.log,
  });
  account.streams.set(logicalId, poller);
  const stop = async () => {
    account.streams.delete(logicalId);
    await poller.stop();
    client.destroy();
    sqs.destroy();
  };
  return { ref: logicalId, attributes: {}, stop };
};
