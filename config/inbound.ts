import type { ReadInbound, ReadPlugin } from "../kit/read-plugin.ts";

/** A plugin's inbound part, by the name that its queue, its function and its claims go by. */
export interface PluginInbound extends ReadInbound {
  /** `<plugin>-<part>`. */
  readonly name: string;
  readonly plugin: ReadPlugin;
  /** Its name within the plugin. */
  readonly part: string;
}

/** The inbound parts of all plugins, in the config's order. */
export const pluginInbound = (plugins: readonly ReadPlugin[]): readonly PluginInbound[] =>
  plugins.flatMap((plugin) =>
    Object.entries(plugin.inbound).map(([part, inbound]) => ({
      ...inbound,
      name: `${plugin.name}-${part}`,
      plugin,
      part,
    })),
  );
