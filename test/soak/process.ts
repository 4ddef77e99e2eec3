// A process of the soak, to be killed: `dispatch`, or workers of all queues. It tells when it is up, and, being asked, when the stream has been read to its end.
import { createWriteStream } from "node:fs";
import { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import { SQSClient } from "@aws-sdk/client-sqs";
import type { Cloud } from "../../app/cloud.ts";
import type { Opening } from "../../app/open.ts";
import { readConfig } from "../../config/config.ts";
import { heard } from "../../config/stream-filters.ts";
import { queuesOf } from "../../config/queues.ts";
import { STREAM } from "../../config/functions.ts";
import { jsonLog } from "../../core/ports/log.ts";
import { openDispatch } from "../../functions/dispatch/app.ts";
import { dispatchHandler } from "../../functions/dispatch/handler.ts";
import { openWorker } from "../../functions/worker/app.ts";
import { workerHandler } from "../../functions/worker/handler.ts";
import { pollQueue } from "../../local/queue-poller.ts";
import { pollStream } from "../../local/stream-poller.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { soakPlugin } from "./plugin.ts";

/** What a process is told at its start, as JSON. */
export interface Told {
  readonly role: "dispatch" | "worker";
  readonly cloud: Pick<Cloud, "dynamodb" | "sqs">;
  readonly table: string;
  readonly queues: Readonly<Record<string, string>>;
  readonly stream: string;
  /** Files: how far the stream was read, the effects, the log. */
  readonly positions: string;
  readonly effects: string;
  readonly log: string;
  readonly seed: number;
}

/** Batches of a queue that one process works on side by side. */
const AT_ONCE = 3;

const { role, cloud, table, queues, stream, positions, effects, seed, ...told } = JSON.parse(
  process.argv[2] ?? "",
) as Told;
const lines = createWriteStream(told.log, { flags: "a" });
const log = jsonLog((line) => lines.write(`${line}\n`)).with({ pid: process.pid });
const config = readConfig({ plugins: [basicauth(), soakPlugin({ file: effects, seed })] });
const opening: Opening = { config, cloud, log, place: { table, queues }, retryAfter: () => 1 };

const startDispatch = async () => {
  const dispatch = await openDispatch(opening);
  const { caughtUp } = pollStream({
    client: new DynamoDBStreamsClient(cloud.dynamodb ?? {}),
    arn: stream,
    filters: heard(config),
    handler: dispatchHandler(dispatch),
    retries: STREAM.retries,
    park: async (records, reason) => log.error("Records are lost", { records: records.length, reason }),
    file: positions,
    log,
  });
  process.on("message", () => void caughtUp().then((records) => process.send?.({ records })));
};

const startWorkers = async () => {
  const client = new SQSClient(cloud.sqs ?? {});
  for (const { name, batchSize, window } of queuesOf(config)) {
    const worker = await openWorker({ ...opening, place: { ...opening.place, listener: name } });
    pollQueue({
      client,
      url: queues[name] ?? "",
      batchSize,
      window,
      atOnce: AT_ONCE,
      handler: workerHandler(worker),
      log,
    });
  }
};

process.on("disconnect", () => process.exit());
await (role === "dispatch" ? startDispatch() : startWorkers());
process.send?.("up");
