import { parseArgs } from "node:util";
import { loadConfig } from "../app/config/load-config.ts";
import { Problem } from "../app/problem.ts";
import { readFlags } from "./command-flags.ts";
import { commandsOf, findCommand, RUN } from "./plugin-commands.ts";
import { runPluginCommand } from "./run-plugin-command.ts";

/** Where the data are that a command works on, unless it is told otherwise: those of `npm start`. */
const DATA = ".kintoun";
/** How long a command may take to end once it is told to, in ms. */
const PATIENCE = 5000;

/** `kintoun run`: a plugin's command, on the embedded cloud; without a name, all there are. */
export const run = async (args: readonly string[]): Promise<void> => {
  const config = await loadConfig();
  const [name, part, ...rest] = args;
  if (name === undefined) {
    console.log(commandsOf(config.plugins));
    return;
  }
  const command = findCommand(config.plugins, name, part);
  const { data, own } = readPlace(rest);
  const flags = await readFlags(`run ${name} ${part}`, command.flags, own);

  const stopping = new AbortController();
  const stop = () => {
    if (stopping.signal.aborted) process.exit(130);
    stopping.abort(new Error("It was told to stop"));
    setTimeout(() => process.exit(130), PATIENCE).unref();
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);
  await runPluginCommand({ config, data, command, flags, print: (line) => console.log(line), signal: stopping.signal });
  process.exit(stopping.signal.aborted ? 130 : 0);
};

/** Where to work, and what is the command's own. */
export const readPlace = (args: readonly string[]): { readonly data: string | undefined; readonly own: readonly string[] } => {
  const { tokens } = parseArgs({ args: [...args], strict: false, tokens: true, options: { data: { type: "string" }, memory: { type: "boolean" } } });
  const options = tokens.flatMap((token) => (token.kind === "option" ? [token] : []));
  const mine = options.filter(({ name }) => name === "data" || name === "memory");
  const data = mine.findLast(({ name }) => name === "data");
  const memory = mine.some(({ name }) => name === "memory");
  if (data !== undefined && !data.value) throw new Problem(["--data takes a folder: --data FOLDER", RUN]);
  if (data !== undefined && memory) throw new Problem(["--memory keeps nothing and --data FOLDER keeps everything: give one of them."]);
  const taken = new Set(mine.flatMap(({ index, inlineValue }) => (inlineValue === false ? [index, index + 1] : [index])));
  return { data: memory ? undefined : (data?.value ?? DATA), own: args.filter((_, place) => !taken.has(place)) };
};
