import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import {
  CreateTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  ResourceNotFoundException,
  type TableDescription,
  UpdateTableCommand,
  UpdateTimeToLiveCommand,
} from "@aws-sdk/client-dynamodb";
import { FORMAT_ITEM, FORMAT_KEY, findFormatIssue } from "../adapters/store/dynamodb/format.ts";
import { TABLE } from "../adapters/store/dynamodb/table.ts";
import { UserError } from "../config/user-error.ts";
import type { AwsConnection } from "../lib/aws/connection.ts";
import { findFreeAddress } from "./server.ts";

/** Credentials for engines that check no signatures. */
export const LOCAL_CREDENTIALS = {
  region: "us-east-1",
  credentials: { accessKeyId: "local", secretAccessKey: "local" },
} as const;

export interface DynamoDbEngine {
  readonly client: AwsConnection;
  /** Description of the engine, for the operator. */
  readonly name: string;
  stop(): Promise<void>;
}

/** Name of the embedded cloud's table. */
export const TABLE_NAME = "kintoun";

/** Name of the embedded table's file in a data folder. */
export const TABLE_FILE = "table.sqlite";

/**
 * Starts dynoxide, a DynamoDB on one SQLite file. Throws a {@link UserError} that names the file when it cannot.
 * @param folder folder of the file; in memory when absent
 * @param onExit called with the reason when the engine ends before it is stopped
 * @param fileName name of the file in the folder
 */
export const startDynamoDb = async (
  folder: string | undefined,
  onExit?: (reason: string) => void,
  fileName: string = TABLE_FILE,
): Promise<DynamoDbEngine> => {
  const file = folder === undefined ? undefined : join(folder, fileName);
  const { engine, endpoint } = await spawnEngine(file);
  try {
    if (file !== undefined) addStreamIndex(file);
  } catch (error) {
    engine.stdin?.destroy();
    throw error;
  }
  let isStopping = false;
  engine.once("exit", (code, signal) => {
    if (!isStopping) onExit?.(`The embedded DynamoDB has ended unexpectedly (${signal ?? `exit code ${code}`}).`);
  });
  return {
    client: { endpoint, ...LOCAL_CREDENTIALS },
    name: `dynoxide (${file ?? "in memory"})`,
    stop: async () => {
      isStopping = true;
      if (engine.exitCode !== null || engine.signalCode !== null) return;
      const exited = once(engine, "exit");
      engine.stdin?.end();
      await exited;
    },
  };
};

/**
 * Starts the engine on a free address: dynoxide 1.2 accepts any signature, and requests of any web page (CORS). Tries
 * another address if a different process takes it first.
 */
const spawnEngine = async (
  file: string | undefined,
): Promise<{ readonly engine: ChildProcess; readonly endpoint: string }> => {
  const options = file === undefined ? [] : ["--db-path", file];
  for (let tries = 1; ; tries++) {
    const { host, port } = await findFreeAddress();
    const engine = spawnGuarded([dynoxide(), "serve", "--host", host, "--port", String(port), ...options]);
    try {
      await waitUntilListening(engine, file);
      return { engine, endpoint: `http://${host}:${port}` };
    } catch (error) {
      engine.stdin?.destroy();
      if (tries === MAX_PORT_TRIES || !(error instanceof UserError) || !/already in use/.test(error.message))
        throw error;
    }
  }
};

const MAX_PORT_TRIES = 5;

/** Uses a DynamoDB that runs already, such as DynamoDB Local. */
export const useExternalDynamoDb = (endpoint: string): DynamoDbEngine => ({
  client: { endpoint, ...LOCAL_CREDENTIALS },
  name: `DynamoDB at ${endpoint}`,
  stop: async () => undefined,
});

const dynoxide = (): string => {
  const name = `@dynoxide/${process.platform}-${process.arch}`;
  try {
    return createRequire(import.meta.url).resolve(`${name}/dynoxide`);
  } catch {
    throw new UserError([
      `The embedded DynamoDB is not installed: this system needs the npm package ${name}.`,
      `Install it (npm install --no-save ${name}), or start another DynamoDB and name it: npm start -- --dynamodb http://localhost:8000`,
    ]);
  }
};

/**
 * Runs a program that ends when this process ends, even if it is killed: a shell waits until our end of the pipe
 * closes. The program has its own process group, so Ctrl-C does not reach it.
 */
const spawnGuarded = (command: readonly string[]): ChildProcess =>
  spawn(
    "/bin/sh",
    [
      "-c",
      'exec 3<&0; "$@" </dev/null 3<&- & program=$!; { cat <&3 >/dev/null; kill "$program" 2>/dev/null; } & wait "$program"',
      "guardian",
      ...command,
    ],
    {
      stdio: ["pipe", "ignore", "pipe"],
      detached: true,
    },
  );

/** How long the engine may take to start. */
const START_TIMEOUT_MS = 5000;

