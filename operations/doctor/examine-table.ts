import {
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  type DynamoDBClient,
} from "@aws-sdk/client-dynamodb";
import { TABLE } from "../../adapters/store/dynamodb/table.ts";
import type { Finding } from "../../config/finding.ts";

/** What protects a table and what the store needs of it, apart from its keys. */
export interface TableState {
  readonly status: string;
  readonly hasStream: boolean;
  readonly hasExpiry: boolean;
  readonly isProtected: boolean;
  readonly hasRecovery: boolean;
  /** The earliest time that it can be restored to, if it has point-in-time recovery. */
  readonly earliest: Date | undefined;
}

/** Reads the state of a table in AWS. */
export const readTableState = async (client: DynamoDBClient, table: string): Promise<TableState> => {
  const [{ Table = {} }, { ContinuousBackupsDescription: backups }, { TimeToLiveDescription: expiry }] =
    await Promise.all([
      client.send(new DescribeTableCommand({ TableName: table })),
      client.send(new DescribeContinuousBackupsCommand({ TableName: table })),
      client.send(new DescribeTimeToLiveCommand({ TableName: table })),
    ]);
  const recovery = backups?.PointInTimeRecoveryDescription;
  const stream = Table.StreamSpecification;
  return {
    status: Table.TableStatus ?? "UNKNOWN",
    hasStream: stream?.StreamEnabled === true && stream.StreamViewType === "NEW_AND_OLD_IMAGES",
    hasExpiry:
      expiry?.AttributeName === TABLE.expiry && ["ENABLED", "ENABLING"].includes(expiry.TimeToLiveStatus ?? ""),
    isProtected: Table.DeletionProtectionEnabled === true,
    hasRecovery: recovery?.PointInTimeRecoveryStatus === "ENABLED",
    earliest: recovery?.EarliestRestorableDateTime,
  };
};

/** Finds what a table lacks. */
export const examineTable = (table: string, state: TableState): readonly Finding[] => {
  const lacks = (severity: Finding["severity"], message: string, action: string): Finding => ({
    severity,
    check: "table",
    message: `${table} ${message}`,
    action,
  });
  const fix = `Run: kintoun restore --table ${table}, which switches on what is missing.`;
  return [
    ...(state.status === "ACTIVE"
      ? []
      : [lacks("error", `has the status ${state.status}.`, "Wait until it is ACTIVE.")]),
    ...(state.hasStream
      ? []
      : [lacks("error", "has no stream of new and old images: no listener receives changes.", fix)]),
    ...(state.hasExpiry ? [] : [lacks("warning", "has no time to live: expired items stay, at your expense.", fix)]),
    ...(state.isProtected ? [] : [lacks("warning", "has no deletion protection.", fix)]),
    ...(state.hasRecovery ? [] : [lacks("warning", "has no point-in-time recovery: it cannot be restored.", fix)]),
  ];
};
