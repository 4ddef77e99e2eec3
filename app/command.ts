import { withHelpers } from "../config/running.ts";
import type { ReadPlugin, StartedPlugin } from "../kit/read-plugin.ts";
import { closeAll, type Opening, openSurroundings } from "./open.ts";
import { startAll } from "./plugins/surroundings.ts";

/** Runs a plugin's command, with those who help it, and ends what was started for it. */
export const runCommand = async (
  opening: Opening,
  plugin: ReadPlugin,
  name: string,
  call: Parameters<StartedPlugin["commands"][string]>[0],
): Promise<void> => {
  const around = openSurroundings(opening);
  try {
    await startAll(around, withHelpers(around.config.plugins, plugin));
    const run = (await around.start(plugin)).commands[name];
    if (!call.signal.aborted) await run?.(call);
  } finally {
    await closeAll(around);
  }
};
