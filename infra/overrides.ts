import { isDeepStrictEqual } from "node:util";
import { type Config, readConfig } from "../app/config/config.ts";
import { toOverrideVariables } from "../app/config/environment.ts";
import type { KintounConfig } from "../kit/config.ts";

/** The variables that make of a written config the one that was read at synthesis: what was overridden there is so in the functions too. */
export const overridesOf = ({ settings, plugins, observability, ...secrets }: Config, written: KintounConfig): Record<string, string> => {
  const { settings: before, observability: observed } = readConfig({ ...written, plugins: [], standalone: [] });
  const { places: _, spelledPlaces, ...now } = settings;
  const names = plugins.map(({ name }) => name);
  return toOverrideVariables({
    settings: Object.fromEntries(Object.entries(now).filter(([name, value]) => !isDeepStrictEqual(value, before[name as keyof typeof now]))),
    spelledPlaces,
    ...(!isDeepStrictEqual(
      names,
      written.plugins.map(({ name }) => name),
    ) && { plugins: names }),
    observability: Object.fromEntries(Object.entries(observability).filter(([name, value]) => value !== observed[name as keyof typeof observed])),
    ...secrets,
  });
};
