import type { PluginNeed } from "../kit/need.ts";
import type { PluginManifest } from "../kit/plugin.ts";

/** Prefix of plugins' variables. */
export const PLUGIN_VARIABLE_PREFIX = "KINTOUN_PLUGIN_";

/** The variable for a plugin's need. */
export const pluginVariable = ({ plugin, name }: { readonly plugin: string; readonly name: string }): string =>
  `${PLUGIN_VARIABLE_PREFIX}${plugin}_${name}`.replaceAll("-", "_").toUpperCase();

/**
 * The variables that plugins need.
 *
 * @param secret those with secret values, which must not be in a function's environment, or the others
 */
export const pluginVariables = (plugins: readonly PluginManifest[], secret: boolean): readonly string[] =>
  needsOf(plugins).flatMap((need) => (secret ? secretsIn(need) : variablesIn(need)).map(pluginVariable));

interface ConfigurableNeed {
  readonly plugin: string;
  readonly name: string;
}

/** The needs of plugins that operators set by variables, secret or not. */
export const configurableNeeds = (plugins: readonly PluginManifest[]): readonly ConfigurableNeed[] =>
  needsOf(plugins).flatMap((need) => [...variablesIn(need), ...secretsIn(need)]);

const needsOf = (plugins: readonly PluginManifest[]): readonly PluginNeed[] =>
  plugins.flatMap(({ needs }) => Object.values(needs));

const variablesIn = (need: PluginNeed): readonly ConfigurableNeed[] => (need.kind === "variable" ? [need] : []);

const secretsIn = (need: PluginNeed): readonly ConfigurableNeed[] => {
  if (need.kind === "parameter") return [need];
  return need.kind === "mail" && need.password !== undefined ? [{ ...need.password, plugin: need.plugin }] : [];
};
