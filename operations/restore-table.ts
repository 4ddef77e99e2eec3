import { setTimeout as sleep } from "node:timers/promises";
import {
  type DynamoDBClient,
  ResourceNotFoundException,
  RestoreTableToPointInTimeCommand,
  UpdateContinuousBackupsCommand,
  UpdateTableCommand,
  UpdateTimeToLiveCommand,
} from "@aws-sdk/client-dynamodb";
import { TABLE } from "../adapters/store/dynamodb/table.ts";
import { UserError } from "../config/user-error.ts";
import { readTableState, type TableState } from "./doctor/examine-table.ts";

/** Waits between two looks at a table, and the longest time that a restore may take. */
const POLL_MS = 15_000;
const MAX_WAIT_MS = 24 * 3600 * 1000;
/** The newest time that a table can be restored to is this long ago. */
const LATENCY_MS = 5 * 60_000;

export interface RestoreContext {
  readonly client: DynamoDBClient;
  readonly signal: AbortSignal;
  /** Called with the status of the table while it is awaited. */
  readonly onWait: (status: string) => void;
  readonly pollMs?: number;
}

/** Returns the state of a table; `undefined` if there is none. */
export const findTable = async (client: DynamoDBClient, table: string): Promise<TableState | undefined> => {
  try {
    return await readTableState(client, table);
  } catch (error) {
    if (
      error instanceof ResourceNotFoundException ||
      (error instanceof Error && error.name === "TableNotFoundException")
    )
      return undefined;
    throw error;
  }
};

/** Throws a {@link UserError} unless a table can be restored to a time in epoch ms. */
export const requireRestorable = (
  table: string,
  { hasRecovery, earliest }: TableState,
  time: number,
  now: number,
): void => {
  if (!hasRecovery)
    throw new UserError([
      `${table} has no point-in-time recovery. Restore a backup instead (aws dynamodb list-backups), and switch it on: kintoun restore --table ${table}`,
    ]);
  if (earliest !== undefined && time < earliest.getTime())
    throw new UserError([
      `${table} can be restored to ${earliest.toISOString()} at the earliest. Choose a later --time.`,
    ]);
  if (time > now - LATENCY_MS)
    throw new UserError([
      `${table} can be restored to ${new Date(now - LATENCY_MS).toISOString()} at the latest. Choose an earlier --time, or wait.`,
    ]);
};

/** Starts to restore a table into a new one. */
export const startRestore = async (client: DynamoDBClient, from: string, to: string, time: number): Promise<void> => {
  await client.send(
    new RestoreTableToPointInTimeCommand({
      SourceTableName: from,
      TargetTableName: to,
      RestoreDateTime: new Date(time),
    }),
  );
};

/** Waits until a table can be used. Returns `undefined` if it was stopped. */
export const awaitTable = async (
  { client, signal, onWait, pollMs = POLL_MS }: RestoreContext,
  table: string,
): Promise<TableState | undefined> => {
  for (let waited = 0; waited < MAX_WAIT_MS; waited += pollMs) {
    const state = await findTable(client, table);
    if (state?.status === "ACTIVE") return state;
    onWait(state?.status ?? "missing");
    await sleep(pollMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return undefined;
  }
  throw new UserError([`${table} is not ACTIVE after a day. Look at it in the AWS console.`]);
};

/** Switches on what a restore does not copy, and what is missing for other reasons. Returns the state afterwards. */
export const completeTable = async (context: RestoreContext, table: string): Promise<TableState | undefined> => {
  const { client } = context;
  const state = await awaitTable(context, table);
  if (state === undefined) return undefined;
  if (!state.isProtected)
    await client.send(new UpdateTableCommand({ TableName: table, DeletionProtectionEnabled: true }));
  if (!state.hasStream) {
    if ((await awaitTable(context, table)) === undefined) return undefined;
    const StreamSpecification = { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" as const };
    await client.send(new UpdateTableCommand({ TableName: table, StreamSpecification }));
  }
  if (!state.hasExpiry) {
    const TimeToLiveSpecification = { Enabled: true, AttributeName: TABLE.expiry };
    await client.send(new UpdateTimeToLiveCommand({ TableName: table, TimeToLiveSpecification }));
  }
  if (!state.hasRecovery) {
    const PointInTimeRecoverySpecification = { PointInTimeRecoveryEnabled: true };
    await client.send(new UpdateContinuousBackupsCommand({ TableName: table, PointInTimeRecoverySpecification }));
  }
  return awaitTable(context, table);
};
