import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { join } from "node:path";
import {
  CreateTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  type DynamoDBClientConfig,
  ResourceNotFoundException,
  UpdateTimeToLiveCommand,
} from "@aws-sdk/client-dynamodb";
import { TABLE } from "../adapters/store/dynamodb/table.ts";
import { UserError } from "../config/problem.ts";
import { freePort } from "./free-port.ts";
import { quicken } from "./quicken.ts";

/** What signs calls to engines that check no signature. */
export const LOCAL_CREDENTIALS = {
  region: "us-east-1",
  credentials: { accessKeyId: "local", secretAccessKey: "local" },
} as const;

export interface DynamoDbEngine {
  readonly client: DynamoDBClientConfig;
  /** Which engine it is, for the operator. */
  readonly name: string;
  stop(): Promise<void>;
}

/** Starts dynoxide, a DynamoDB on one SQLite file. @param folder where its file is; in memory when absent */
export const startDynamoDb = async (folder: string | undefined): Promise<DynamoDbEngine> => {
  const file = folder === undefined ? undefined : join(folder, "table.sqlite");
  const { engine, port } = await serving(file === undefined ? [] : ["--db-path", file]);
  try {
    if (file !== undefined) quicken(file);
  } catch (error) {
    engine.stdin?.destroy();
    throw error;
  }
  return {
    client: { endpoint: `http://127.0.0.1:${port}`, ...LOCAL_CREDENTIALS },
    name: `dynoxide (${file ?? "in memory"})`,
    stop: async () => {
      if (engine.exitCode !== null) return;
      const exited = once(engine, "exit");
      engine.stdin?.end();
      await exited;
    },
  };
};

/** The engine, listening. It has to be told a port: somebody else may take it before, and then another is tried. */
const serving = async (
  options: readonly string[],
): Promise<{ readonly engine: ChildProcess; readonly port: number }> => {
  for (let tries = 1; ; tries++) {
    const port = await freePort();
    const engine = guarded([dynoxide(), "serve", "--host", "127.0.0.1", "--port", String(port), ...options]);
    try {
      await listening(engine);
      return { engine, port };
    } catch (error) {
      engine.stdin?.destroy();
      if (tries === MOST_PORTS || !(error instanceof UserError) || !/already in use/.test(error.message)) throw error;
    }
  }
};

const MOST_PORTS = 5;

/** A DynamoDB that is running already, such as DynamoDB Local. */
export const givenDynamoDb = (endpoint: string): DynamoDbEngine => ({
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
      `Install it (npm install --no-save ${name}), or start any DynamoDB and name it: npm start -- --dynamodb http://localhost:8000`,
    ]);
  }
};

/** Runs a program that ends when we do, however we end: its guardian waits for our end of the pipe to close. It is in a group of its own, so that Ctrl-C is ours to handle. */
const guarded = (command: readonly string[]): ChildProcess =>
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

/** ms that the engine may take to start. */
const LONGEST_START = 5000;

/** Resolves when the engine says that it listens; rejects with what it says instead. */
const listening = (engine: ChildProcess): Promise<void> =>
  new Promise((resolve, reject) => {
    let output = "";
    const late = setTimeout(
      () => reject(new UserError([`The embedded DynamoDB did not answer within ${LONGEST_START / 1000} seconds.`])),
      LONGEST_START,
    );
    engine.stderr?.on("data", (chunk) => {
      output = (output + chunk).slice(-2000);
      if (!output.includes("listening on")) return;
      clearTimeout(late);
      resolve();
    });
    engine.once("close", (code) => {
      clearTimeout(late);
      reject(new UserError([`The embedded DynamoDB did not start: ${output.trim() || `exit code ${code}`}`]));
    });
  });

/** Makes the table unless it is there. @returns its stream's ARN */
export const prepareTable = async (client: DynamoDBClient, table: string): Promise<string> => {
  try {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: table }));
    if (Table?.LatestStreamArn !== undefined) return Table.LatestStreamArn;
    throw new UserError([`The table '${table}' has no stream: it was not made by Kintoun.`]);
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error;
  }
  const { partitionKey, sortKey, index, stream, expiry } = TABLE;
  const made = await client.send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [partitionKey, sortKey, index.sortKey].map((AttributeName) => ({
        AttributeName,
        AttributeType: "S",
      })),
      KeySchema: [
        { AttributeName: partitionKey, KeyType: "HASH" },
        { AttributeName: sortKey, KeyType: "RANGE" },
      ],
      LocalSecondaryIndexes: [
        {
          IndexName: index.name,
          KeySchema: [
            { AttributeName: partitionKey, KeyType: "HASH" },
            { AttributeName: index.sortKey, KeyType: "RANGE" },
          ],
          Projection: { ProjectionType: "INCLUDE", NonKeyAttributes: [...index.projects] },
        },
      ],
      StreamSpecification: { StreamEnabled: true, StreamViewType: stream },
    }),
  );
  await client.send(
    new UpdateTimeToLiveCommand({
      TableName: table,
      TimeToLiveSpecification: { AttributeName: expiry, Enabled: true },
    }),
  );
  return made.TableDescription?.LatestStreamArn ?? "";
};
