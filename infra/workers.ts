import type { Config } from "../app/config/config.ts";
import { inJobsOf, inPurge, inWorkerOf, works } from "../app/plugins/running.ts";
import { FUNCTIONS, JOBS, jobsQueue, PURGE, pluginListeners, QUEUE, type QueueOfWorker } from "../app/topology.ts";
import type { OwnNeed } from "../kit/need.ts";
import { needsOf } from "./grants/needs.ts";
import { claimDeliveries, PURGE_OBJECTS, type TableUse, workOnJobs } from "./grants/table-use.ts";

/** A copy of `worker`, and the queue that it works on. */
export interface DeployedWorker extends QueueOfWorker {
  /** What it does, for the console. */
  readonly about: string;
  /** Seconds. */
  readonly timeout: number;
  /** Whether it puts messages on its own queue. */
  readonly sendsBack: boolean;
  readonly uses: readonly TableUse[];
  readonly needs: readonly OwnNeed[];
}

/** What each worker is to be granted: the store's own purge, then the plugins' listeners and their jobs in the config's order. */
export const deployedWorkers = ({ plugins }: Config): readonly DeployedWorker[] => [
  { ...listening(PURGE.name), uses: PURGE_OBJECTS, needs: needsOf(inPurge(plugins)) },
  ...pluginListeners(plugins).map(({ name, plugin, idempotent }) => ({
    ...listening(name),
    uses: idempotent ? [] : claimDeliveries(name),
    needs: needsOf(inWorkerOf(plugins, plugin, name)),
  })),
  ...plugins.filter(works).map((plugin) => ({
    name: jobsQueue(plugin.name),
    about: `works on the jobs of ${plugin.name}`,
    visibility: JOBS.visibility,
    batchSize: JOBS.batchSize,
    timeout: JOBS.timeout,
    // The table's stream brings a job again.
    sendsBack: false,
    uses: workOnJobs(plugin),
    needs: needsOf(inJobsOf(plugins, plugin)),
  })),
];

const listening = (name: string) => ({
  name,
  about: `runs the listener ${name}`,
  visibility: QUEUE.visibility,
  batchSize: QUEUE.batchSize,
  timeout: FUNCTIONS.worker.timeout,
  sendsBack: true,
});
