import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { DescribeTableCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { GetQueueAttributesCommand, GetQueueUrlCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { queueOutputName, TABLE_OUTPUT_NAME } from "../config/outputs.ts";
import { UserError } from "../config/problem.ts";

/** A deployed store, as its stack's outputs tell of it. */
export interface FoundStack {
  readonly table: string;
  /** The URLs of those queues that were asked for. */
  readonly queues: Readonly<Record<string, string>>;
}

/** Finds the table and some queues of a deployed store; throws a {@link UserError} where it is not one of Kintoun's. @param names of queues */
export const findStack = async (stack: string, names: readonly string[]): Promise<FoundStack> => {
  const client = new CloudFormationClient({});
  try {
    const { Stacks: [found] = [] } = await client.send(new DescribeStacksCommand({ StackName: stack }));
    const outputs = new Map((found?.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]));
    const table = outputs.get(TABLE_OUTPUT_NAME);
    if (table === undefined)
      throw new UserError([
        `The stack '${stack}' has no output ${TABLE_OUTPUT_NAME}: it is none of Kintoun's, or is not deployed to its end.`,
      ]);
    const queues = names.map((name) => {
      const url = outputs.get(queueOutputName(name));
      if (url !== undefined) return [name, url] as const;
      throw new UserError([
        `The stack '${stack}' has no output ${queueOutputName(name)}: the queue '${name}' is not deployed. Deploy this configuration, or use that of the stack.`,
      ]);
    });
    return { table, queues: Object.fromEntries(queues) };
  } finally {
    client.destroy();
  }
};

/** The URL of the queue where SQS and workers park what failed too often on another. */
export const deadQueueOf = async (client: SQSClient, url: string): Promise<string> => {
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["RedrivePolicy"] }),
  );
  const { deadLetterTargetArn = "" } = JSON.parse(Attributes?.RedrivePolicy ?? "{}") as {
    deadLetterTargetArn?: string;
  };
  const [account, name] = deadLetterTargetArn.split(":").slice(-2);
  if (account === undefined || name === undefined)
    throw new UserError([`The queue ${url} has no queue for what fails: it was not made by Kintoun.`]);
  const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName: name, QueueOwnerAWSAccountId: account }));
  return QueueUrl ?? "";
};

/** The ARN of a table's stream. */
export const streamOf = async (client: DynamoDBClient, table: string): Promise<string> => {
  const { Table } = await client.send(new DescribeTableCommand({ TableName: table }));
  if (Table?.LatestStreamArn === undefined)
    throw new UserError([`The table '${table}' has no stream: it was not made by Kintoun.`]);
  return Table.LatestStreamArn;
};
