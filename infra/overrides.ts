import { isDeepStrictEqual } from "node:util";
import { type Config, readConfig } from "../config/config.ts";
import { pluginVariables, toOverrideVariables } from "../config/environment.ts";
import type { KintounConfig } from "../kit/config.ts";

/**
 * The variables that turn the written config into the config at synthesis, so that overrides at synthesis also apply
 * in the functions. Secrets of plugins are left out, because a function's environment is readable.
 */
export const overrideVariables = (config: Config, written: KintounConfig): Record<string, string> => {
  const { settings, plugins, observability, pluginVariables: variables, ...secrets } = config;
  const base = readConfig({ ...written, plugins: [], local: [], standalone: [] });
  const { places: _, placeVariables, ...current } = settings;
  const names = plugins.map(({ name }) => name);
  const writtenNames = written.plugins.map(({ name }) => name);
  const secretVariables = pluginVariables(plugins, true);
  return toOverrideVariables({
    settings: Object.fromEntries(
      Object.entries(current).filter(
        ([name, value]) => !isDeepStrictEqual(value, base.settings[name as keyof typeof current]),
      ),
    ),
    placeVariables,
    ...(!isDeepStrictEqual(names, writtenNames) && { plugins: names }),
    observability: Object.fromEntries(
      Object.entries(observability).filter(
        ([name, value]) => value !== base.observability[name as keyof typeof observability],
      ),
    ),
    pluginVariables: new Map([...variables].filter(([variable]) => !secretVariables.includes(variable))),
    ...secrets,
  });
};
