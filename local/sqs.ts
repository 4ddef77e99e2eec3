import { Server } from "node:net";
import { DatabaseSync } from "node:sqlite";
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  GetQueueAttributesCommand,
  SetQueueAttributesCommand,
  type SQSClient,
  type SQSClientConfig,
} from "@aws-sdk/client-sqs";
import { deadLetterQueue, type NamedQueue, queueName } from "../config/queue-names.ts";
import { QUEUE, type QueueConfig } from "../config/queues.ts";
import { deadOf, FAILURES } from "../core/ports/queue.ts";
import { LOCAL_CREDENTIALS } from "./dynamodb.ts";

export interface SqsEngine {
  readonly client: SQSClientConfig;
  /** The receipts of messages that a queue takes to be in somebody's hands. */
  readonly inHand: (queue: string) => readonly string[];
  stop(): Promise<void>;
}

/** Starts fauxqs, an SQS in this process. @param folder where it keeps its messages; in memory when absent */
export const startSqs = async (folder: string | undefined): Promise<SqsEngine> => {
  const { startFauxqs } = await import("fauxqs");
  const server = await syncedLater(() =>
    onLoopback(() => startFauxqs({ port: 0, logger: false, ...(folder !== undefined && { dataDir: folder }) })),
  );
  return {
    client: { endpoint: `http://127.0.0.1:${server.port}`, ...LOCAL_CREDENTIALS },
    inHand: (queue) => server.inspectQueue(queue)?.messages.inflight.map(({ receiptHandle }) => receiptHandle) ?? [],
    stop: () => server.stop(),
  };
};

/** An SQS that is running already, such as ElasticMQ. */
export const givenSqs = (endpoint: string): SqsEngine => ({
  client: { endpoint, ...LOCAL_CREDENTIALS },
  inHand: () => [],
  stop: async () => undefined,
});

/** fauxqs 2.4 listens on every interface and offers no choice: while it starts, "every interface" means loopback. */
const onLoopback = async <T>(start: () => Promise<T>): Promise<T> => {
  const { listen } = Server.prototype;
  Server.prototype.listen = function (this: Server, ...args: Parameters<Server["listen"]>) {
    const [options, ...others] = args as unknown[];
    const wide = typeof options === "object" && options !== null && "host" in options && options.host === "0.0.0.0";
    return Reflect.apply(listen, this, [wide ? { ...options, host: "127.0.0.1" } : options, ...others]);
  } as typeof listen;
  try {
    return await start();
  } finally {
    Server.prototype.listen = listen;
  }
};

/**
 * fauxqs 2.4 waits for the disk at each message, and offers no choice: while it starts, its file learns to do so now and then. The end of a process loses
 * nothing so; that of the machine may lose the last messages, as it may the table's last changes, which dynoxide keeps likewise.
 */
const syncedLater = async <T>(start: () => Promise<T>): Promise<T> => {
  const { exec } = DatabaseSync.prototype;
  DatabaseSync.prototype.exec = function (this: DatabaseSync, sql: string) {
    Reflect.apply(exec, this, [sql]);
    if (/journal_mode *= *WAL/i.test(sql)) Reflect.apply(exec, this, ["PRAGMA synchronous = NORMAL"]);
  };
  try {
    return await start();
  } finally {
    DatabaseSync.prototype.exec = exec;
  }
};

/** Seconds. Not 0: fauxqs 2.4 fails on that when it keeps its messages on disk, and drops the message. */
const GIVEN_BACK_AFTER = 1;

export interface Queues {
  /** Those that are worked on. */
  readonly urls: Readonly<Record<string, string>>;
  /** All: also those where messages are parked. */
  readonly all: Readonly<Record<string, string>>;
}

/**
 * Makes each queue, and a dead-letter queue for it, as infra does in AWS; what exists stays. Whoever had messages in hand when
 * the cloud was killed is gone: they are given back.
 */
export const prepareQueues = async (
  client: SQSClient,
  { inHand }: SqsEngine,
  wanted: readonly QueueConfig[],
): Promise<Queues> => {
  const made = await Promise.all(
    wanted.map(async ({ visibility, delay, maxReceiveCount: receives, ...named }) => {
      const [queue, dead] = await Promise.all([make(client, named), make(client, deadLetterQueue(named))]);
      const { Attributes } = await client.send(
        new GetQueueAttributesCommand({ QueueUrl: dead, AttributeNames: ["QueueArn"] }),
      );
      const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: Attributes?.QueueArn, maxReceiveCount: receives });
      const settings = { VisibilityTimeout: String(visibility), DelaySeconds: String(delay), RedrivePolicy };
      await client.send(new SetQueueAttributesCommand({ QueueUrl: queue, Attributes: settings }));
      for (const ReceiptHandle of inHand(queue.split("/").at(-1) ?? "")) {
        await client.send(
          new ChangeMessageVisibilityCommand({ QueueUrl: queue, ReceiptHandle, VisibilityTimeout: GIVEN_BACK_AFTER }),
        );
      }
      return [named.name, queue, dead] as const;
    }),
  );
  const urls = Object.fromEntries(made.map(([name, url]) => [name, url]));
  const dead = Object.fromEntries(made.map(([name, , url]) => [toDeadLetterQueue(name), url]));
  return {
    urls,
    all: {
      ...urls,
      ...dead,
      [DISPATCH_FAILURES_QUEUE]: await make(client, { name: DISPATCH_FAILURES_QUEUE, ordered: false }),
    },
  };
};

/** What the names of all queues of the embedded cloud begin with. */
export const STORE = "kintoun-";

const make = async (client: SQSClient, queue: NamedQueue): Promise<string> => {
  const Attributes = {
    MessageRetentionPeriod: String(QUEUE.retentionDays * 24 * 3600),
    ...(queue.ordered && {
      FifoQueue: "true",
      ContentBasedDeduplication: "true",
      DeduplicationScope: "messageGroup",
      FifoThroughputLimit: "perMessageGroupId",
    }),
  };
  const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: queueName(STORE, queue), Attributes }));
  return QueueUrl ?? "";
};
