import { Server as HttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Server } from "node:net";
import { DatabaseSync } from "node:sqlite";
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  GetQueueAttributesCommand,
  SetQueueAttributesCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { deadLetterQueue, type NamedQueue, QUEUE, type QueueConfig, queueName } from "../config/queues.ts";
import { DISPATCH_FAILURES_QUEUE, toDeadLetterQueue } from "../core/ports/queue.ts";
import type { AwsConnection } from "../lib/aws/connection.ts";
import { LOCAL_CREDENTIALS } from "./dynamodb.ts";
import { isLoopbackHost } from "./host-names.ts";

export interface SqsEngine {
  readonly client: AwsConnection;
  /** Receipts of the messages that a queue considers in flight. */
  readonly inFlightReceipts: (queue: string) => readonly string[];
  /** Number of messages in a queue, in whatever state, without a call; 0 for another SQS. */
  readonly countMessages: (queue: string) => number;
  stop(): Promise<void>;
}

/** Starts fauxqs, an SQS in this process. @param folder folder for its messages; in memory when absent */
export const startSqs = async (folder: string | undefined): Promise<SqsEngine> => {
  const { startFauxqs } = await import("fauxqs");
  const server = await withAdaptedDatabase(() =>
    listenOnLoopback(() => startFauxqs({ port: 0, logger: false, ...(folder !== undefined && { dataDir: folder }) })),
  );
  return {
    client: { endpoint: `http://127.0.0.1:${server.port}`, ...LOCAL_CREDENTIALS },
    inFlightReceipts: (queue) =>
      server.inspectQueue(queue)?.messages.inflight.map(({ receiptHandle }) => receiptHandle) ?? [],
    countMessages: (queue) => Object.values(server.inspectQueue(queue)?.messages ?? {}).flat().length,
    stop: () => server.stop(),
  };
};

/** Uses an SQS that runs already, such as ElasticMQ. */
export const useExternalSqs = (endpoint: string): SqsEngine => ({
  client: { endpoint, ...LOCAL_CREDENTIALS },
  inFlightReceipts: () => [],
  countMessages: () => 0,
  stop: async () => undefined,
});

/**
 * Restricts fauxqs 2.4 to programs on this computer. It has no option for it, so `listen` is patched while it starts.
 */
const listenOnLoopback = async <T>(start: () => Promise<T>): Promise<T> => {
  const { listen } = Server.prototype;
  Server.prototype.listen = function (this: Server, ...args: Parameters<Server["listen"]>) {
    const [options, ...others] = args as unknown[];
    const isWildcard =
      typeof options === "object" && options !== null && "host" in options && options.host === "0.0.0.0";
    if (isWildcard && this instanceof HttpServer) refuseWebPages(this);
    return Reflect.apply(listen, this, [isWildcard ? { ...options, host: "127.0.0.1" } : options, ...others]);
  } as typeof listen;
  try {
    return await start();
  } finally {
    Server.prototype.listen = listen;
  }
};

/** Answers requests of web pages with a 403. fauxqs accepts any signature, so that a page could change the queues. */
const refuseWebPages = (server: HttpServer): void => {
  const listeners = server.listeners("request");
  server.removeAllListeners("request");
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    if (isFromProgram(request)) for (const listener of listeners) Reflect.apply(listener, server, [request, response]);
    else
      response.writeHead(403, { Connection: "close" }).end("This queue engine answers programs of this computer only.");
  });
};

/**
 * Whether a request does not come from a web page. Browsers say where requests come from, and let pages of other origins
 * send no Authorization header. A page that has made its own host name resolve to this computer sends that name.
 */
const isFromProgram = ({ method, headers }: IncomingMessage): boolean =>
  isLoopbackHost(headers.host ?? "") &&
  headers.origin === undefined &&
  headers["sec-fetch-site"] === undefined &&
  (method === "GET" || headers.authorization !== undefined);

/**
 * Adapts how fauxqs 2.4 uses its database, for which it has no options:
 *
 * - It syncs the disk at each message. With fewer syncs a crash of the process loses nothing; a crash of the machine
 *   may lose the last messages, as it may lose the last changes of dynoxide.
 * - It writes NULL as the number of receives when a visibility timeout is set to 0. The table rejects that, and the
 *   message is never received again.
 */
const withAdaptedDatabase = async <T>(start: () => Promise<T>): Promise<T> => {
  const { exec, prepare } = DatabaseSync.prototype;
  DatabaseSync.prototype.prepare = function (this: DatabaseSync, sql: string) {
    const adapted = sql.replace(
      /\b(approximate_(?:receive_count|first_receive_timestamp)) = \?/g,
      (_, column: string) => `${column} = COALESCE(?, ${column})`,
    );
    return Reflect.apply(prepare, this, [adapted]);
  };
  DatabaseSync.prototype.exec = function (this: DatabaseSync, sql: string) {
    Reflect.apply(exec, this, [sql]);
    if (/journal_mode *= *WAL/i.test(sql)) Reflect.apply(exec, this, ["PRAGMA synchronous = NORMAL"]);
  };
  try {
    return await start();
  } finally {
    Object.assign(DatabaseSync.prototype, { exec, prepare });
  }
};

