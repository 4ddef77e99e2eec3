import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import { SQSClient } from "@aws-sdk/client-sqs";
import type { Cloud } from "../app/cloud.ts";
import type { DataFolder } from "./data-folder.ts";
import { givenDynamoDb, prepareTable, startDynamoDb } from "./dynamodb.ts";
import { startMailSink } from "./mail-sink.ts";
import { prepareQueues, startSqs } from "./sqs.ts";
import type { Undo } from "./undo.ts";

export interface EngineOptions {
  readonly folder: DataFolder;
  /** Whether what the engines hold is to outlive them. */
  readonly kept: boolean;
  readonly table: string;
  /** The listeners, each of which gets a queue. */
  readonly listeners: readonly string[];
  /** A DynamoDB that is running already; the embedded one when absent. */
  readonly dynamodb: string | undefined;
}

export type Engines = Awaited<ReturnType<typeof startEngines>>;

/** Starts table, queues and mail sink side by side, and makes in them what infra makes in AWS. */
export const startEngines = async ({ folder, kept, table, listeners, dynamodb }: EngineOptions, undo: Undo) => {
  const file = (name: string) => (kept ? folder.file(name) : undefined);
  const started = <T extends { stop(): Promise<void> }>(engine: T): T => {
    undo.add(() => engine.stop());
    return engine;
  };
  const [tables, queueing, mail] = await Promise.all([
    Promise.resolve(dynamodb === undefined ? startDynamoDb(folder.path) : givenDynamoDb(dynamodb)).then(started),
    startSqs(file("queues")).then(started),
    startMailSink(file("mail.jsonl")).then(started),
  ]);
  const clients = { dynamodb: new DynamoDBClient(tables.client), streams: new DynamoDBStreamsClient(tables.client), sqs: new SQSClient(queueing.client) };
  undo.add(() => {
    for (const client of Object.values(clients)) client.destroy();
  });
  const [stream, queues] = await Promise.all([prepareTable(clients.dynamodb, table), prepareQueues(clients.sqs, queueing, listeners)]);
  const cloud: Cloud = { dynamodb: tables.client, sqs: queueing.client, mail: mail.smtp, search: { file: folder.file("search.sqlite") } };
  return { cloud, clients, stream, queues, mails: mail.mails, dynamodb: tables.name, positions: file("stream.json") };
};
