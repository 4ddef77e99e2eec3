import { UserError } from "../config/problem.ts";
import type { ReadPlugin } from "../kit/read-plugin.ts";
import { didYouMean } from "../lib/util/nearest.ts";
import { usageOf } from "./command-flags.ts";

/** How plugins' commands are called. */
export const RUN = "npm run -s kintoun -- run PLUGIN COMMAND [--flag value] [--data FOLDER | --memory | --stack NAME]";

export type PluginCommand = ReadPlugin["commands"][string] & { readonly plugin: string; readonly name: string };

/** All commands of plugins, as an operator reads them. */
export const commandsOf = (plugins: readonly ReadPlugin[]): string => {
  const lines = plugins.flatMap(({ name, commands }) =>
    Object.entries(commands).map(([command, { about, flags }]) => `${name} ${command}${usageOf(flags)}\n    ${about}`),
  );
  return [lines.length === 0 ? "No plugin has a command." : lines.join("\n"), "", RUN].join("\n");
};

/** The command of that name; throws what was probably meant when there is none. */
export const findCommand = (
  plugins: readonly ReadPlugin[],
  plugin: string,
  name: string | undefined,
): PluginCommand => {
  const having = plugins.filter(({ commands }) => Object.keys(commands).length > 0);
  const owner = having.find((one) => one.name === plugin);
  if (owner === undefined) {
    const what = plugins.some((one) => one.name === plugin)
      ? `The plugin '${plugin}' has no commands.`
      : `There is no plugin '${plugin}'.`;
    throw new UserError([
      `${what} ${didYouMean(
        plugin,
        having.map((one) => one.name),
      )}`,
      RUN,
    ]);
  }
  const command = name !== undefined && Object.hasOwn(owner.commands, name) ? owner.commands[name] : undefined;
  if (name === undefined || command === undefined) {
    const what =
      name === undefined ? `Which command of '${plugin}'?` : `The plugin '${plugin}' has no command '${name}'.`;
    throw new UserError([`${what} ${didYouMean(name ?? "", Object.keys(owner.commands))}`, RUN]);
  }
  return { ...command, plugin, name };
};
