import { isDeepStrictEqual } from "node:util";
import { type Config, pluginVariables, readConfig } from "../config/config.ts";
import { toOverrideVariables } from "../config/environment.ts";
import type { KintounConfig } from "../kit/config.ts";

/**
 * The variables that make of a written config the one that was read at synthesis: what was overridden there is so in the functions too. Only
 * what operators give plugins as secrets stands in no function's environment.
 */
export const overridesOf = (
  { settings, plugins, observability, pluginVariables, ...secrets }: Config,
  written: KintounConfig,
): Record<string, string> => {
  const { settings: before, observability: observed } = readConfig({ ...written, plugins: [], standalone: [] });
  const { places: _, spelledPlaces, ...now } = settings;
  const names = plugins.map(({ name }) => name);
  const given = pluginVariables(plugins, true);
  return toOverrideVariables({
    settings: Object.fromEntries(
      Object.entries(now).filter(([name, value]) => !isDeepStrictEqual(value, before[name as keyof typeof now])),
    ),
    spelledPlaces,
    ...(!isDeepStrictEqual(
      names,
      written.plugins.map(({ name }) => name),
    ) && { plugins: names }),
    observability: Object.fromEntries(
      Object.entries(observability).filter(([name, value]) => value !== observed[name as keyof typeof observed]),
    ),
    pluginVariables: new Map([...pluginVariables].filter(([variable]) => !given.includes(variable))),
    ...secrets,
  });
};
