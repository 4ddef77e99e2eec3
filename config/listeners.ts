import type { Subscription } from "../core/events/listener.ts";
import { createPurgeSubscription } from "../core/events/purge.ts";
import type { ReadListener, ReadPlugin } from "../kit/read-plugin.ts";
import type { Config } from "./config.ts";

/** A plugin's listener, by the name that its queue, its function and its claims go by. */
export interface PluginListener extends ReadListener {
  /** `<plugin>-<listener>`. */
  readonly name: string;
  readonly plugin: ReadPlugin;
  /** Its name within the plugin. */
  readonly part: string;
}

/**
 * Whether no record is kept of a listener's deliveries: repetitions do it no harm. An ordered one has a record nevertheless, which counts its
 * tries: the number of receipts does not, as what waits behind a failing message is received with it.
 */
export const skipsClaims = ({ idempotent, queue }: Pick<PluginListener, "idempotent" | "queue">): boolean =>
  idempotent && !queue.ordered;

/** The listeners of all plugins, in the config's order. */
export const pluginListeners = (plugins: readonly ReadPlugin[]): readonly PluginListener[] =>
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
