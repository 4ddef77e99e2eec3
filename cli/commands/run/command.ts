import { resolve } from "node:path";
import { type Command, Option } from "commander";
import type { AppOptions } from "../../../app/create-app-context.ts";
import type { Config } from "../../../config/config.ts";
import { ownQueueNames } from "../../../config/listeners.ts";
import { loadConfig } from "../../../config/load-config.ts";
import { withDependencies } from "../../../config/plugin-placement.ts";
import { UserError } from "../../../config/user-error.ts";
import type { PluginManifest } from "../../../kit/plugin.ts";
import { didYouMean } from "../../../lib/util/nearest.ts";
import { createCommand, dataOption, type StoreTarget, stackOption } from "../../options.ts";
import { commandLog } from "../../output.ts";
import { runUntilDone } from "../../run-process.ts";
import { addFlags, formatFlags, readFlags } from "./flags.ts";

export const runCommand = (): Command =>
  createCommand("run", "Run a command of a plugin. Without a plugin, list all plugin commands.")
    .argument("[plugin]", "name of the plugin")
    .argument("[command]", "name of the command")
    .argument("[flags...]", "flags of the command; --help prints them")
    .passThroughOptions()
    .allowUnknownOption()
    .action(async (plugin: string | undefined, name: string | undefined, args: readonly string[]) => {
      const config = await loadConfig({ isDeployed: isForStack(args) });
      if (plugin === undefined) return console.log(listCommands(config.plugins));
      const command = findCommand(config.plugins, plugin, name);
      await createPluginCommand(command, async (flags, target) => {
        const print = (line: string) => console.log(line);
        await runUntilDone((signal) => executePluginCommand({ config, target, command, flags, print, signal }));
      }).parseAsync(args, { from: "user" });
    });

/**
 * Completes the short form of a plugin's command, `kintoun accounts list`, to `kintoun run accounts list`. Returns other
 * arguments unchanged.
 *
 * @param ownNames names of kintoun's own commands, which come first
 */
export const expandPluginCommand = async (
  args: readonly string[],
  ownNames: readonly string[],
): Promise<readonly string[]> => {
  const [name] = args;
  if (name === undefined || name.startsWith("-") || [...ownNames, "help"].includes(name)) return args;
  const { plugins } = await loadConfig({ isDeployed: isForStack(args) });
  return findOwner(plugins, name) === undefined ? args : ["run", ...args];
};

const isForStack = (args: readonly string[]): boolean => args.some((arg) => /^--stack(=|$)/.test(arg));

export type PluginCommand = PluginManifest["commands"][string] & { readonly plugin: string; readonly name: string };

/** The store that a plugin's command runs on; `memory` is an empty store that is not kept. */
export type RunTarget = Exclude<StoreTarget, { readonly kind: "endpoints" }> | { readonly kind: "memory" };

/**
 * The command line of a plugin's command: its own flags, and the options that choose the store.
 *
 * @param run receives the valid flags
 */
export const createPluginCommand = (
  { plugin, name, about, flags: schema }: Pick<PluginCommand, "plugin" | "name" | "about" | "flags">,
  run: (flags: unknown, target: RunTarget) => Promise<void>,
): Command =>
  addFlags(createCommand(`kintoun ${plugin} ${name}`, about), schema)
    .addOption(dataOption().conflicts(["memory", "stack"]))
    .addOption(new Option("--memory", "run on an empty store that is not kept").conflicts("stack"))
    .addOption(stackOption())
    .action(async (options: { data: string; memory?: boolean; stack?: string }) => {
      const { data, memory, stack, ...given } = options;
      const target: RunTarget = memory
        ? { kind: "memory" }
        : stack === undefined
          ? { kind: "data", folder: data }
          : { kind: "stack", name: stack };
      await run(await readFlags(schema, given), target);
    });

/** Lists the commands of all plugins. */
export const listCommands = (plugins: readonly PluginManifest[]): string => {
  const lines = plugins.flatMap(({ name, commands }) =>
    Object.entries(commands).map(
      ([command, { about, flags }]) => `${name} ${command}${formatFlags(flags)}\n    ${about}`,
    ),
  );
  const usage = "Run one with: kintoun PLUGIN COMMAND [flags] [--data FOLDER | --memory | --stack NAME]";
  return [lines.length === 0 ? "No plugin has a command." : lines.join("\n"), "", usage].join("\n");
};

