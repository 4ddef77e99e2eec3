import { runPluginCommand } from "../app/command.ts";
import type { EmbeddedCloud } from "../local/cloud.ts";

/**
 * Runs a plugin's command beside a store; rejects with what it throws, or with what its flags' schema finds wrong.
 * @returns the lines that it printed
 */
export const runTestCommand = async (
  { options: opening }: EmbeddedCloud,
  plugin: string,
  name: string,
  given: unknown,
): Promise<readonly string[]> => {
  const owner = opening.config.plugins.find((one) => one.name === plugin);
  const command = owner !== undefined && Object.hasOwn(owner.commands, name) ? owner.commands[name] : undefined;
  if (owner === undefined || command === undefined)
    throw new Error(`There is no command '${name}' of a plugin '${plugin}' in this store.`);
  const read = command.flags === undefined ? { value: undefined } : await command.flags["~standard"].validate(given);
  if (read.issues !== undefined)
    throw new Error(
      read.issues.map(({ path = [], message }) => `${path.map(String).join(".")}: ${message}`).join("\n"),
    );
  const lines: string[] = [];
  await runPluginCommand(opening, owner, name, {
    flags: read.value,
    print: (line) => lines.push(line),
    signal: new AbortController().signal,
  });
  return lines;
};
