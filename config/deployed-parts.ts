import type { PluginManifest } from "../kit/plugin.ts";

/** A plugin as a store in AWS has it: without the actions that it offers elsewhere only, and the needs of these. */
export const keepDeployedParts = (plugin: PluginManifest): PluginManifest => {
  const actions = Object.fromEntries(Object.entries(plugin.actions).filter(([, { deployed }]) => deployed));
  const isLeftOut = (name: string): boolean => Object.hasOwn(plugin.actions, name) && !Object.hasOwn(actions, name);
  const needs = Object.fromEntries(
    Object.entries(plugin.needs).filter(
      ([, need]) =>
        need.kind !== "action" || (need.action.plugin ?? need.plugin) !== plugin.name || !isLeftOut(need.action.name),
    ),
  );
  return { ...plugin, actions, needs };
};
