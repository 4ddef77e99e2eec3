import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { DescribeTableCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { GetQueueAttributesCommand, GetQueueUrlCommand, type SQSClient } from "@aws-sdk/client-sqs";
import {
  FILES_OUTPUT_NAME,
  queueOutputName,
  SEARCH_OUTPUT_NAME,
  TABLE_OUTPUT_NAME,
  URL_OUTPUT_NAME,
} from "../config/queues.ts";
import { parsePairs } from "../config/store-location.ts";
import { UserError } from "../config/user-error.ts";

/** A deployed store, read from the outputs of its stack. */
export interface DeployedStack {
  readonly table: string;
  /** URL of the API, with `/v1`. */
  readonly url: string | undefined;
  /** Host name of the serverless search collection; `undefined` if the stack has none. */
  readonly searchHost: string | undefined;
  /** Names of the buckets of plugins' files, by plugin. */
  readonly fileBuckets: Readonly<Record<string, string>>;
  /** URLs of the requested queues, by name. */
  readonly queues: Readonly<Record<string, string>>;
}

/**
 * Finds the table and some queues of a deployed store. Throws a {@link UserError} when the stack is not a complete
 * Kintoun stack.
 *
 * @param names names of the queues
 */
export const findStack = async (stack: string, names: readonly string[]): Promise<DeployedStack> => {
  const client = new CloudFormationClient({});
  try {
    const { Stacks: [found] = [] } = await client.send(new DescribeStacksCommand({ StackName: stack }));
    const outputs = new Map((found?.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]));
    const table = outputs.get(TABLE_OUTPUT_NAME);
    if (table === undefined)
      throw new UserError([
        `The stack '${stack}' has no output ${TABLE_OUTPUT_NAME}: it is not a stack of Kintoun, or its deployment did not finish.`,
      ]);
    const queues = names.map((name) => {
      const url = outputs.get(queueOutputName(name));
      if (url !== undefined) return [name, url] as const;
      throw new UserError([
        `The stack '${stack}' has no output ${queueOutputName(name)}: the queue '${name}' is not deployed. Deploy this configuration, or use the configuration of the stack.`,
      ]);
    });
    const buckets = outputs.get(FILES_OUTPUT_NAME);
    return {
      table,
      fileBuckets: buckets === undefined ? {} : parsePairs(buckets),
      url: outputs.get(URL_OUTPUT_NAME),
      searchHost: outputs.get(SEARCH_OUTPUT_NAME),
      queues: Object.fromEntries(queues),
    };
  } finally {
    client.destroy();
  }
};

/** Finds the URL of a queue's dead-letter queue. */
export const findDeadLetterQueue = async (client: SQSClient, url: string): Promise<string> => {
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["RedrivePolicy"] }),
  );
  const { deadLetterTargetArn = "" } = JSON.parse(Attributes?.RedrivePolicy ?? "{}") as {
    deadLetterTargetArn?: string;
  };
  const [account, name] = deadLetterTargetArn.split(":").slice(-2);
  if (account === undefined || name === undefined)
    throw new UserError([
      `The queue ${url} has no dead-letter queue, so it was not created by Kintoun. Check the endpoint or the stack.`,
    ]);
  const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName: name, QueueOwnerAWSAccountId: account }));
  return QueueUrl ?? "";
};

/** Finds the ARN of a table's stream. */
export const findStreamArn = async (client: DynamoDBClient, table: string): Promise<string> => {
  const { Table } = await client.send(new DescribeTableCommand({ TableName: table }));
  if (Table?.LatestStreamArn === undefined)
    throw new UserError([
      `The table '${table}' has no stream, so it was not created by Kintoun. Check the endpoint or the stack.`,
    ]);
  return Table.LatestStreamArn;
};
