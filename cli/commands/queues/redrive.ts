import { loadConfig } from "../../../config/load-config.ts";
import { queueConfigs } from "../../../config/queues.ts";
import { decodeFailedRecord } from "../../../core/events/dead-letters.ts";
import { DISPATCH_FAILURES_QUEUE, toDeadLetterQueue } from "../../../core/ports/queue.ts";
import {
  createRedispatcher,
  type RedriveOptions,
  readDiscardedRecords,
  redrive,
  resendTo,
} from "../../../operations/redrive.ts";
import { type ConnectedStore, type ConnectOptions, connect } from "../../connect.ts";
import { readStoreTarget, type StoreOptions } from "../../options.ts";
import { commandLog, createProgress, printNotice } from "../../output.ts";
import { runUntilDone } from "../../run-process.ts";
import { requireQueue } from "./dead-letters.ts";

/** Runs `kintoun queues redrive`. */
export const runRedrive = async (
  queue: string,
  options: StoreOptions & { readonly rate: number; readonly limit?: number },
): Promise<void> => {
  const { rate, limit } = options;
  const target = readStoreTarget(options, queue === DISPATCH_FAILURES_QUEUE);
  const config = await loadConfig({ isDeployed: target.kind === "stack" });
  requireQueue(config, queue);
  await runUntilDone(async (signal) => {
    const progress = createProgress("sent again");
    const { moved, failed } = await redriveQueue({
      config,
      target,
      queue,
      rate,
      limit,
      signal,
      progress: progress.step,
    });
    progress.end(moved);
    if (failed > 0)
      printNotice(`${failed} failed again and stay. Show them with: kintoun queues dead-letters ${queue}`);
    if (signal.aborted) printNotice("Stopped. The remaining messages stay; run the command again to continue.");
  });
};

export interface QueueRedrive
  extends Pick<ConnectOptions, "config" | "target">,
    Pick<RedriveOptions, "rate" | "limit" | "signal" | "progress"> {
  readonly queue: string;
}

/**
 * Redrives the dead letters of a queue.
 *
 * @returns the number of messages that were sent again, and of those that failed again
 */
export const redriveQueue = async ({
  queue,
  ...run
}: QueueRedrive): Promise<{ readonly moved: number; readonly failed: number }> => {
  const { config, target } = run;
  // What was not dispatched may belong on any queue, and one of them may be gone.
  const targets = queue === DISPATCH_FAILURES_QUEUE ? queueConfigs(config).map(({ name }) => name) : [];
  const store = await connect({ config, target, queues: [queue], targets, log: commandLog });
  try {
    const urls = store.appOptions.location.queues;
    if (queue === DISPATCH_FAILURES_QUEUE) return await redispatch(store, run);
    const handle = resendTo(store.sqs, urls[queue] ?? "");
    return {
      moved: await redrive({ ...run, client: store.sqs, from: urls[toDeadLetterQueue(queue)] ?? "", handle }),
      failed: 0,
    };
  } finally {
    await store.close();
  }
};

/** Dispatches the stream records and sends the messages of the failures queue again. */
const redispatch = async ({ appOptions, sqs, streams }: ConnectedStore, run: Omit<QueueRedrive, "queue">) => {
  const dispatcher = await createRedispatcher(appOptions);
  let failed = 0;
  try {
    const handle: RedriveOptions["handle"] = async (message) => {
      const { Body = "" } = message;
      try {
        if (await dispatcher.resendRefused(message)) return "done";
        const record = decodeFailedRecord(Body)?.record;
        for (const one of record === undefined ? await readDiscardedRecords(streams, Body) : [record])
          await dispatcher.redispatch(one);
        return "done";
      } catch (error) {
        appOptions.log.error("A change could not be dispatched again", { error });
      }
      failed++;
      return "keep";
    };
    const moved = await redrive({
      ...run,
      client: sqs,
      from: appOptions.location.queues[DISPATCH_FAILURES_QUEUE] ?? "",
      handle,
    });
    return { moved, failed };
  } finally {
    await dispatcher.close();
  }
};
