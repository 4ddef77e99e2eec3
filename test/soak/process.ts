// A process of the soak test that may be killed: the dispatcher, or the workers of all queues. It sends a message when
// it is ready, and responds to a message when the stream was read to its end.
import { createWriteStream } from "node:fs";
import { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import { SQSClient } from "@aws-sdk/client-sqs";
import type { Cloud } from "../../app/cloud.ts";
import type { AppOptions } from "../../app/create-app-context.ts";
import { readConfig } from "../../config/config.ts";
import { STREAM } from "../../config/functions.ts";
import { queueConfigs } from "../../config/queues.ts";
import { toRouting } from "../../config/routing.ts";
import { streamFilters } from "../../config/stream-filters.ts";
import { createJsonLog } from "../../core/ports/log.ts";
import { createDispatcher, dispatchHandler } from "../../functions/dispatch/app.ts";
import { createWorker } from "../../functions/worker/app.ts";
import { workerHandler } from "../../functions/worker/handler.ts";
import { pollQueue } from "../../local/queue-poller.ts";
import { pollStream } from "../../local/stream-poller.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { soakPlugin } from "./plugin.ts";

/** Options of a process, passed as JSON. */
export interface ProcessOptions {
  readonly role: "dispatch" | "worker";
  readonly cloud: Pick<Cloud, "dynamodb" | "sqs">;
  readonly table: string;
  readonly queues: Readonly<Record<string, string>>;
  readonly stream: string;
  /** File of the position in the stream. */
  readonly positions: string;
  /** File of the effects outside of the store. */
  readonly effects: string;
  /** File of the log. */
  readonly log: string;
  readonly seed: number;
}

/** Concurrent batches per queue and process. */
const CONCURRENCY = 3;

const {
  role,
  cloud,
  table,
  queues,
  stream,
  positions,
  effects,
  seed,
  log: logFile,
} = JSON.parse(process.argv[2] ?? "") as ProcessOptions;
const lines = createWriteStream(logFile, { flags: "a" });
const log = createJsonLog((line) => lines.write(`${line}\n`)).with({ pid: process.pid });
const config = readConfig({ plugins: [basicauth(), soakPlugin({ file: effects, seed })] });
const appOptions: AppOptions = { config, cloud, log, location: { table, queues }, retryDelaySeconds: () => 1 };

const startDispatch = async () => {
  const dispatch = await createDispatcher({ ...appOptions, routing: toRouting(appOptions.config) });
  const { catchUp } = pollStream({
    client: new DynamoDBStreamsClient(cloud.dynamodb ?? {}),
    arn: stream,
    filters: streamFilters(config),
    handler: dispatchHandler(dispatch),
    retries: STREAM.retries,
    onDiscard: async (records, reason) => log.error("Records were discarded", { records: records.length, reason }),
    file: positions,
    log,
  });
  process.on("message", () => void catchUp().then((records) => process.send?.({ records })));
};

const startWorkers = async () => {
  const client = new SQSClient(cloud.sqs ?? {});
  for (const { name, batchSize, batchWindow } of queueConfigs(config)) {
    const worker = await createWorker({ ...appOptions, location: { ...appOptions.location, listener: name } });
    pollQueue({
      client,
      url: queues[name] ?? "",
      batchSize,
      batchWindow,
      concurrency: CONCURRENCY,
      handler: workerHandler(worker),
      log,
    });
  }
};

process.on("disconnect", () => process.exit());
await (role === "dispatch" ? startDispatch() : startWorkers());
process.send?.("up");