/** Finds a plugin's command. Throws a {@link UserError} with the nearest name when it does not exist. */
export const findCommand = (
  plugins: readonly PluginManifest[],
  plugin: string,
  name: string | undefined,
): PluginCommand => {
  const owners = plugins.filter(({ commands }) => Object.keys(commands).length > 0);
  const owner = findOwner(owners, plugin);
  if (owner === undefined) {
    const names = owners.map((one) => one.name);
    const issue = plugins.some((one) => one.name === plugin)
      ? `The plugin '${plugin}' has no commands.`
      : `There is no plugin '${plugin}'.`;
    throw new UserError([`${issue} ${didYouMean(plugin, names)}`]);
  }
  const names = Object.keys(owner.commands);
  if (name === undefined) throw new UserError([`Choose a command of '${plugin}'. There are: ${names.join(", ")}.`]);
  const command = Object.hasOwn(owner.commands, name) ? owner.commands[name] : undefined;
  if (command === undefined)
    throw new UserError([`The plugin '${plugin}' has no command '${name}'. ${didYouMean(name, names)}`]);
  return { ...command, plugin: owner.name, name };
};

/** The plugin with commands that has a name, otherwise the one whose capability has it. */
const findOwner = (plugins: readonly PluginManifest[], name: string): PluginManifest | undefined => {
  const owners = plugins.filter(({ commands }) => Object.keys(commands).length > 0);
  return owners.find((one) => one.name === name) ?? owners.find(({ capability }) => capability === name);
};

export interface PluginCommandRun {
  readonly config: Config;
  readonly target: RunTarget;
  readonly command: Pick<PluginCommand, "plugin" | "name">;
  readonly flags: unknown;
  readonly print: (line: string) => void;
  /** Aborted to stop the command. */
  readonly signal: AbortSignal;
}

/**
 * Runs a plugin's command on a store. Starts the store first when it does not run. Rejects with a {@link UserError}
 * when the command fails.
 */
export const executePluginCommand = async (run: PluginCommandRun): Promise<void> => {
  const { config, target, command, signal, ...given } = run;
  const plugin = config.plugins.find(({ name }) => name === command.plugin);
  if (plugin === undefined) throw new UserError([`There is no plugin '${command.plugin}'.`]);
  const { runPluginCommand } = await import("../../../app/run-plugin-command.ts");
  const { options, url, close } = await openStore(
    config,
    target,
    ownQueueNames(withDependencies(config.plugins, plugin)),
  );
  try {
    await runPluginCommand(options, plugin, command.name, { ...given, signal, url });
  } catch (error) {
    if (error instanceof UserError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    if (!signal.aborted)
      throw new UserError([
        `The command '${command.name}' of the plugin '${command.plugin}' failed: ${message}`,
        ...(target.kind === "data"
          ? [`It ran on the data folder ${resolve(target.folder)}. --data chooses another one.`]
          : []),
      ]);
  } finally {
    await close();
  }
};

/** @param queues names of the queues that the command may send to */
const openStore = async (
  config: Config,
  target: RunTarget,
  queues: readonly string[],
): Promise<{ readonly options: AppOptions; readonly url: string | undefined; close(): Promise<void> }> => {
  const { findRunningCloud } = await import("../../../local/running-cloud.ts");
  if (target.kind === "stack" || (target.kind === "data" && findRunningCloud(target.folder) !== undefined)) {
    const { connect } = await import("../../connect.ts");
    const { appOptions, url, close } = await connect({ config, target, queues, log: commandLog });
    return { options: appOptions, url, close };
  }
  const { startCloud } = await import("../../../local/cloud.ts");
  const data = target.kind === "data" ? target.folder : undefined;
  const { options, close } = await startCloud({ config, port: 0, data, log: commandLog });
  // The API runs only as long as the command.
  return { options, url: undefined, close };
};
