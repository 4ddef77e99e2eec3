import type { Subscription } from "../core/events/listener.ts";
import { createPurgeSubscription } from "../core/events/purge.ts";
import type { InboundManifest } from "../kit/parts/inbound.ts";
import type { ListenerManifest } from "../kit/parts/listeners.ts";
import type { PluginManifest } from "../kit/plugin.ts";
import type { Config } from "./config.ts";

/** A plugin's listener, with the name of its queue, its function and its claims. */
export interface PluginListener extends ListenerManifest {
  /** `<plugin>-<listener>`. */
  readonly name: string;
  readonly plugin: PluginManifest;
  /** Name within the plugin. */
  readonly part: string;
}

/**
 * Whether deliveries to a listener need no claims, because it is idempotent. Ordered listeners always need them to
 * count tries: receives do not count them, because messages behind a failing one are received with it.
 */
export const skipsClaims = ({ idempotent, queue }: Pick<PluginListener, "idempotent" | "queue">): boolean =>
  idempotent && !queue.ordered;

/** The listeners of all plugins, in the order of the config. */
export const pluginListeners = (plugins: readonly PluginManifest[]): readonly PluginListener[] =>
  plugins.flatMap((plugin) =>
    Object.entries(plugin.listeners).map(([part, listener]) => ({
      ...listener,
      name: `${plugin.name}-${part}`,
      plugin,
      part,
    })),
  );

/** All event subscriptions: the store's purge first, then the plugins' listeners in the config's order. */
export const subscriptions = ({ plugins, resources }: Config): readonly Subscription[] => [
  createPurgeSubscription(resources),
  ...pluginListeners(plugins),
];

/** A plugin's inbound part, with the name of its queue, its function and its claims. */
export interface PluginInbound extends InboundManifest {
  /** `<plugin>-<part>`. */
  readonly name: string;
  readonly plugin: PluginManifest;
  /** Name within the plugin. */
  readonly part: string;
}

/** Names of the inbound queues that plugins send to themselves. */
export const ownQueueNames = (plugins: readonly PluginManifest[]): readonly string[] => [
  ...new Set(
    plugins.flatMap(({ name, needs }) =>
      Object.values(needs).flatMap((need) => (need.kind === "queue" ? [`${name}-${need.part}`] : [])),
    ),
  ),
];

/** The inbound parts of all plugins, in the order of the config. */
export const pluginInbound = (plugins: readonly PluginManifest[]): readonly PluginInbound[] =>
  plugins.flatMap((plugin) =>
    Object.entries(plugin.inbound).map(([part, inbound]) => ({
      ...inbound,
      name: `${plugin.name}-${part}`,
      plugin,
      part,
    })),
  );
