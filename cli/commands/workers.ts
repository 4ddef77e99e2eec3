import type { Command } from "commander";
import type { Config } from "../../config/config.ts";
import { loadConfig } from "../../config/load-config.ts";
import { type QueueConfig, queueConfigs } from "../../config/queues.ts";
import { UserError } from "../../config/user-error.ts";
import { didYouMean } from "../../lib/util/nearest.ts";
import type { ConnectedStore } from "../connect.ts";
import { addStoreOptions, createCommand, readStoreTarget, type StoreOptions } from "../options.ts";
import { commandLog, describeMessage, formatColumns, print, printNotice } from "../output.ts";
import { runUntilStopped } from "../run-process.ts";

/** The name of the worker that prints events and does nothing else. */
const ECHO = "echo";

export const workersCommand = (): Command =>
  createCommand("workers", "List the queues and what works on each.")
    .option("--json", "print JSON")
    .action(async ({ json }: { readonly json?: boolean }) => {
      const { listWorkers } = await import("../../operations/queue-report.ts");
      const workers = listWorkers(await loadConfig());
      if (json) return print(JSON.stringify(workers, null, 2));
      print(
        formatColumns(workers.map((one) => [one.name, one.standalone ? "standalone" : "function", one.description])),
      );
    });

export const workerCommand = (): Command =>
  addStoreOptions(
    createCommand("worker", `Work on one queue in this process. The worker '${ECHO}' prints each event.`)
      .argument("<queue>", "name of the queue")
      .option("--once", "end when the queue is empty"),
  ).action(runWorkerCommand);

const runWorkerCommand = async (name: string, options: StoreOptions & { readonly once?: boolean }): Promise<void> => {
  const { once = false } = options;
  const target = readStoreTarget(options);
  const config = await loadConfig({ isDeployed: target.kind === "stack" });
  if (name === ECHO) {
    if (once)
      throw new UserError([`The worker '${ECHO}' follows the stream and never ends by itself. Leave out --once.`]);
    const { echoEvents } = await import("./events/tail.ts");
    return runUntilStopped((signal) => echoEvents({ config, target, signal, print }));
  }
  const queue = findQueue(config, name);
  const [{ connect }, { runWorker }] = await Promise.all([
    import("../connect.ts"),
    import("../../local/run-worker.ts"),
  ]);
  await runUntilStopped(async (signal) => {
    const store = await connect({ config, target, queues: [name], log: commandLog });
    try {
      printNotice(`Working on '${name}' of ${store.description}. Stop with Ctrl-C`);
      const counts = { done: 0, retry: 0, dead: 0 };
      const { nextRetryAt } = await runWorker({
        options: store.appOptions,
        client: store.sqs,
        queue,
        once,
        signal,
        onDelivery: ({ body, attempt, ms, outcome }) => {
          counts[outcome]++;
          const time = `${String(Math.round(ms)).padStart(5)} ms`;
          print(`${new Date().toISOString()}  ${outcome.padEnd(5)}  try ${attempt}  ${time}  ${describeMessage(body)}`);
        },
      });
      printNotice(`${counts.done} done, ${counts.retry} to be retried, ${counts.dead} moved to the dead-letter queue.`);
      if (once) await printRemaining(store, name, nextRetryAt);
    } finally {
      await store.close();
    }
  });
};

/** Prints how many messages of the queue cannot be received yet. */
const printRemaining = async (
  { appOptions, sqs }: ConnectedStore,
  name: string,
  nextRetryAt: number | undefined,
): Promise<void> => {
  const { reportQueues } = await import("../../operations/queue-report.ts");
  const [report] = await reportQueues(
    sqs,
    [name],
    { [name]: appOptions.location.queues[name] ?? "" },
    async () => null,
  );
  const count = report === undefined ? 0 : report.waiting + report.delayed + report.inFlight;
  if (count > 0) printNotice(formatRemaining(count, nextRetryAt));
};

/** @param nextRetryAt time of the last retry, in ms */
export const formatRemaining = (count: number, nextRetryAt: number | undefined): string => {
  const remaining = count === 1 ? "1 message remains" : `${count} messages remain`;
  const retry = nextRetryAt === undefined ? "" : ` The last retry is due at ${new Date(nextRetryAt).toISOString()}.`;
  return `${remaining}: delayed, or received by another worker.${retry} Run the worker again then.`;
};

/** Finds a queue by its name. Throws a {@link UserError} that names the queues when it does not exist. */
const findQueue = (config: Config, name: string): QueueConfig => {
  const found = queueConfigs(config).find((queue) => queue.name === name);
  if (found !== undefined) return found;
  const names = [...queueConfigs(config).map((queue) => queue.name), ECHO];
  throw new UserError([`There is no queue '${name}'. ${didYouMean(name, names)}`]);
};
