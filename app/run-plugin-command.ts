import { withDependencies } from "../config/plugin-placement.ts";
import type { PluginInstance, PluginManifest } from "../kit/plugin.ts";
import { startPlugins } from "./app-context.ts";
import { type AppOptions, closeApp, createAppContext } from "./create-app-context.ts";

/** Runs a plugin's command with the plugins that it depends on, and closes what was started for it. */
export const runPluginCommand = async (
  options: AppOptions,
  plugin: PluginManifest,
  name: string,
  call: Parameters<PluginInstance["commands"][string]>[0],
): Promise<void> => {
  const app = createAppContext(options);
  try {
    await startPlugins(app, withDependencies(app.config.plugins, plugin));
    const run = (await app.start(plugin)).commands[name];
    if (!call.signal.aborted) await run?.(call);
  } finally {
    await closeApp(app);
  }
};
