import type { Config } from "../config/config.ts";
import { pluginInbound } from "../config/inbound.ts";
import { pluginListeners, skipsClaims } from "../config/listeners.ts";
import { type QueueConfig, queueConfigs } from "../config/queues.ts";
import {
  hasJobs,
  pluginsInJobWorker,
  pluginsInListenerWorker,
  pluginsInPurgeWorker,
  publishersOf,
} from "../config/running.ts";
import { PURGE } from "../core/events/purge.ts";
import { jobsQueue } from "../core/jobs/job.ts";
import type { OwnNeed } from "../kit/need.ts";
import { needsOf } from "./grants/needs.ts";
import { claimDeliveries, PURGE_OBJECTS, type TableUse, workOnJobs } from "./grants/table-use.ts";

/** A copy of `worker`, and the queue that it works on. */
export interface DeployedWorker extends QueueConfig {
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
  const queues = new Map(queueConfigs(config).map((queue) => [queue.name, queue]));
  const queue = (name: string) => queues.get(name) as QueueConfig;
  const listening = (name: string) => ({ ...queue(name), about: `runs the listener ${name}`, sendsBack: true });
  return [
    { ...listening(PURGE.name), uses: PURGE_OBJECTS, needs: needsOf(pluginsInPurgeWorker(plugins), []) },
    ...pluginListeners(plugins).map(({ name, plugin, ...listener }) => ({
      ...listening(name),
      uses: skipsClaims(listener) ? [] : claimDeliveries(name),
      needs: needsOf(pluginsInListenerWorker(plugins, plugin, name), [
        plugin,
        ...publishersOf(plugins, name).map((publisher) => publisher.plugin),
      ]),
    })),
    ...pluginInbound(plugins).map(({ name, plugin, ...inbound }) => ({
      ...queue(name),
      about: `takes in what comes to ${name}`,
      sendsBack: true,
      uses: skipsClaims(inbound) ? [] : claimDeliveries(name),
      needs: needsOf(pluginsInListenerWorker(plugins, plugin, name), [
        plugin,
        ...publishersOf(plugins, name).map((publisher) => publisher.plugin),
      ]),
    })),
    ...plugins.filter(hasJobs).map((plugin) => ({
      ...queue(jobsQueue(plugin.name)),
      about: `works on the jobs of ${plugin.name}`,
      // The table's stream brings a job again.
      sendsBack: false,
      uses: workOnJobs(plugin),
      needs: needsOf(pluginsInJobWorker(plugins, plugin), [plugin]),
    })),
  ];
};
