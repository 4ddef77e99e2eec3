import type { Log } from "../core/ports/log.ts";

/** What every part of a plugin is handed beside its input. */
export interface PluginContext<Config, Services> {
  readonly config: Config;
  /** What the plugin's `setup` gave. */
  readonly services: Services;
  readonly log: Log;
}
