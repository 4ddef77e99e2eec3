import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { connect } from "node:net";
import { join } from "node:path";
import {
  CreateTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  type DynamoDBClientConfig,
  ResourceNotFoundException,
  UpdateTimeToLiveCommand,
} from "@aws-sdk/client-dynamodb";
import { Problem } from "../app/problem.ts";
import { TABLE } from "../app/topology.ts";
import { freePort } from "./free-port.ts";
import { quicken } from "./quicken.ts";

/** What signs calls to engines that check no signature. */
export const LOCAL_CREDENTIALS = { region: "us-east-1", credentials: { accessKeyId: "local", secretAccessKey: "local" } } as const;

export interface DynamoDbEngine {
  readonly client: DynamoDBClientConfig;
  /** Which engine it is, for the operator. */
  readonly name: string;
  stop(): Promise<void>;
}

/** Starts dynoxide, a DynamoDB on one SQLite file. @param folder where its file is; in memory when absent */
export const startDynamoDb = async (folder: string | undefined): Promise<DynamoDbEngine> => {
  const port = await freePort();
  const process = guarded([
    dynoxide(),
    "serve",
    "--host",
    "127.0.0.1",
    "--port",
    String(port),
    ...(folder === undefined ? [] : ["--db-path", join(folder, "table.sqlite")]),
  ]);
  let output = "";
  process.stderr?.on("data", (chunk) => (output = (output + chunk).slice(-2000)));
  try {
    await listening(port, process, () => output);
    if (folder !== undefined) quicken(join(folder, "table.sqlite"));
  } catch (error) {
    process.stdin?.destroy();
    throw error;
  }
  return {
    client: { endpoint: `http://127.0.0.1:${port}`, ...LOCAL_CREDENTIALS },
    name: `dynoxide (${folder === undefined ? "in memory" : join(folder, "table.sqlite")})`,
    stop: async () => {
      if (process.exitCode !== null) return;
      const exited = once(process, "exit");
      process.stdin?.end();
      await exited;
    },
  };
};

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
    throw new Problem([
      `The embedded DynamoDB is not installed: this system needs the npm package ${name}.`,
      `Install it (npm install --no-save ${name}), or start any DynamoDB and name it: npm start -- --dynamodb http://localhost:8000`,
    ]);
  }
};

/** Runs a program that ends when we do, however we end: its guardian waits for our end of the pipe to close. It is in a group of its own, so that Ctrl-C is ours to handle. */
const guarded = (command: readonly string[]): ChildProcess =>
  spawn(
    "/bin/sh",
    ["-c", 'exec 3<&0; "$@" </dev/null 3<&- & program=$!; { cat <&3 >/dev/null; kill "$program" 2>/dev/null; } & wait "$program"', "guardian", ...command],
    {
      stdio: ["pipe", "ignore", "pipe"],
      detached: true,
    },
  );

/** ms that the engine may take to start, and between two looks whether it has. */
const START = { longest: 5000, look: 2 };

const listening = async (port: number, engine: ChildProcess, output: () => string): Promise<void> => {
  for (const begun = performance.now(); performance.now() < begun + START.longest; ) {
    if (engine.exitCode !== null) throw new Problem([`The embedded DynamoDB did not start: ${output().trim() || `exit code ${engine.exitCode}`}`]);
    if (await listens(port)) return;
    await new Promise((resolve) => setTimeout(resolve, START.look));
  }
  throw new Problem([`The embedded DynamoDB did not answer within ${START.longest / 1000} seconds.`]);
};

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });

/** Makes the table unless it is there. @returns its stream's ARN */
export const prepareTable = async (client: DynamoDBClient, table: string): Promise<string> => {
  try {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: table }));
    if (Table?.LatestStreamArn !== undefined) return Table.LatestStreamArn;
    throw new Problem([`The table '${table}' has no stream: it was not made by Kintoun.`]);
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error;
  }
  const { partitionKey, sortKey, index, stream, expiry } = TABLE;
  const made = await client.send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [partitionKey, sortKey, index.sortKey].map((AttributeName) => ({ AttributeName, AttributeType: "S" })),
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
  await client.send(new UpdateTimeToLiveCommand({ TableName: table, TimeToLiveSpecification: { AttributeName: expiry, Enabled: true } }));
  return made.TableDescription?.LatestStreamArn ?? "";
};
