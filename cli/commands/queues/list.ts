import { loadConfig } from "../../../config/load-config.ts";
import { queueConfigs } from "../../../config/queues.ts";
import { DISPATCH_FAILURES_QUEUE } from "../../../core/ports/queue.ts";
import { formatQueueAccess } from "../../../local/queue-access.ts";
import { reportQueues } from "../../../operations/queue-report.ts";
import { type ConnectOptions, connect } from "../../connect.ts";
import { readStoreTarget, type StoreOptions } from "../../options.ts";
import { commandLog, formatColumns, print } from "../../output.ts";
import { runUntilDone } from "../../run-process.ts";
import { createAgeReader } from "./message-ages.ts";

/** Runs `kintoun queues`. */
export const runList = async (options: StoreOptions & { readonly json?: boolean }): Promise<void> => {
  const target = readStoreTarget(options, false);
  const config = await loadConfig({ isDeployed: target.kind === "stack" });
  await runUntilDone(async () => print(await listQueues({ config, target, json: options.json ?? false })));
};

/** The output of `kintoun queues`. */
export const listQueues = async ({
  config,
  target,
  json,
}: Pick<ConnectOptions, "config" | "target"> & { json: boolean }): Promise<string> => {
  const workQueues = queueConfigs(config).map(({ name }) => name);
  const names = target.kind === "endpoints" ? workQueues : [...workQueues, DISPATCH_FAILURES_QUEUE];
  const store = await connect({ config, target, queues: names, log: commandLog });
  try {
    const reports = await reportQueues(
      store.sqs,
      names,
      store.appOptions.location.queues,
      createAgeReader(store, names),
    );
    if (json) return JSON.stringify(reports, null, 2);
    const { queueAccess } = store;
    const hasAges = reports.some((report) => report.oldest !== null);
    const columns = formatColumns([
      ["queue", "waiting", "delayed", "in flight", "dead", ...(hasAges ? ["oldest"] : [])],
      ...reports.map(({ name, waiting, delayed, inFlight, dead, oldest }) => [
        name,
        waiting,
        delayed,
        inFlight,
        dead ?? "-",
        ...(hasAges ? [oldest === null ? "?" : oldest === 0 ? "-" : formatAge(oldest)] : []),
      ]),
    ]);
    return queueAccess === undefined ? columns : [columns, "", ...formatQueueAccess(queueAccess)].join("\n");
  } finally {
    await store.close();
  }
};

const formatAge = (seconds: number): string => {
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`;
};
