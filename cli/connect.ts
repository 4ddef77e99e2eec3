import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import { GetQueueUrlCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { Cloud } from "../app/cloud.ts";
import type { Opening } from "../app/open.ts";
import type { Config } from "../config/config.ts";
import { readDynamoDbEndpoint } from "../config/load-config.ts";
import { UserError } from "../config/problem.ts";
import { queueName } from "../config/queue-names.ts";
import { queueConfigs } from "../config/queues.ts";
import type { Log } from "../core/ports/log.ts";
import { deadOf, FAILURES } from "../core/ports/queue.ts";
import { TABLE_NAME } from "../local/cloud.ts";
import { LOCAL_CREDENTIALS } from "../local/dynamodb.ts";
import { startEnginesAlone } from "../local/engines-alone.ts";
import { runningCloud } from "../local/running-cloud.ts";
import { STORE } from "../local/sqs.ts";
import { deadQueueOf, findStack, streamOf } from "../operations/find-stack.ts";
import type { CloudPlace } from "./cloud-flags.ts";

/** A store that a command works on. */
export interface Connected {
  /** How its functions are opened; `place.queues` holds what was asked for, and where those park. */
  readonly opening: Opening & { readonly log: Log; readonly cloud: Cloud };
  readonly sqs: SQSClient;
  readonly streams: DynamoDBStreamsClient;
  /** The ARN of the table's stream. */
  stream(): Promise<string>;
  /** Where it is, in words. */
  readonly where: string;
  /** Whether reading often costs others something. */
  readonly remote: boolean;
  close(): Promise<void>;
}

export interface Connecting {
  readonly config: Config;
  readonly place: CloudPlace;
  /** The queues that the command works on, by name. */
  readonly queues: readonly string[];
  readonly log: Log;
}

/** Finds the store that a command is to work on; starts the engines of a data folder that nobody uses. */
export const connect = async (connecting: Connecting): Promise<Connected> => {
  const { config, log } = connecting;
  const found = await find(connecting);
  const sqs = new SQSClient(found.cloud.sqs ?? {});
  const dynamodb = new DynamoDBClient(found.cloud.dynamodb ?? {});
  const streams = new DynamoDBStreamsClient(connecting.place.kind === "stack" ? {} : (found.cloud.dynamodb ?? {}));
  const close = async () => {
    for (const client of [sqs, dynamodb, streams]) client.destroy();
    await found.close?.();
  };
  try {
    const absent = connecting.queues.find((name) => found.queues[name] === undefined);
    if (absent !== undefined)
      throw new UserError([
        `There is no queue '${absent}' in ${found.where}: is it of another configuration? Start it anew.`,
      ]);
    const queues = await withDead(sqs, found.queues);
    return {
      opening: { config, cloud: found.cloud, log, place: { table: found.table, queues } },
      sqs,
      streams,
      stream: async () => found.stream ?? streamOf(dynamodb, found.table),
      where: found.where,
      remote: connecting.place.kind === "stack",
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
};

interface Found {
  readonly cloud: Cloud;
  readonly table: string;
  readonly queues: Readonly<Record<string, string>>;
  readonly stream?: string;
  readonly where: string;
  readonly close?: () => Promise<void>;
}

const find = async ({ config, place, queues: names, log }: Connecting): Promise<Found> => {
  switch (place.kind) {
    case "data": {
      const running = runningCloud(place.folder);
      if (running !== undefined)
        return { ...running, where: `the store that process ${running.pid} runs on ${place.folder}` };
      return {
        ...(await startEnginesAlone(config, place.folder, log)),
        where: `${place.folder}, on which no store runs now`,
      };
    }
    case "endpoints": {
      const cloud = {
        sqs: { endpoint: place.sqs, ...LOCAL_CREDENTIALS },
        dynamodb: { endpoint: place.dynamodb, ...LOCAL_CREDENTIALS },
      };
      return { cloud, table: TABLE_NAME, queues: await atEndpoint(place.sqs, config, names), where: place.sqs };
    }
    case "stack": {
      const endpoint = readDynamoDbEndpoint();
      // The SDK's endpoint counts, which the environment may name, and not the host in a queue's URL.
      return {
        cloud: { sqs: { useQueueUrlAsEndpoint: false }, dynamodb: { ...(endpoint !== undefined && { endpoint }) } },
        ...(await findStack(place.name, names)),
        where: `the stack ${place.name}`,
      };
    }
  }
};

/** The queues of an endpoint, by the names that the embedded cloud gives them. */
const atEndpoint = async (
  endpoint: string,
  config: Config,
  names: readonly string[],
): Promise<Readonly<Record<string, string>>> => {
  const client = new SQSClient({ endpoint, ...LOCAL_CREDENTIALS });
  const ordered = new Set(queueConfigs(config).flatMap((queue) => (queue.ordered ? [queue.name] : [])));
  try {
    const urls = names.map(async (name) => {
      const QueueName = queueName(STORE, { name, ordered: ordered.has(name) });
      const found = await client.send(new GetQueueUrlCommand({ QueueName })).catch((error: Error) => {
        if (/NonExistentQueue|QueueDoesNotExist/.test(error.name))
          throw new UserError([`There is no queue ${QueueName} at ${endpoint}.`]);
        throw error;
      });
      return [name, found.QueueUrl ?? ""] as const;
    });
    return Object.fromEntries(await Promise.all(urls));
  } finally {
    client.destroy();
  }
};

const withDead = async (
  client: SQSClient,
  queues: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, string>>> => {
  const parking = new Set([DISPATCH_FAILURES_QUEUE, ...Object.keys(queues).map(toDeadLetterQueue)]);
  const missing = Object.entries(queues).filter(
    ([name]) => !parking.has(name) && queues[toDeadLetterQueue(name)] === undefined,
  );
  const dead = await Promise.all(
    missing.map(async ([name, url]) => [toDeadLetterQueue(name), await deadQueueOf(client, url)] as const),
  );
  return { ...queues, ...Object.fromEntries(dead) };
};
