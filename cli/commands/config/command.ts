import type { Command } from "commander";
import { createGroup, parseText } from "../../options.ts";

export const configCommand = (): Command => {
  const config = createGroup("config", "Create a configuration.");
  config
    .command("import")
    .description("Convert a kinto.ini to a kintoun.config.ts. Lists on stderr what is lost and what you must do.")
    .argument("<file>", "the ini file of a Kinto", parseText)
    .option("--output <file>", "write to a file instead of stdout", parseText)
    .option("--force", "with --output: overwrite an existing file")
    .option(
      "--accept-losses",
      "write the config although authentication or permissions change (otherwise: exit code 2)",
    )
    .action(async (file, options) => (await import("./import.ts")).runImport(file, options));
  return config;
};
