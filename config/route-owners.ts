import type { PluginManifest } from "../kit/plugin.ts";
import { SEARCH_ROUTES } from "./functions.ts";
import { findSearchOwner } from "./plugin-placement.ts";

/**
 * Finds routes that two plugins own: only one of them could ever run. Search belongs to the first plugin that needs it.
 * @returns an error message for each
 */
export const findRouteConflicts = (plugins: readonly PluginManifest[]): string[] => {
  const owners = new Map<string, PluginManifest>();
  const search = findSearchOwner(plugins)?.plugin;
  if (search !== undefined)
    for (const { path, methods } of SEARCH_ROUTES)
      for (const method of methods) owners.set(toShape(`${method} ${path.replaceAll(/\{(\w+)\}/g, ":$1")}`), search);
  const conflicts = plugins.flatMap((plugin) =>
    plugin.routes.flatMap((route) => {
      const other = route.methods
        .map((method) => {
          const shape = toShape(`${method} ${route.path}`);
          const owner = owners.get(shape) ?? plugin;
          owners.set(shape, owner);
          return owner;
        })
        .find((owner) => owner !== plugin);
      return other === undefined ? [] : [{ plugin, route, other }];
    }),
  );
  return conflicts.map(
    ({ plugin, route, other }) =>
      `plugins: ${plugin.name}.routes['${route.name}']: the plugin '${other.name}' has this route already. ` +
      `Change its path, or remove '${plugin.name}' or '${other.name}'.`,
  );
};

/** A method and path without the names of its parameters. */
const toShape = (route: string): string => route.replace(/:\w+/g, ":");
