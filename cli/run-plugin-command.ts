import { runCommand } from "../app/command.ts";
import type { Opening } from "../app/open.ts";
import type { Config } from "../config/config.ts";
import { UserError } from "../config/problem.ts";
import { startCloud } from "../local/cloud.ts";
import { runningCloud } from "../local/running-cloud.ts";
import type { CloudPlace } from "./cloud-flags.ts";
import { connect } from "./connect.ts";
import type { PluginCommand } from "./plugin-commands.ts";
import { commandLog } from "./print.ts";

/** Where a command works: on a data folder, in AWS, or on a store that keeps nothing. */
export type RunPlace = Exclude<CloudPlace, { readonly kind: "endpoints" }> | { readonly kind: "memory" };

export interface CommandRun {
  readonly config: Config;
  readonly place: RunPlace;
  readonly command: Pick<PluginCommand, "plugin" | "name">;
  readonly flags: unknown;
  readonly print: (line: string) => void;
  /** Aborted when the command is to end. */
  readonly signal: AbortSignal;
}

/** Runs a plugin's command on a store: on one that runs, or on one that is up meanwhile, and down in the end; throws a {@link UserError} when it fails. */
export const runPluginCommand = async ({ config, place, command, flags, print, signal }: CommandRun): Promise<void> => {
  const plugin = config.plugins.find(({ name }) => name === command.plugin);
  if (plugin === undefined) throw new UserError([`There is no plugin '${command.plugin}'.`]);
  const { opening, close } = await open(config, place);
  try {
    await runCommand(opening, plugin, command.name, { flags, print, signal });
  } catch (error) {
    if (error instanceof UserError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    if (!signal.aborted)
      throw new UserError([`The command '${command.name}' of the plugin '${command.plugin}' failed: ${message}`]);
  } finally {
    await close();
  }
};

const open = async (
  config: Config,
  place: RunPlace,
): Promise<{ readonly opening: Opening; close(): Promise<void> }> => {
  const log = commandLog;
  if (place.kind === "stack" || (place.kind === "data" && runningCloud(place.folder) !== undefined))
    return connect({ config, place, queues: [], log });
  return startCloud({ config, port: 0, data: place.kind === "data" ? place.folder : undefined, log });
};
