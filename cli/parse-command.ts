import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { UserError } from "../config/problem.ts";

/** A command's arguments; throws what is wrong with them, and how the command is used. */
export const parseCommand = <const Options extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: Options,
  usage: string,
) => {
  if (args.includes("--help")) throw new UserError([usage]);
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (error) {
    throw new UserError([error instanceof Error ? error.message : String(error), usage]);
  }
};
