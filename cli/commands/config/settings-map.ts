import { splitList } from "./setting-values.ts";

/** Settings by their name without `kinto.`, which is optional in Kinto. */
export type Settings = ReadonlyMap<string, { readonly key: string; readonly text: string }>;

/** A plugin of the config. */
export interface PluginCall {
  /** The export of the plugin's folder: `defaultBucket` of `plugins/default-bucket`. */
  readonly call: string;
  readonly options?: object;
}

/** The Python modules in `kinto.includes`, with `_` for `-`. */
export const readModules = (kintoSettings: Settings): readonly string[] =>
  splitList(kintoSettings.get("includes")?.text).map((module) => module.replaceAll("-", "_"));

/** A name as plugins may have it; `undefined` if it cannot be one. */
export const toPluginName = (name: string): string | undefined => {
  const plugin = name.toLowerCase().replaceAll("_", "-");
  return /^[a-z][a-z0-9-]{0,30}$/.test(plugin) ? plugin : undefined;
};
