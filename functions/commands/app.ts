import type { AppOptions } from "../../app/create-app-context.ts";
import { runAtStart } from "../../app/run-at-start.ts";
import { runPluginCommand } from "../../app/run-plugin-command.ts";
import { UserError } from "../../config/user-error.ts";
import { isObject } from "../../lib/json.ts";
import { didYouMean } from "../../lib/util/nearest.ts";

/** What an operator reads in the console of Lambda. */
export interface CommandOutput {
  readonly lines: readonly string[];
}

export interface CommandsOptions extends AppOptions {
  /** The URL of the API with its version. */
  readonly url: string | undefined;
}

const COMMAND_TIMEOUT_MS = 50_000;
const NOTHING_TO_DO =
  'There is nothing to do: the store has its administrator. To run a command, send its name and flags, for example {"command": "accounts invite", "flags": {"id": "admin"}}.';

/**
 * Creates the handler of the function `commands`, which only operators invoke. The event names a plugin's command and its
 * flags: `{ "command": "accounts invite", "flags": { "id": "admin" } }`. Any other event runs what `npm start` runs at its
 * start: it invites the first administrator.
 */
export const commandsHandler =
  (options: CommandsOptions) =>
  async (event: unknown): Promise<CommandOutput> => {
    const signal = AbortSignal.timeout(COMMAND_TIMEOUT_MS);
    if (isObject(event) && event.command !== undefined)
      return { lines: await runNamed(options, String(event.command), event.flags ?? {}, signal) };
    const lines = await runAtStart(options.config, { options, url: options.url }, signal);
    return { lines: lines.length === 0 ? [NOTHING_TO_DO] : lines };
  };

const runNamed = async (
  { url, ...options }: CommandsOptions,
  command: string,
  input: unknown,
  signal: AbortSignal,
): Promise<readonly string[]> => {
  const commands = new Map(
    options.config.plugins.flatMap((plugin) =>
      Object.entries(plugin.commands).map(([name, manifest]) => [`${plugin.name} ${name}`, { plugin, name, manifest }]),
    ),
  );
  const found = commands.get(command);
  if (found === undefined)
    throw new UserError([
      `There is no command '${command.slice(0, 100)}'. ${didYouMean(command, [...commands.keys()])}`,
    ]);
  const { plugin, name, manifest } = found;
  const result = (await manifest.flags?.["~standard"].validate(input)) ?? { value: undefined };
  if (result.issues !== undefined) throw new UserError(result.issues.map(({ message }) => `flags: ${message}`));
  const flags = result.value;
  const lines: string[] = [];
  await runPluginCommand(options, plugin, name, { flags, print: (line) => lines.push(line), signal, url });
  return lines;
};
