import { existsSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import { SQSClient } from "@aws-sdk/client-sqs";
import type { Cloud } from "../app/cloud.ts";
import type { LocalMail } from "../config/config.ts";
import type { QueueConfig } from "../config/queues.ts";
import { UserError } from "../config/user-error.ts";
import type { Log } from "../core/ports/log.ts";
import type { Resources } from "../core/resources.ts";
import type { PluginManifest } from "../kit/plugin.ts";
import { allSettledOrThrow } from "../lib/util/all-settled.ts";
import type { Disposables } from "../lib/util/disposables.ts";
import { toError } from "../lib/util/to-error.ts";
import { createCaughtMails } from "./caught-mails.ts";
import type { DataFolder } from "./data-folder.ts";
import { createTable, TABLE_FILE, TABLE_NAME, tableRemedy, useExternalDynamoDb } from "./dynamodb.ts";
import { startEventBus } from "./event-bus.ts";
import { FILES_BUCKET_PREFIX } from "./files.ts";
import { startMailSink } from "./mail-sink.ts";
import { startMigratedDynamoDb } from "./migrate-table.ts";
import { endOpenLeases } from "./open-leases.ts";
import { createQueues, type SqsEngine, startSqs, useExternalSqs } from "./sqs.ts";

export interface EngineOptions {
  readonly folder: DataFolder;
  /** Whether the engines keep their data. */
  readonly kept: boolean;
  readonly queues: readonly QueueConfig[];
  /** Plugins with inbound parts and topics. */
  readonly plugins?: readonly PluginManifest[];
  /** The resources of the store, to convert a table of an older version. */
  readonly resources: Resources;
  /** URL of a DynamoDB that runs already; the embedded one when absent. */
  readonly dynamodb: string | undefined;
  /** URL of an SQS that runs already; the embedded one when absent. */
  readonly sqs: string | undefined;
  /** What to do with mail for SMTP servers; `catch` when absent. */
  readonly mail?: LocalMail | undefined;
  /** Epoch ms. */
  readonly now: () => number;
  readonly log: Log;
  /** Called with the reason when an engine ends before it is stopped. */
  readonly onExit?: (reason: string) => void;
}

export type Engines = Awaited<ReturnType<typeof startEngines>>;

export { TABLE_NAME };

/** The files of the queues, and of plugins, in a data folder. */
const QUEUES_FOLDER = "queues";
/** Plugins' files, if the queues are elsewhere. */
const FILES_FOLDER = "files";
const QUEUES_FILE = `${QUEUES_FOLDER}/fauxqs.db`;
/** The file of the stream's position. */
const POSITIONS_FILE = "stream.json";
/** The folder of the search indexes, which are made from the table when they are missing. */
const SEARCH_FOLDER = "search";
/** The search index of versions up to 0.2. */
const OLD_SEARCH_FILE = "search.sqlite";

/**
 * Starts the table, then the queues, the bus and the mail sink in parallel, and creates in them what the stack creates
 * in AWS. Throws a {@link UserError} when a file of the data folder cannot be used.
 */
export const startEngines = async (
  { folder, kept, queues: queueConfigs, plugins = [], resources, dynamodb, sqs, mail, now, log, onExit }: EngineOptions,
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
    const engine = stopLater(
      dynamodb === undefined
        ? await startMigratedDynamoDb({ folder, positions: folder.file(POSITIONS_FILE), resources, onExit, log })
        : useExternalDynamoDb(dynamodb),
    );
    const client = destroyLater(new DynamoDBClient(engine.client));
    const stream =
      dynamodb === undefined
        ? await explainFileFailure(folder.file(TABLE_FILE), tableRemedy, async () => {
            const arn = await createTable(client, TABLE_NAME, () => requireEmptyFolder(folder));
            await endOpenLeases(client, TABLE_NAME, folder.file(TABLE_FILE));
            return arn;
          })
        : await explainFailure("--dynamodb", dynamodb, createTable(client, TABLE_NAME));
    return { engine, client, streams: destroyLater(new DynamoDBStreamsClient(engine.client)), stream };
  };
  const startQueues = async () => {
    const start = async () => {
      const engine = stopLater(sqs === undefined ? await startSqs(file(QUEUES_FOLDER)) : useExternalSqs(sqs));
      const client = destroyLater(new SQSClient(engine.client));
      return { engine, client, queues: await createQueues(client, engine, queueConfigs) };
    };
    const { engine, client, queues } =
      sqs === undefined
        ? await explainFileFailure(folder.file(QUEUES_FILE), queuesRemedy, start)
        : await explainFailure("--sqs", sqs, start());
    const bus = stopLater(await startEventBus({ plugins, sqs: client, urls: queues.urls, now }));
    return {
      engine,
      client,
      queues,
      bus,
      files: await startFiles(engine),
      sns: { client: engine.client, topics: await createPluginTopics(engine.client, plugins) },
    };
  };
  const startFiles = async (engine: SqsEngine) => {
    const owners = plugins.filter(({ needs }) => Object.values(needs).some(({ kind }) => kind === "files"));
    if (owners.length === 0) return undefined;
    const s3 = sqs === undefined ? engine : stopLater(await startSqs(file(FILES_FOLDER)));
    return { s3: s3.client, buckets: await createBuckets(s3.client, owners) };
  };
  const startMail = async () => stopLater(await startMailSink(file("mail.jsonl"), now));
  // A folder with queues and without a table has lost its table. Therefore the table is created before everything else.
  const tables = await startTable();
  const [queueing, sink] = await allSettledOrThrow([startQueues(), startMail()]);
  removeOldSearchFile(folder, log);
  const cloud: Cloud = {
    dynamodb: tables.engine.client,
    sqs: queueing.engine.client,
    eventbridge: queueing.bus.client,
    sns: queueing.sns,
    mail: { sink: sink.smtp, sendsSmtp: mail === "smtp", caught: createCaughtMails(sink.mails) },
    ssm: "none",
    search: { folder: folder.file(SEARCH_FOLDER) },
    ...(queueing.files && { files: queueing.files }),
  };
  return {
    cloud,
    clients: { dynamodb: tables.client, streams: tables.streams, sqs: queueing.client },
    stream: tables.stream,
    queues: queueing.queues,
    mails: sink.mails,
    dynamodb: tables.engine.name,
    positions: file(POSITIONS_FILE),
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

/** Throws when the folder has data that belongs to a table, since a new table would not fit to it. */
const requireEmptyFolder = (folder: DataFolder): void => {
  if (existsSync(folder.file(QUEUES_FOLDER)))
    throw new UserError([
      `The data folder ${folder.path} has lost its table: it has ${QUEUES_FOLDER}, but ${TABLE_FILE} is missing or empty. Restore ${TABLE_FILE} from a backup. To start an empty store, remove the folder, or choose another with --data FOLDER. If the folder was used with --dynamodb, use that option again.`,
    ]);
};

/** Names a file that cannot be used, and says what to do. */
const explainFileFailure = async <T>(
  file: string,
  remedy: (file: string) => string,
  work: () => Promise<T>,
): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError([`${file} cannot be used: ${toError(error).message}.`, remedy(file)]);
  }
};

