import type { SQSBatchResponse } from "aws-lambda";
import type { AppOptions } from "../app/open.ts";
import { readConfig } from "../config/config.ts";
import { STREAM } from "../config/functions.ts";
import { queueConfigs } from "../config/queues.ts";
import { streamFilters } from "../config/stream-filters.ts";
import { createJsonLog } from "../core/ports/log.ts";
import { apiHandler, createApi } from "../functions/api/app.ts";
import { createDispatcher, dispatchHandler } from "../functions/dispatch/app.ts";

import { createWorker } from "../functions/worker/app.ts";
import { workerHandler } from "../functions/worker/handler.ts";
import { Disposables } from "../lib/util/disposables.ts";
import { lockDataFolder } from "../local/data-folder.ts";
import { startEngines } from "../local/engines.ts";
import { pollQueue } from "../local/queue-poller.ts";
import { queueDepth } from "../local/sqs.ts";
import { pollStream } from "../local/stream-poller.ts";
import { basicauth } from "../plugins/basicauth/index.ts";
import { countAwsCalls } from "./calls.ts";
import { createLatencyPlugin, createRequester, RECORD } from "./cases.ts";

/** Cost of one event, from the stream to its last listener. */
export interface Cost {
  readonly dynamodb: number;
  readonly sqs: number;
  readonly invocations: number;
  /** Total run time of the functions. */
  readonly ms: number;
}

/** Measures the cost on the embedded engines. @param together number of events that are written at once */
export const measureCost = async (
  listeners: number,
  { events, together }: { events: number; together: number },
): Promise<Cost> => {
  const log = createJsonLog(console.error);
  const disposables = new Disposables((error) => log.error("A part did not stop", { error }));
  try {
    let reached = 0;
    const hear = () => {
      reached++;
    };
    const config = readConfig({
      plugins: [
        basicauth(),
        ...Array.from({ length: listeners }, (_, i) => createLatencyPlugin(`bench-${i}`, false, hear)),
      ],
    });
    const folder = lockDataFolder(undefined);
    disposables.add(() => folder.release());
    const engines = await startEngines(
      {
        folder,
        kept: false,
        queues: queueConfigs(config),
        dynamodb: undefined,
        sqs: undefined,
        now: Date.now,
      },
      disposables,
    );
    const options: AppOptions = {
      config,
      cloud: engines.cloud,
      log,
      place: { table: "kintoun", queues: engines.queues.all },
    };

    const spent = { invocations: 0, ms: 0 };
    const timed =
      <Event, Answer>(handler: (event: Event) => Promise<Answer>) =>
      async (event: Event): Promise<Answer> => {
        const began = performance.now();
        const answer = await handler(event);
        spent.ms += performance.now() - began;
        spent.invocations++;
        return answer;
      };
    const [api, dispatch] = [await createApi(options), await createDispatcher(options)];
    disposables.add(api.close, dispatch.close);
    const stream = pollStream({
      client: engines.clients.streams,
      arn: engines.stream,
      filters: streamFilters(config),
      handler: timed(dispatchHandler(dispatch)),
      retries: STREAM.retries,
      onDiscard: async () => {},
      file: undefined,
      log,
    });
    disposables.add(stream.stop);
    for (const { name, batchSize, batchWindow } of queueConfigs(config)) {
      const worker = await createWorker({ ...options, place: { ...options.place, listener: name } });
      const handler = timed<Parameters<ReturnType<typeof workerHandler>>[0], SQSBatchResponse>(workerHandler(worker));
      const poller = pollQueue({
        client: engines.clients.sqs,
        url: engines.queues.urls[name] ?? "",
        batchSize,
        batchWindow,
        concurrency: 1,
        handler,
        log,
      });
      disposables.add(worker.close, poller.stop);
    }

    const ask = createRequester(apiHandler(api));
    const urls = Object.values(engines.queues.urls);
    const settled = async (expected: number) => {
      while (
        reached < expected ||
        (await Promise.all(urls.map((url) => queueDepth(engines.clients.sqs, url)))).some((left) => left > 0)
      ) {
        stream.wake();
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    await ask("PUT", "/buckets/bench");
    for (let i = 0; i < COLLECTIONS; i++) await ask("PUT", `/buckets/bench/collections/c${i}`);
    await ask("POST", "/buckets/bench/collections/c0/records", RECORD);
    await settled(listeners);

    const calls = countAwsCalls();
    disposables.add(calls.stop);
    [spent.ms, spent.invocations, reached] = [0, 0, 0];
    for (let at = 0; at < events; at += together) {
      await Promise.all(
        Array.from({ length: together }, (_, i) =>
          ask("POST", `/buckets/bench/collections/c${i % COLLECTIONS}/records`, RECORD),
        ),
      );
      await settled((at + together) * listeners);
    }
    return {
      dynamodb: calls.of("DynamoDB", CLAIMS) / events,
      sqs: calls.of("AmazonSQS", HANDING_ON) / events,
      invocations: spent.invocations / events,
      ms: spent.ms / events,
    };
  } finally {
    await disposables.dispose();
  }
};

const COLLECTIONS = 16;
/** DynamoDB operations of deliveries. Other operations belong to the request. */
const CLAIMS = ["PutItem", "GetItem", "DeleteItem", "UpdateItem"];
/** SQS operations of deliveries. Other operations belong to the benchmark. */
const HANDING_ON = ["SendMessageBatch", "ReceiveMessage", "DeleteMessageBatch", "ChangeMessageVisibility"];
