import type { Subscription } from "../core/events/listener.ts";
import type { PluginResource } from "../core/resources.ts";
import { recordsActivity } from "./activity.ts";
import type { Config } from "./config.ts";
import { pluginInbound, subscriptions } from "./listeners.ts";
import { hasJobs } from "./plugin-placement.ts";
import { type NamedQueue, queueConfigs } from "./queues.ts";

/** What `dispatch` needs of a config to send changes to queues. It is JSON, so that the function loads no plugins. */
export interface Routing {
  readonly subscriptions: readonly Subscription[];
  /** All work queues. */
  readonly queues: readonly NamedQueue[];
  /** Names of the inbound queues. */
  readonly inbound: readonly string[];
  /** Names of the plugins that have jobs. */
  readonly pluginsWithJobs: readonly string[];
  readonly pluginResources: readonly PluginResource[];
  /** Whether each change is logged. */
  readonly recordsActivity: boolean;
}

export const toRouting = (config: Config): Routing => ({
  subscriptions: subscriptions(config).map(
    ({ name, on, buckets, collections, where, echo = false, imports = false, purgesExcluded = false }) => ({
      name,
      on,
      buckets,
      collections,
      where,
      echo,
      imports,
      purgesExcluded,
    }),
  ),
  queues: queueConfigs(config).map(({ name, ordered }) => ({ name, ordered })),
  inbound: pluginInbound(config.plugins).map(({ name }) => name),
  pluginsWithJobs: config.plugins.filter(hasJobs).map(({ name }) => name),
  pluginResources: config.resources.all.flatMap(({ plugin }) => plugin ?? []),
  recordsActivity: recordsActivity(config.plugins),
});
