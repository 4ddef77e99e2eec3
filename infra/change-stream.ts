import { Duration } from "aws-cdk-lib";
import type { Table } from "aws-cdk-lib/aws-dynamodb";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import { EventSourceMapping, FilterCriteria, StartingPosition } from "aws-cdk-lib/aws-lambda";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import type { Config } from "../config/config.ts";
import { STREAM } from "../config/functions.ts";
import { streamFilters } from "../config/stream-filters.ts";
import type { KintounFunction } from "./function.ts";
import { allowWildcard } from "./grants/wildcard.ts";

export interface ChangeStreamProps {
  readonly config: Config;
  readonly table: Table;
  readonly dispatch: KintounFunction;
  /** For what can't be handed on. */
  readonly failures: Queue;
}

/** Brings the table's changes, and its jobs, to `dispatch`, in order, from the first one on; what can't be handed on is noted on a queue of its own. */
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
    allowWildcard(dispatch.role, {
      actions: ["dynamodb:ListStreams"],
      resources: [`${table.tableArn}/stream/*`],
      reason: "Listing is asked of all of a table's streams, and Lambda's poller wants it.",
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
      // The queue is granted above: CDK's own SqsDlq would grant more than SendMessage.
      onFailure: { bind: () => ({ destination: failures.queueArn }) },
    });
  }
}
