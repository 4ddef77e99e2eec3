import type { Config } from "../config/config.ts";
import type { AppOptions } from "./create-app-context.ts";
import { runPluginCommand } from "./run-plugin-command.ts";

/** The store that commands run on. */
interface Target {
  readonly options: AppOptions;
  /** The URL of the API with its version. */
  readonly url: string | undefined;
}

/**
 * Runs the commands that plugins run when the store has started, such as the invitation of the first administrator. One that
 * fails does not stop the others.
 *
 * @param signal aborted when the store stops
 * @returns the lines that they print
 */
export const runAtStart = async (
  { plugins }: Config,
  { options, url }: Target,
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
