import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import { SQSClient } from "@aws-sdk/client-sqs";
import type { Cloud } from "../app/cloud.ts";
import type { QueueConfig } from "../config/queues.ts";
import { UserError } from "../config/user-error.ts";
import type { PluginManifest } from "../kit/plugin.ts";
import { allSettledOrThrow } from "../lib/util/all-settled.ts";
import type { Disposables } from "../lib/util/disposables.ts";
import type { DataFolder } from "./data-folder.ts";
import { createTable, startDynamoDb, useExternalDynamoDb } from "./dynamodb.ts";
import { startEventBus } from "./event-bus.ts";
import { startMailSink } from "./mail-sink.ts";
import { createQueues, type SqsEngine, startSqs, useExternalSqs } from "./sqs.ts";

export interface EngineOptions {
  readonly folder: DataFolder;
  /** Whether the engines keep their data. */
  readonly kept: boolean;
  readonly queues: readonly QueueConfig[];
  /** Plugins with inbound parts and topics. */
  readonly plugins?: readonly PluginManifest[];
  /** URL of a DynamoDB that runs already; the embedded one when absent. */
  readonly dynamodb: string | undefined;
  /** URL of an SQS that runs already; the embedded one when absent. */
  readonly sqs: string | undefined;
  /** Epoch ms. */
  readonly now: () => number;
}

/** Name of the embedded cloud's table. */
export const TABLE_NAME = "kintoun";

export type Engines = Awaited<ReturnType<typeof startEngines>>;

/**
 * Starts the table, the queues, the bus and the mail sink in parallel, and creates in them what the stack creates in
 * AWS.
 */
export const startEngines = async (
  { folder, kept, queues: queueConfigs, plugins = [], dynamodb, sqs, now }: EngineOptions,
  disposables: Disposables,
) => {
  const file = (name: string) => (kept ? folder.file(name) : undefined);
  const stopLater = <T extends { stop(): Promise<void> }>(engine: T): T => {
    disposables.add(() => engine.stop());
    return engine;
  };
  const destroyLater = <T extends { destroy(): void }>(client: T): T => {
    disposables.add(() => client.destroy());
    return client;
  };

  const startTable = async () => {
    const engine = stopLater(dynamodb === undefined ? await startDynamoDb(folder.path) : useExternalDynamoDb(dynamodb));
    const client = destroyLater(new DynamoDBClient(engine.client));
    return {
      engine,
      client,
      streams: destroyLater(new DynamoDBStreamsClient(engine.client)),
      stream: await explainFailure("--dynamodb", dynamodb, createTable(client, TABLE_NAME)),
    };
  };
  const startQueues = async () => {
    const engine = stopLater(sqs === undefined ? await startSqs(file("queues")) : useExternalSqs(sqs));
    const client = destroyLater(new SQSClient(engine.client));
    const queues = await explainFailure("--sqs", sqs, createQueues(client, engine, queueConfigs));
    const bus = stopLater(await startEventBus({ plugins, sqs: client, urls: queues.urls, now }));
    return {
      engine,
      client,
      queues,
      bus,
      sns: { client: engine.client, topics: await createPluginTopics(engine.client, plugins) },
    };
  };
  const startMail = async () => stopLater(await startMailSink(file("mail.jsonl"), now));
  const [tables, queueing, mail] = await allSettledOrThrow([startTable(), startQueues(), startMail()]);
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

/** Names the option and its URL when a service that the operator runs cannot be used. */
const explainFailure = async <T>(option: string, url: string | undefined, result: Promise<T>): Promise<T> => {
  try {
    return await result;
  } catch (error) {
    if (url === undefined) throw error;
    const [reason] = error instanceof AggregateError ? error.errors : [error];
    throw new UserError([
      `${option} ${url} cannot be used: ${reason instanceof Error ? reason.message : String(reason)}. Check the URL, and that the service runs.`,
    ]);
  }
};

/** Creates the topics of the plugins' needs on fauxqs, which also implements SNS. */
const createPluginTopics = async (
  client: SqsEngine["client"],
  plugins: readonly PluginManifest[],
): Promise<Readonly<Record<string, string>>> => {
  const arns = plugins
    .flatMap(({ needs }) => Object.values(needs))
    .flatMap((need) => (need.kind === "topic" ? [need.arn] : []));
  return arns.length === 0 ? {} : (await import("./topics.ts")).createTopics({ ...client }, arns);
};