export interface Queues {
  /** URLs of the work queues. */
  readonly urls: Readonly<Record<string, string>>;
  /** URLs of all queues, also the dead-letter queues. */
  readonly all: Readonly<Record<string, string>>;
}

/**
 * Creates each queue and its dead-letter queue like the stack does in AWS. Existing queues are kept. Messages that
 * were in flight when the process was killed are released.
 */
export const createQueues = async (
  client: SQSClient,
  { inFlightReceipts }: SqsEngine,
  queueConfigs: readonly QueueConfig[],
): Promise<Queues> => {
  const created = await Promise.all(
    queueConfigs.map(async ({ visibility, delay, maxReceiveCount: receives, ...named }) => {
      const [queue, dead] = await Promise.all([
        createQueue(client, named),
        createQueue(client, deadLetterQueue(named)),
      ]);
      const { Attributes } = await client.send(
        new GetQueueAttributesCommand({ QueueUrl: dead, AttributeNames: ["QueueArn"] }),
      );
      const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: Attributes?.QueueArn, maxReceiveCount: receives });
      const settings = { VisibilityTimeout: String(visibility), DelaySeconds: String(delay), RedrivePolicy };
      await client.send(new SetQueueAttributesCommand({ QueueUrl: queue, Attributes: settings }));
      for (const ReceiptHandle of inFlightReceipts(queue.split("/").at(-1) ?? "")) {
        await client.send(new ChangeMessageVisibilityCommand({ QueueUrl: queue, ReceiptHandle, VisibilityTimeout: 0 }));
      }
      return [named.name, queue, dead] as const;
    }),
  );
  const urls = Object.fromEntries(created.map(([name, url]) => [name, url]));
  const dead = Object.fromEntries(created.map(([name, , url]) => [toDeadLetterQueue(name), url]));
  return {
    urls,
    all: {
      ...urls,
      ...dead,
      [DISPATCH_FAILURES_QUEUE]: await createQueue(client, { name: DISPATCH_FAILURES_QUEUE, ordered: false }),
    },
  };
};

/** Prefix of the names of all queues of the embedded cloud. */
export const QUEUE_PREFIX = "kintoun-";

const createQueue = async (client: SQSClient, queue: NamedQueue): Promise<string> => {
  const Attributes = {
    MessageRetentionPeriod: String(QUEUE.retentionDays * 24 * 3600),
    ...(queue.ordered && {
      FifoQueue: "true",
      ContentBasedDeduplication: "true",
      DeduplicationScope: "messageGroup",
      FifoThroughputLimit: "perMessageGroupId",
    }),
  };
  const { QueueUrl } = await client.send(
    new CreateQueueCommand({ QueueName: queueName(QUEUE_PREFIX, queue), Attributes }),
  );
  return QueueUrl ?? "";
};

/**
 * Reads the age of a queue's oldest waiting message from fauxqs, in seconds; 0 when none waits, `null` for another
 * SQS.
 */
export const oldestMessageAge = async (endpoint: string, url: string): Promise<number | null> => {
  try {
    const response = await fetch(`${endpoint}/_fauxqs/queues/${url.split("/").at(-1)}`, {
      signal: AbortSignal.timeout(2000),
    });
    if (!response.ok) return null;
    const { messages } = (await response.json()) as { messages: { ready: readonly { sentTimestamp: number }[] } };
    const sent = messages.ready.map(({ sentTimestamp }) => sentTimestamp);
    return sent.length === 0 ? 0 : Math.max(0, Math.round((Date.now() - Math.min(...sent)) / 1000));
  } catch {
    return null;
  }
};

/** Number of messages in a queue: waiting, delayed and in flight. */
export const queueDepth = async (client: SQSClient, url: string): Promise<number> => {
  const { Attributes = {} } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["All"] }),
  );
  return ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"]
    .map((name) => Number(Attributes[name as keyof typeof Attributes] ?? 0))
    .reduce((sum, count) => sum + count, 0);
};

/** Resolves when the queues are empty in two checks in a row. */
export const waitUntilEmpty = async (
  client: SQSClient,
  urls: readonly string[],
  signal?: AbortSignal,
): Promise<void> => {
  for (let quiet = 0; quiet < 2; ) {
    signal?.throwIfAborted();
    const depths = await Promise.all(urls.map((url) => queueDepth(client, url)));
    quiet = depths.every((count) => count === 0) ? quiet + 1 : 0;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};
