import { UserError } from "../config/problem.ts";
import { didYouMean } from "../lib/util/nearest.ts";

const COMMANDS: Readonly<Record<string, () => Promise<(args: readonly string[]) => Promise<void>>>> = {
  tail: async () => (await import("./events-tail.ts")).tail,
  replay: async () => (await import("./events-replay.ts")).replay,
  put: async () => (await import("./events-put.ts")).put,
};

/** `kintoun events`: what happens, again what is, and what happens elsewhere. */
export const run = async ([name, ...args]: readonly string[]): Promise<void> => {
  if (name === undefined)
    throw new UserError([`Which one of the commands 'events'? There are: ${Object.keys(COMMANDS).join(", ")}.`]);
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined)
    throw new UserError([`There is no command 'events ${name}'. ${didYouMean(name, Object.keys(COMMANDS))}`]);
  await (await command())(args);
};
