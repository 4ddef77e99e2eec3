import { parseArgs } from "node:util";
import { loadConfig } from "../config/load-config.ts";
import { UserError } from "../config/problem.ts";
import { readFlags } from "./command-flags.ts";
import { commandsOf, findCommand, RUN } from "./plugin-commands.ts";
import { type RunPlace, runPluginCommand } from "./run-plugin-command.ts";
import { untilDone } from "./until-told.ts";

/** Where the data are that a command works on, unless it is told otherwise: those of `npm start`. */
const DATA = ".kintoun";

/** `kintoun run`: a plugin's command, on the store of a data folder or in AWS; without a name, all there are. */
export const run = async (args: readonly string[]): Promise<void> => {
  const config = await loadConfig();
  const [name, part, ...rest] = args;
  if (name === undefined) {
    console.log(commandsOf(config.plugins));
    return;
  }
  const command = findCommand(config.plugins, name, part);
  const { place, own } = readPlace(rest);
  const flags = await readFlags(`run ${name} ${part}`, command.flags, own);
  await untilDone((signal) =>
    runPluginCommand({ config, place, command, flags, print: (line) => console.log(line), signal }),
  );
};

/** Flags that say where to work. */
const PLACE = { data: { type: "string" }, memory: { type: "boolean" }, stack: { type: "string" } } as const;

/** Where to work, and what is the command's own. */
export const readPlace = (args: readonly string[]): { readonly place: RunPlace; readonly own: readonly string[] } => {
  const { tokens } = parseArgs({ args: [...args], strict: false, tokens: true, options: PLACE });
  const mine = tokens.flatMap((token) => (token.kind === "option" && Object.hasOwn(PLACE, token.name) ? [token] : []));
  const given = (name: keyof typeof PLACE) => mine.findLast((one) => one.name === name);
  const [data, memory, stack] = [given("data"), given("memory"), given("stack")];
  if (data !== undefined && !data.value) throw new UserError(["--data takes a folder: --data FOLDER", RUN]);
  if (stack !== undefined && !stack.value) throw new UserError(["--stack takes a stack's name: --stack NAME", RUN]);
  const named = [data, memory, stack].flatMap((one) => (one === undefined ? [] : [one.rawName]));
  if (named.length > 1) throw new UserError([`${named.join(" and ")} name different places: give one of them.`, RUN]);
  const taken = new Set(
    mine.flatMap(({ index, inlineValue }) => (inlineValue === false ? [index, index + 1] : [index])),
  );
  const own = args.filter((_, place) => !taken.has(place));
  if (memory !== undefined) return { place: { kind: "memory" }, own };
  return {
    place:
      stack?.value === undefined ? { kind: "data", folder: data?.value ?? DATA } : { kind: "stack", name: stack.value },
    own,
  };
};
