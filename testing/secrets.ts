import { configurableNeeds, pluginVariable } from "../config/plugin-variables.ts";
import type { PluginManifest } from "../kit/plugin.ts";
import { didYouMean } from "../lib/util/nearest.ts";

/**
 * The values that operators set for plugins, by plugin and by the name of the need: secrets (`need.parameter`),
 * variables (`need.variable`) and the passwords of mail servers.
 * @example
 * const secrets: TestSecrets = { slack: { url: "https://hooks.example.org/T0" } };
 */
export type TestSecrets = Readonly<Record<string, Readonly<Record<string, string>>>>;

/**
 * Converts secrets to the variables that an operator would set.
 * @throws an error with a suggestion if no plugin has such a need, or if a value is empty
 */
export const toSecretVariables = (
  plugins: readonly PluginManifest[],
  secrets: TestSecrets,
): ReadonlyMap<string, string> => {
  const needs = configurableNeeds(plugins);
  return new Map(
    Object.entries(secrets).flatMap(([plugin, values]) => {
      const names = plugins.map(({ name }) => name);
      if (!names.includes(plugin))
        throw new Error(`secrets: the store has no plugin '${plugin}'. ${didYouMean(plugin, names)}`);
      const known = needs.filter((need) => need.plugin === plugin).map(({ name }) => name);
      return Object.entries(values).map(([name, value]): [string, string] => {
        if (known.length === 0) throw new Error(`secrets.${plugin}: the plugin needs no secrets. Remove '${name}'.`);
        if (!known.includes(name))
          throw new Error(`secrets.${plugin}: the plugin needs no '${name}'. ${didYouMean(name, known)}`);
        if (value === "") throw new Error(`secrets.${plugin}.${name} is empty. Set a value, or leave it out.`);
        return [pluginVariable({ plugin, name }), value];
      });
    }),
  );
};
