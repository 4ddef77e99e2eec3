import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import { GetQueueUrlCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { Cloud } from "../app/cloud.ts";
import type { AppOptions } from "../app/create-app-context.ts";
import type { Config } from "../config/config.ts";
import { readConfiguredEndpoint } from "../config/load-config.ts";
import { findSearchOwner } from "../config/plugin-placement.ts";
import { queueConfigs, queueName } from "../config/queues.ts";
import { UserError } from "../config/user-error.ts";
import type { Log } from "../core/ports/log.ts";
import { DISPATCH_FAILURES_QUEUE, toDeadLetterQueue } from "../core/ports/queue.ts";
import { LOCAL_CREDENTIALS } from "../local/dynamodb.ts";
import { TABLE_NAME } from "../local/engines.ts";
import { describeQueueAccess, type QueueAccess } from "../local/queue-access.ts";
import { findRunningCloud, startOfflineEngines } from "../local/running-cloud.ts";
import { QUEUE_PREFIX } from "../local/sqs.ts";
import { resolveConnection } from "../operations/aws-connection.ts";
import { findDeadLetterQueue, findStack, findStreamArn } from "../operations/find-stack.ts";
import type { StoreTarget } from "./options.ts";

/** A store that a command works on. */
export interface ConnectedStore {
  /** Options for functions of this store. `location.queues` has the requested queues and their dead-letter queues. */
  readonly appOptions: AppOptions & { readonly log: Log; readonly cloud: Cloud };
  readonly sqs: SQSClient;
  readonly streams: DynamoDBStreamsClient;
  /** The ARN of the table's stream. */
  streamArn(): Promise<string>;
  /** URL of the API, with `/v1`; `undefined` when it is not known. */
  readonly url: string | undefined;
  /** Names the store in messages. */
  readonly description: string;
  /** How other programs reach the queues of a running local store. */
  readonly queueAccess: QueueAccess | undefined;
  /** Whether it is in AWS, where frequent reads cost money and capacity. */
  readonly isRemote: boolean;
  close(): Promise<void>;
}

export interface ConnectOptions {
  readonly config: Config;
  readonly target: StoreTarget;
  /** Names of the queues that the command uses. They must exist. */
  readonly queues: readonly string[];
  /** Names of queues that the command sends to, if they exist. */
  readonly targets?: readonly string[];
  readonly log: Log;
}

/**
 * Connects to the store of a command. Starts the engines of a data folder when no store runs on it. Throws a {@link
 * UserError} when the store or a queue is missing.
 */
export const connect = async (options: ConnectOptions): Promise<ConnectedStore> => {
  const { config, log, target } = options;
  const found = await findStore(options);
  const isRemote = target.kind === "stack";
  const sqs = new SQSClient(found.cloud.sqs ?? {});
  const dynamodb = new DynamoDBClient(found.cloud.dynamodb ?? {});
  const streams = new DynamoDBStreamsClient(isRemote ? {} : (found.cloud.dynamodb ?? {}));
  const close = async () => {
    for (const client of [sqs, dynamodb, streams]) client.destroy();
    await found.close?.();
  };
  try {
    const missing = options.queues.find((name) => found.queues[name] === undefined);
    if (missing !== undefined)
      throw new UserError([
        `There is no queue '${missing}' in ${found.description}. It runs another configuration: restart it with this one.`,
      ]);
    const queues = await withDeadLetterQueues(sqs, found.queues, options.queues);
    return {
      appOptions: { config, cloud: found.cloud, log, location: { table: found.table, queues } },
      sqs,
      streams,
      streamArn: async () => found.stream ?? findStreamArn(dynamodb, found.table),
      url: found.url,
      description: found.description,
      queueAccess: found.isRunning ? describeQueueAccess(found.cloud) : undefined,
      isRemote,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
};

interface FoundStore {
  readonly cloud: Cloud;
  readonly table: string;
  readonly queues: Readonly<Record<string, string>>;
  /** The ARN of the table's stream. */
  readonly stream?: string;
  readonly url?: string | undefined;
  readonly description: string;
  /** Whether it is a local store that also other programs can reach. */
  readonly isRunning?: boolean;
  readonly close?: () => Promise<void>;
}

const findStore = async ({ config, target, queues, targets = [], log }: ConnectOptions): Promise<FoundStore> => {
  const names = [...queues, ...targets];
  switch (target.kind) {
    case "data": {
      const running = findRunningCloud(target.folder);
      if (running !== undefined)
        return {
          ...running,
          isRunning: true,
          description: `the store that process ${running.pid} runs on ${target.folder}`,
        };
      return {
        ...(await startOfflineEngines(config, target.folder, log)),
        description: `${target.folder} (no store is running on it)`,
      };
    }
    case "endpoints": {
      const cloud = {
        sqs: { endpoint: target.sqs, ...LOCAL_CREDENTIALS },
        dynamodb: { endpoint: target.dynamodb, ...LOCAL_CREDENTIALS },
      };
      const queues = await findQueueUrls(target.sqs, config, names);
      return { cloud, table: TABLE_NAME, queues, isRunning: true, description: target.sqs };
    }
    case "stack": {
      const [dynamodb, sqs] = await Promise.all([
        resolveConnection(new DynamoDBClient(), readConfiguredEndpoint("DYNAMODB")),
        resolveConnection(new SQSClient(), readConfiguredEndpoint("SQS")),
      ]);
      const stack = await findStack(target.name, names);
      const serverless = findSearchOwner(config.plugins)?.need.serverless;
      const { region, credentials } = dynamodb;
      const s3 = readConfiguredEndpoint("S3");
      const searchEndpoints =
        serverless && stack.searchHost !== undefined ? { [serverless.name]: stack.searchHost } : {};
      return {
        cloud: {
          dynamodb,
          sqs,
          searchEndpoints,
          files: { s3: { region, credentials, ...(s3 !== undefined && { endpoint: s3 }) }, buckets: stack.fileBuckets },
        },
        ...stack,
        description: `the stack ${target.name}`,
      };
    }
  }
};

/** The URLs of queues at an endpoint, where they have the names of the embedded cloud. */
const findQueueUrls = async (
  endpoint: string,
  config: Config,
  names: readonly string[],
): Promise<Readonly<Record<string, string>>> => {
  const client = new SQSClient({ endpoint, ...LOCAL_CREDENTIALS });
  const ordered = new Set(queueConfigs(config).flatMap((queue) => (queue.ordered ? [queue.name] : [])));
  try {
    const urls = names.map(async (name) => {
      const QueueName = queueName(QUEUE_PREFIX, { name, ordered: ordered.has(name) });
      const found = await client.send(new GetQueueUrlCommand({ QueueName })).catch((error: Error) => {
        if (/NonExistentQueue|QueueDoesNotExist/.test(error.name))
          throw new UserError([`There is no queue ${QueueName} at ${endpoint}. Start the store there first.`]);
        throw error;
      });
      return [name, found.QueueUrl ?? ""] as const;
    });
    return Object.fromEntries(await Promise.all(urls));
  } finally {
    client.destroy();
  }
};

/** Adds the dead-letter queues of queues. */
const withDeadLetterQueues = async (
  client: SQSClient,
  queues: Readonly<Record<string, string>>,
  names: readonly string[],
): Promise<Readonly<Record<string, string>>> => {
  const deadLetterQueues = new Set([DISPATCH_FAILURES_QUEUE, ...Object.keys(queues).map(toDeadLetterQueue)]);
  const missing = Object.entries(queues).filter(
    ([name]) => names.includes(name) && !deadLetterQueues.has(name) && queues[toDeadLetterQueue(name)] === undefined,
  );
  const found = await Promise.all(
    missing.map(async ([name, url]) => [toDeadLetterQueue(name), await findDeadLetterQueue(client, url)] as const),
  );
  return { ...queues, ...Object.fromEntries(found) };
};
