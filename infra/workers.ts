import type { Config } from "../config/config.ts";
import { inJobsOf, inPurge, inWorkerOf, publishersFor, works } from "../config/running.ts";
import {
  jobsQueue,
  keepsNoRecord,
  PURGE,
  pluginInbound,
  pluginListeners,
  type QueueOfWorker,
  queuesOf,
} from "../config/topology.ts";
import type { OwnNeed } from "../kit/need.ts";
import { needsOf } from "./grants/needs.ts";
import { claimDeliveries, PURGE_OBJECTS, type TableUse, workOnJobs } from "./grants/table-use.ts";

/** A copy of `worker`, and the queue that it works on. */
export interface DeployedWorker extends QueueOfWorker {
  /** What it does, for the console. */
  readonly about: string;
  /** Whether it puts messages on its own queue. */
  readonly sendsBack: boolean;
  readonly uses: readonly TableUse[];
  readonly needs: readonly OwnNeed[];
}

/** What each worker is to be granted: the store's own purge, then the plugins' listeners, what comes in to them, and their jobs in the config's order. */
export const deployedWorkers = (config: Config): readonly DeployedWorker[] => {
  const { plugins } = config;
  const queues = new Map(queuesOf(config).map((queue) => [queue.name, queue]));
  const queue = (name: string) => queues.get(name) as QueueOfWorker;
  const listening = (name: string) => ({ ...queue(name), about: `runs the listener ${name}`, sendsBack: true });
  return [
    { ...listening(PURGE.name), uses: PURGE_OBJECTS, needs: needsOf(inPurge(plugins), []) },
    ...pluginListeners(plugins).map(({ name, plugin, ...listener }) => ({
      ...listening(name),
      uses: keepsNoRecord(listener) ? [] : claimDeliveries(name),
      needs: needsOf(inWorkerOf(plugins, plugin, name), [
        plugin,
        ...publishersFor(plugins, name).map((publisher) => publisher.plugin),
      ]),
    })),
    ...pluginInbound(plugins).map(({ name, plugin, ...inbound }) => ({
      ...queue(name),
      about: `takes in what comes to ${name}`,
      sendsBack: true,
      uses: keepsNoRecord(inbound) ? [] : claimDeliveries(name),
      needs: needsOf(inWorkerOf(plugins, plugin, name), [
        plugin,
        ...publishersFor(plugins, name).map((publisher) => publisher.plugin),
      ]),
    })),
    ...plugins.filter(works).map((plugin) => ({
      ...queue(jobsQueue(plugin.name)),
      about: `works on the jobs of ${plugin.name}`,
      // The table's stream brings a job again.
      sendsBack: false,
      uses: workOnJobs(plugin),
      needs: needsOf(inJobsOf(plugins, plugin), [plugin]),
    })),
  ];
};
