import { runCommand } from "../app/command.ts";
import type { Config } from "../app/config/config.ts";
import { Problem } from "../app/problem.ts";
import { jsonLog } from "../core/log.ts";
import { startCloud } from "../local/cloud.ts";
import type { PluginCommand } from "./plugin-commands.ts";

export interface CommandRun {
  readonly config: Config;
  /** The data folder; nothing is kept when absent. */
  readonly data: string | undefined;
  readonly command: Pick<PluginCommand, "plugin" | "name">;
  readonly flags: unknown;
  readonly print: (line: string) => void;
  /** Aborted when the command is to end. */
  readonly signal: AbortSignal;
}

/** Runs a plugin's command on the embedded cloud, which is up meanwhile, and down in the end; throws a {@link Problem} when it fails. */
export const runPluginCommand = async ({ config, data, command, flags, print, signal }: CommandRun): Promise<void> => {
  const plugin = config.plugins.find(({ name }) => name === command.plugin);
  if (plugin === undefined) throw new Problem([`There is no plugin '${command.plugin}'.`]);
  const cloud = await startCloud({ config, port: 0, data, log: jsonLog(console.error) });
  try {
    await runCommand(cloud.opening, plugin, command.name, { flags, print, signal });
  } catch (error) {
    if (error instanceof Problem) throw error;
    const message = error instanceof Error ? error.message : String(error);
    if (!signal.aborted) throw new Problem([`The command '${command.name}' of the plugin '${command.plugin}' failed: ${message}`]);
  } finally {
    await cloud.close();
  }
};