/** Resolves when the engine listens. Rejects with its output when it fails. */
const waitUntilListening = (engine: ChildProcess, file: string | undefined): Promise<void> =>
  new Promise((resolve, reject) => {
    let output = "";
    const timer = setTimeout(
      () =>
        reject(
          new UserError([
            `The embedded DynamoDB did not start within ${START_TIMEOUT_MS / 1000} seconds. Start again, or use another with --dynamodb URL.`,
          ]),
        ),
      START_TIMEOUT_MS,
    );
    engine.stderr?.on("data", (chunk) => {
      output = (output + chunk).slice(-2000);
      if (!output.includes("listening on")) return;
      clearTimeout(timer);
      resolve();
    });
    engine.once("close", (code) => {
      clearTimeout(timer);
      const reason = output.trim() || `exit code ${code}`;
      reject(new UserError([`The embedded DynamoDB did not start: ${reason}`, ...(file ? [tableRemedy(file)] : [])]));
    });
  });

/** Says what to do when the table's file cannot be used. */
export const tableRemedy = (file: string): string =>
  `All records are in ${file}. If it is damaged, restore it from a backup, or choose another folder with --data FOLDER.`;

/** Returns the table's description, or `undefined` when there is no table. */
export const describeTable = async (client: DynamoDBClient, table: string): Promise<TableDescription | undefined> => {
  try {
    return (await client.send(new DescribeTableCommand({ TableName: table }))).Table;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
};

/** Whether a table has format 1, that of version 0.2 and before. */
export const hasFirstFormat = ({ LocalSecondaryIndexes = [] }: TableDescription): boolean =>
  !LocalSecondaryIndexes.some(({ IndexName }) => IndexName === TABLE.revisionIndex.name);

/** Throws a {@link UserError} when this version cannot use a table. */
const requireUsableTable = async (
  client: DynamoDBClient,
  table: string,
  description: TableDescription,
): Promise<void> => {
  if (hasFirstFormat(description))
    throw new UserError([
      `The table '${table}' has format 1, which version 0.2 and before wrote. It lacks an index that DynamoDB cannot add. Start a store on an empty DynamoDB, and copy the objects through the HTTP API.`,
    ]);
  const { Item } = await client.send(new GetItemCommand({ TableName: table, Key: FORMAT_KEY, ConsistentRead: true }));
  const issue = findFormatIssue(table, Item);
  if (issue !== undefined) throw new UserError([issue]);
};

/**
 * Creates the table if it does not exist. Throws a {@link UserError} when this version cannot use it.
 * @param beforeCreation throws when a table must exist
 * @returns the ARN of its stream
 */
export const createTable = async (
  client: DynamoDBClient,
  table: string,
  beforeCreation: () => void = () => undefined,
): Promise<string> => {
  const existing = await describeTable(client, table);
  if (existing !== undefined) {
    if (existing.LatestStreamArn === undefined)
      throw new UserError([
        `The table '${table}' has no stream, so it was not created by Kintoun. Use another DynamoDB.`,
      ]);
    await requireUsableTable(client, table, existing);
    return existing.LatestStreamArn;
  }
  beforeCreation();
  await createTableWithoutStream(client, table);
  return startStream(client, table);
};

/** Starts the stream of a table. @returns its ARN */
export const startStream = async (client: DynamoDBClient, table: string): Promise<string> => {
  const StreamSpecification = { StreamEnabled: true, StreamViewType: TABLE.stream };
  const { TableDescription } = await client.send(new UpdateTableCommand({ TableName: table, StreamSpecification }));
  return TableDescription?.LatestStreamArn ?? "";
};

/** Creates the table with its indexes, expiry and format. */
export const createTableWithoutStream = async (client: DynamoDBClient, table: string): Promise<void> => {
  const { partitionKey, sortKey, index, revisionIndex, expiry } = TABLE;
  const indexes = [index, revisionIndex];
  await client.send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [partitionKey, sortKey, ...indexes.map((one) => one.sortKey)].map((AttributeName) => ({
        AttributeName,
        AttributeType: "S",
      })),
      KeySchema: [
        { AttributeName: partitionKey, KeyType: "HASH" },
        { AttributeName: sortKey, KeyType: "RANGE" },
      ],
      LocalSecondaryIndexes: indexes.map((one) => ({
        IndexName: one.name,
        KeySchema: [
          { AttributeName: partitionKey, KeyType: "HASH" },
          { AttributeName: one.sortKey, KeyType: "RANGE" },
        ],
        Projection: { ProjectionType: "INCLUDE", NonKeyAttributes: [...one.projects] },
      })),
    }),
  );
  await client.send(
    new UpdateTimeToLiveCommand({
      TableName: table,
      TimeToLiveSpecification: { AttributeName: expiry, Enabled: true },
    }),
  );
  await client.send(new PutItemCommand({ TableName: table, Item: FORMAT_ITEM }));
};

/**
 * Adds an index to dynoxide's database. Works around dynoxide 1.2 scanning all stream records at each write, which
 * takes longer than the write after some thousand records. Does nothing if a later version has other tables.
 */
const addStreamIndex = (file: string): void => {
  const database = new DatabaseSync(file, { timeout: 2000 });
  try {
    database.exec(
      "CREATE INDEX IF NOT EXISTS kintoun_newest ON _stream_records (table_name, CAST(sequence_number AS INTEGER))",
    );
  } catch {
    // The engine is slower without the index, but works.
  } finally {
    database.close();
  }
};
