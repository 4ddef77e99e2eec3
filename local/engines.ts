import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import { SQSClient } from "@aws-sdk/client-sqs";
import type { Cloud } from "../app/cloud.ts";
import type { QueueConfig } from "../config/queues.ts";
import type { ReadPlugin } from "../kit/read-plugin.ts";
import { together } from "../lib/util/all-settled.ts";
import type { Undo } from "../lib/util/disposables.ts";
import type { DataFolder } from "./data-folder.ts";
import { givenDynamoDb, prepareTable, startDynamoDb } from "./dynamodb.ts";
import { startEventBus } from "./event-bus.ts";
import { startMailSink } from "./mail-sink.ts";
import { givenSqs, prepareQueues, type SqsEngine, startSqs } from "./sqs.ts";

export interface EngineOptions {
  readonly folder: DataFolder;
  /** Whether what the engines hold is to outlive them. */
  readonly kept: boolean;
  readonly table: string;
  readonly queues: readonly QueueConfig[];
  /** Those who are brought events, and whose topics are made; nobody when absent. */
  readonly plugins?: readonly ReadPlugin[];
  /** A DynamoDB that is running already; the embedded one when absent. */
  readonly dynamodb: string | undefined;
  /** An SQS likewise. */
  readonly sqs: string | undefined;
  /** Epoch ms. */
  readonly now: () => number;
}

export type Engines = Awaited<ReturnType<typeof startEngines>>;

/** Starts table, queues and mail sink side by side, and makes in them what infra makes in AWS. */
export const startEngines = async (
  { folder, kept, table, queues: wanted, plugins = [], dynamodb, sqs, now }: EngineOptions,
  undo: Undo,
) => {
  const file = (name: string) => (kept ? folder.file(name) : undefined);
  const started = <T extends { stop(): Promise<void> }>(engine: T): T => {
    undo.add(() => engine.stop());
    return engine;
  };
  const destroyed = <T extends { destroy(): void }>(client: T): T => {
    undo.add(() => client.destroy());
    return client;
  };

  const startTable = async () => {
    const engine = started(dynamodb === undefined ? await startDynamoDb(folder.path) : givenDynamoDb(dynamodb));
    const client = destroyed(new DynamoDBClient(engine.client));
    return {
      engine,
      client,
      streams: destroyed(new DynamoDBStreamsClient(engine.client)),
      stream: await prepareTable(client, table),
    };
  };
  const startQueues = async () => {
    const engine = started(sqs === undefined ? await startSqs(file("queues")) : givenSqs(sqs));
    const client = destroyed(new SQSClient(engine.client));
    const queues = await prepareQueues(client, engine, wanted);
    const bus = started(await startEventBus({ plugins, sqs: client, urls: queues.urls, now }));
    return {
      engine,
      client,
      queues,
      bus,
      sns: { client: engine.client, topics: await topicsOf(engine.client, plugins) },
    };
  };
  const startMail = async () => started(await startMailSink(file("mail.jsonl"), now));
  const [tables, queueing, mail] = await together([startTable(), startQueues(), startMail()]);
  const cloud: Cloud = {
    dynamodb: tables.engine.client,
    sqs: queueing.engine.client,
    eventbridge: queueing.bus.client,
    sns: queueing.sns,
    mail: mail.smtp,
    ssm: "none",
    search: { file: folder.file("search.sqlite") },
  };
  return {
    cloud,
    clients: { dynamodb: tables.client, streams: tables.streams, sqs: queueing.client },
    stream: tables.stream,
    queues: queueing.queues,
    mails: mail.mails,
    dynamodb: tables.engine.name,
    positions: file("stream.json"),
  };
};

/** On fauxqs, which is an SNS too. */
const topicsOf = async (
  client: SqsEngine["client"],
  plugins: readonly ReadPlugin[],
): Promise<Readonly<Record<string, string>>> => {
  const arns = plugins
    .flatMap(({ needs }) => Object.values(needs))
    .flatMap((need) => (need.kind === "topic" ? [need.arn] : []));
  return arns.length === 0 ? {} : (await import("./topics.ts")).prepareTopics({ ...client }, arns);
};
