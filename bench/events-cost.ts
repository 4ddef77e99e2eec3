import type { SQSBatchResponse } from "aws-lambda";
import type { Opening } from "../app/open.ts";
import { readConfig } from "../config/config.ts";
import { STREAM } from "../config/functions.ts";
import { queueConfigs } from "../config/queues.ts";
import { streamFilters } from "../config/stream-filters.ts";
import { jsonLog } from "../core/ports/log.ts";
import { openApi } from "../functions/api/app.ts";
import { apiHandler } from "../functions/api/handler.ts";
import { createDispatcher } from "../functions/dispatch/app.ts";
import { dispatchHandler } from "../functions/dispatch/handler.ts";
import { createWorker } from "../functions/worker/app.ts";
import { workerHandler } from "../functions/worker/handler.ts";
import { Undo } from "../lib/util/disposables.ts";
import { takeDataFolder } from "../local/data-folder.ts";
import { startEngines } from "../local/engines.ts";
import { depth } from "../local/queue-depth.ts";
import { pollQueue } from "../local/queue-poller.ts";
import { pollStream } from "../local/stream-poller.ts";
import { basicauth } from "../plugins/basicauth/index.ts";
import { asking } from "./asking.ts";
import { countAwsCalls } from "./aws-calls.ts";
import { RECORD } from "./cases.ts";
import { hearing } from "./events-plugin.ts";

/** What one event asks for, from the table's stream to the end of its last listener. */
export interface Cost {
  readonly dynamodb: number;
  readonly sqs: number;
  readonly invocations: number;
  /** What the functions ran for, together. */
  readonly ms: number;
}

/** Measures that on the embedded engines. @param together events that are written before the next is waited for */
export const costOf = async (
  listeners: number,
  { events, together }: { events: number; together: number },
): Promise<Cost> => {
  const log = createJsonLog(console.error);
  const undo = new Undo(log);
  try {
    let reached = 0;
    const hear = () => {
      reached++;
    };
    const config = readConfig({
      plugins: [basicauth(), ...Array.from({ length: listeners }, (_, i) => hearing(`bench-${i}`, false, hear))],
    });
    const folder = takeDataFolder(undefined);
    undo.add(() => folder.release());
    const engines = await startEngines(
      {
        folder,
        kept: false,
        table: "kintoun",
        queues: queueConfigs(config),
        dynamodb: undefined,
        sqs: undefined,
        now: Date.now,
      },
      undo,
    );
    const opening: Opening = {
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
    const [api, dispatch] = [await openApi(opening), await createDispatcher(opening)];
    undo.add(api.close, dispatch.close);
    const stream = pollStream({
      client: engines.clients.streams,
      arn: engines.stream,
      filters: streamFilters(config),
      handler: timed(dispatchHandler(dispatch)),
      retries: STREAM.retries,
      park: async () => {},
      file: undefined,
      log,
    });
    undo.add(stream.stop);
    for (const { name, batchSize, batchWindow: window } of queueConfigs(config)) {
      const worker = await openWorker({ ...opening, place: { ...opening.place, listener: name } });
      const handler = timed<Parameters<ReturnType<typeof workerHandler>>[0], SQSBatchResponse>(workerHandler(worker));
      const poller = pollQueue({
        client: engines.clients.sqs,
        url: engines.queues.urls[name] ?? "",
        batchSize,
        window,
        atOnce: 1,
        handler,
        log,
      });
      undo.add(worker.close, poller.stop);
    }

    const ask = asking(apiHandler(api));
    const urls = Object.values(engines.queues.urls);
    const settled = async (expected: number) => {
      while (
        reached < expected ||
        (await Promise.all(urls.map((url) => depth(engines.clients.sqs, url)))).some((left) => left > 0)
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
    undo.add(calls.stop);
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
    await undo.run();
  }
};

const COLLECTIONS = 16;
/** What deliveries ask of the table; what the request asks of it is not theirs. */
const CLAIMS = ["PutItem", "GetItem", "DeleteItem", "UpdateItem"];
/** What AWS would ask of the queues; to look whether they are empty is the bench's. */
const HANDING_ON = ["SendMessageBatch", "ReceiveMessage", "DeleteMessageBatch", "ChangeMessageVisibility"];
