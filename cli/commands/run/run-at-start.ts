import type { AppOptions } from "../../../app/create-app-context.ts";
import { runPluginCommand } from "../../../app/run-plugin-command.ts";
import type { Config } from "../../../config/config.ts";

/**
 * Runs the commands that plugins run when the store has started on a laptop. One that fails does not stop the store.
 *
 * @param signal aborted when the store stops
 * @returns the lines that they print
 */
export const runAtStart = async (
  { plugins }: Config,
  { options, url }: { readonly options: AppOptions; readonly url: string },
  signal: AbortSignal,
): Promise<readonly string[]> => {
  const lines: string[] = [];
  for (const plugin of plugins)
    for (const [name, { startFlags: flags }] of Object.entries(plugin.commands)) {
      if (flags === undefined || signal.aborted) continue;
      try {
        await runPluginCommand(options, plugin, name, { flags, print: (line) => lines.push(line), signal, url });
      } catch (error) {
        lines.push(`The command '${name}' of the plugin '${plugin.name}' failed: ${error}`);
      }
    }
  return lines;
};
