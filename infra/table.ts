import { RemovalPolicy } from "aws-cdk-lib";
import { AttributeType, BillingMode, ProjectionType, StreamViewType, Table } from "aws-cdk-lib/aws-dynamodb";
import type { Construct } from "constructs";
import { TABLE } from "../adapters/store/dynamodb/table.ts";

/** The store's one table: paid by request, restorable to any second of the last 35 days, and kept whatever happens to the stack. */
export const makeTable = (scope: Construct): Table => {
  const partitionKey = { name: TABLE.partitionKey, type: AttributeType.STRING };
  const table = new Table(scope, "Table", {
    partitionKey,
    sortKey: { name: TABLE.sortKey, type: AttributeType.STRING },
    billingMode: BillingMode.PAY_PER_REQUEST,
    timeToLiveAttribute: TABLE.expiry,
    stream: StreamViewType[TABLE.stream],
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: true,
    removalPolicy: RemovalPolicy.RETAIN,
  });
  table.addLocalSecondaryIndex({
    indexName: TABLE.index.name,
    sortKey: { name: TABLE.index.sortKey, type: AttributeType.STRING },
    projectionType: ProjectionType.INCLUDE,
    nonKeyAttributes: [...TABLE.index.projects],
  });
  return table;
};
