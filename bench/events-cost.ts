import type { SQSBatchResponse } from "aws-lambda";
import type { AppOptions } from "../app/create-app-context.ts";
import { readConfig } from "../config/config.ts";
import { STREAM } from "../config/functions.ts";
import { queueConfigs } from "../config/queues.ts";
import { toRouting } from "../config/routing.ts";
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

/** Resources used per event, from the stream to its last listener. */
export interface Cost {
  readonly dynamodb: number;
  readonly sqs: number;
  readonly invocations: number;
  /** Total run time of the functions in ms. */
  readonly ms: number;
}

/**
 * Measures the cost per event on the embedded engines.
 * @param listeners number of listeners
 * @param events number of events to write
 * @param concurrency number of events that are written at once
 */
export const measureCost = async (
  listeners: number,
  { events, concurrency }: { events: number; concurrency: number },
): Promise<Cost> => {
  const log = createJsonLog(console.error);
  const disposables = new Disposables((error) => log.error("A component failed to stop", { error }));
  try {
    let deliveries = 0;
    const countDelivery = () => {
      deliveries++;
    };
    const config = readConfig({
      plugins: [
        basicauth(),
        ...Array.from({ length: listeners }, (_, i) => createLatencyPlugin(`bench-${i}`, false, countDelivery)),
      ],
    });
    const folder = lockDataFolder(undefined);
    disposables.add(() => folder.release());
    const engines = await startEngines(
      {
        folder,
        kept: false,
        queues: queueConfigs(config),
        resources: config.resources,
        log,
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
      location: { table: "kintoun", queues: engines.queues.all },
    };

    const used = { invocations: 0, ms: 0 };
    const withTiming =
      <Event, Result>(handler: (event: Event) => Promise<Result>) =>
      async (event: Event): Promise<Result> => {
        const startedAt = performance.now();
        const result = await handler(event);
        used.ms += performance.now() - startedAt;
        used.invocations++;
        return result;
      };
    const [api, dispatch] = [
      await createApi(options),
      await createDispatcher({ ...options, routing: toRouting(options.config) }),
    ];
    disposables.add(api.close, dispatch.close);
    const stream = pollStream({
      client: engines.clients.streams,
      arn: engines.stream,
      filters: streamFilters(config),
      handler: withTiming(dispatchHandler(dispatch)),
      retries: STREAM.retries,
      onDiscard: async () => {},
      file: undefined,
      log,
    });
    disposables.add(stream.stop);
    for (const { name, batchSize, batchWindow } of queueConfigs(config)) {
      const worker = await createWorker({ ...options, location: { ...options.location, listener: name } });
      const handler = withTiming<Parameters<ReturnType<typeof workerHandler>>[0], SQSBatchResponse>(
        workerHandler(worker),
      );
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

    const send = createRequester(apiHandler(api));
    const urls = Object.values(engines.queues.urls);
    const waitForDeliveries = async (expected: number) => {
      while (
        deliveries < expected ||
        (await Promise.all(urls.map((url) => queueDepth(engines.clients.sqs, url)))).some((depth) => depth > 0)
      ) {
        stream.wake();
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    await send("PUT", "/buckets/bench");
    for (let i = 0; i < COLLECTION_COUNT; i++) await send("PUT", `/buckets/bench/collections/c${i}`);
    await send("POST", "/buckets/bench/collections/c0/records", RECORD);
    await waitForDeliveries(listeners);

    const calls = countAwsCalls();
    disposables.add(calls.stop);
    [used.ms, used.invocations, deliveries] = [0, 0, 0];
    for (let written = 0; written < events; written += concurrency) {
      await Promise.all(
        Array.from({ length: concurrency }, (_, i) =>
          send("POST", `/buckets/bench/collections/c${i % COLLECTION_COUNT}/records`, RECORD),
        ),
      );
      await waitForDeliveries((written + concurrency) * listeners);
    }
    return {
      dynamodb: calls.total("DynamoDB", CLAIM_OPERATIONS) / events,
      sqs: calls.total("AmazonSQS", DELIVERY_OPERATIONS) / events,
      invocations: used.invocations / events,
      ms: used.ms / events,
    };
  } finally {
    await disposables.dispose();
  }
};

const COLLECTION_COUNT = 16;
/** DynamoDB operations of deliveries. The other operations belong to the write requests. */
const CLAIM_OPERATIONS = ["PutItem", "GetItem", "DeleteItem", "UpdateItem"];
/** SQS operations of deliveries. The other operations belong to the benchmark. */
const DELIVERY_OPERATIONS = ["SendMessageBatch", "ReceiveMessage", "DeleteMessageBatch", "ChangeMessageVisibility"];
