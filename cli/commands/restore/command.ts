import { type Command, Option } from "commander";
import { createCommand, parsePastTime, parseText, stackOption } from "../../options.ts";

export const restoreCommand = (): Command =>
  createCommand("restore", "Restore the table of a stack to a time, step by step. Run it again to continue.")
    .addOption(stackOption())
    .addOption(
      new Option("--time <time>", "the time before the damage, such as 2030-01-31T12:00:00Z or 2h").argParser((text) =>
        parsePastTime(text),
      ),
    )
    .addOption(
      new Option("--table <name>", "name of the restored table; with --stack it is created").argParser(parseText),
    )
    .option("--yes", "do not ask for confirmation")
    .action(async (options) => (await import("./restore.ts")).runRestore(options));
