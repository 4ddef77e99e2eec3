import { CreateQueueCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import { openDispatch } from "../app/dispatch.ts";
import type { Opening } from "../app/open.ts";
import { STREAM } from "../app/topology.ts";
import { openWorker } from "../app/worker.ts";
import type { Log } from "../core/log.ts";
import { dispatchHandler } from "../functions/dispatch/handler.ts";
import { workerHandler } from "../functions/worker/handler.ts";
import type { Engines } from "./engines.ts";
import { pollQueue } from "./queue-poller.ts";
import { pollStream } from "./stream-poller.ts";
import { together } from "./together.ts";
import type { Undo } from "./undo.ts";

/** Lambda's event source mappings: the stream to `dispatch`, each queue to its worker. */
export const startSources = async (opening: Opening, { clients, stream, queues, positions }: Engines, log: Log, undo: Undo) => {
  const dispatch = await openDispatch(opening);
  undo.add(dispatch.close);
  const parked = await clients.sqs.send(new CreateQueueCommand({ QueueName: "kintoun-dispatch-failures" }));
  const polling = pollStream({
    client: clients.streams,
    arn: stream,
    handler: dispatchHandler(dispatch),
    retries: STREAM.retries,
    park: async (records, reason) => {
      for (const record of records) {
        await clients.sqs.send(new SendMessageCommand({ QueueUrl: parked.QueueUrl, MessageBody: JSON.stringify({ reason, record }) }));
      }
    },
    file: positions,
    log,
  });
  undo.add(polling.stop);

  const workers = Object.entries(queues.urls).map(async ([listener, url]) => {
    const worker = await openWorker({ ...opening, place: { ...opening.place, listener } });
    undo.add(worker.close);
    return () => pollQueue({ client: clients.sqs, url, handler: workerHandler(worker), log });
  });
  const pollers = (await together(workers)).map((poll) => poll());
  undo.add(() => Promise.all(pollers.map((poller) => poller.stop())));
  return { wake: polling.wake, caughtUp: polling.caughtUp };
};
