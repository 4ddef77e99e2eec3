import { Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import {
  AttributeType,
  BillingMode,
  type ITable,
  ProjectionType,
  StreamViewType,
  Table,
  type TableProps,
} from "aws-cdk-lib/aws-dynamodb";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import { EventSourceMapping, FilterCriteria, StartingPosition } from "aws-cdk-lib/aws-lambda";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { TABLE } from "../adapters/store/dynamodb/table.ts";
import type { Config } from "../config/config.ts";
import { STREAM } from "../config/functions.ts";
import { streamFilters } from "../config/stream-filters.ts";
import type { DeployCalls } from "./deploy-calls.ts";
import type { KintounFunction } from "./function.ts";
import { grantWildcard } from "./grants/wildcard.ts";

/**
 * Creates the store's table: on-demand billing, point-in-time recovery.
 * @param tableName chosen by CloudFormation when absent
 * @param removalPolicy when absent, the table is protected from deletion, and kept when the stack is removed
 */
export const makeTable = (
  scope: Construct,
  { tableName, removalPolicy = RemovalPolicy.RETAIN }: Pick<TableProps, "tableName" | "removalPolicy">,
): Table => {
  const partitionKey = { name: TABLE.partitionKey, type: AttributeType.STRING };
  const table = new Table(scope, "Table", {
    ...(tableName !== undefined && { tableName }),
    partitionKey,
    sortKey: { name: TABLE.sortKey, type: AttributeType.STRING },
    billingMode: BillingMode.PAY_PER_REQUEST,
    timeToLiveAttribute: TABLE.expiry,
    stream: StreamViewType[TABLE.stream],
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: removalPolicy === RemovalPolicy.RETAIN,
    removalPolicy,
  });
  for (const { name, sortKey, projects } of [TABLE.index, TABLE.revisionIndex])
    table.addLocalSecondaryIndex({
      indexName: name,
      sortKey: { name: sortKey, type: AttributeType.STRING },
      projectionType: ProjectionType.INCLUDE,
      nonKeyAttributes: [...projects],
    });
  return table;
};

/** The table of another stack by its name. The ARN of its stream is read when the stack is deployed. */
export const findTable = (scope: Construct, tableName: string, calls: DeployCalls): ITable => {
  const tableArn = Stack.of(scope).formatArn({ service: "dynamodb", resource: "table", resourceName: tableName });
  calls.role.addToPolicy(new PolicyStatement({ actions: ["dynamodb:DescribeTable"], resources: [tableArn] }));
  const tableStreamArn = calls.read("Stream", {
    service: "DynamoDB",
    action: "DescribeTable",
    parameters: { TableName: tableName },
    path: "Table.LatestStreamArn",
  });
  return Table.fromTableAttributes(scope, "Table", { tableName, tableStreamArn });
};

export interface ChangeStreamProps {
  readonly config: Config;
  readonly table: ITable;
  readonly dispatch: KintounFunction;
  /** Receives changes that `dispatch` cannot send. */
  readonly failures: Queue;
}

/**
 * Connects the table's stream to `dispatch`, from its first record on. Batches that fail are sent to the failures
 * queue.
 */
export class ChangeStream extends Construct {
  constructor(scope: Construct, { config, table, dispatch, failures }: ChangeStreamProps) {
    super(scope, "ChangeStream");
    const { tableStreamArn } = table;
    if (tableStreamArn === undefined) throw new TypeError("The table has no stream");

    dispatch.role.addToPolicy(
      new PolicyStatement({
        actions: ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"],
        resources: [tableStreamArn],
      }),
    );
    grantWildcard(dispatch.role, {
      actions: ["dynamodb:ListStreams"],
      resources: [`${table.tableArn}/stream/*`],
      reason: "Lambda's poller lists streams, which IAM allows only on all streams of a table.",
    });
    dispatch.role.addToPolicy(new PolicyStatement({ actions: ["sqs:SendMessage"], resources: [failures.queueArn] }));

    new EventSourceMapping(this, "Mapping", {
      target: dispatch.lambda,
      eventSourceArn: tableStreamArn,
      startingPosition: StartingPosition.TRIM_HORIZON,
      filters: streamFilters(config).map((pattern) => FilterCriteria.filter(pattern)),
      batchSize: STREAM.batchSize,
      retryAttempts: STREAM.retries,
      bisectBatchOnError: STREAM.bisect,
      maxRecordAge: Duration.seconds(STREAM.maximumAgeSeconds),
      reportBatchItemFailures: true,
      // The permission is granted above, because CDK's SqsDlq grants more than SendMessage.
      onFailure: { bind: () => ({ destination: failures.queueArn }) },
    });
  }
}