const queuesRemedy = (file: string): string =>
  `It holds the events that listeners have not handled yet. Restore it from a backup, or remove the folder ${dirname(file)}: the store then starts without those events.`;

/** Removes the index of an older version. It is made again by the first searches. */
const removeOldSearchFile = (folder: DataFolder, log: Log): void => {
  if (!existsSync(folder.file(OLD_SEARCH_FILE))) return;
  for (const end of ["", "-wal", "-shm"]) rmSync(folder.file(OLD_SEARCH_FILE + end), { force: true });
  log.info(`${OLD_SEARCH_FILE} was removed. The first search of each collection makes its index in ${SEARCH_FOLDER}`);
};

/** Creates the bucket of each plugin that has files. */
const createBuckets = async (
  { endpoint }: SqsEngine["client"],
  plugins: readonly PluginManifest[],
): Promise<Readonly<Record<string, string>>> => {
  const buckets = Object.fromEntries(plugins.map(({ name }) => [name, `${FILES_BUCKET_PREFIX}${name}`]));
  for (const bucket of Object.values(buckets)) {
    const response = await fetch(`${endpoint}/${bucket}`, { method: "PUT", headers: { authorization: "local" } });
    if (!response.ok) throw new Error(`The bucket ${bucket} was not created: ${await response.text()}`);
  }
  return buckets;
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
