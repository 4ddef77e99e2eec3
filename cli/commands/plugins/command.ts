import type { Command } from "commander";
import { createGroup } from "../../options.ts";

export const pluginsCommand = (): Command => {
  const plugins = createGroup(
    "plugins",
    "List the installed plugins, or create one.",
    (name) => ` To show a plugin, run: kintoun plugins show ${name}`,
  );
  plugins
    .command("list", { isDefault: true })
    .description("List the installed plugins, their parts and what they need.")
    .option("--json", "print JSON")
    .action(async (options) => (await import("./list.ts")).runList(options));
  plugins
    .command("show")
    .description("Show one installed plugin.")
    .argument("<plugin>", "name of the plugin")
    .option("--json", "print JSON")
    .action(async (plugin, options) => (await import("./list.ts")).runShow(plugin, options));
  plugins
    .command("new")
    .description("Create a plugin. Asks for what the options leave out when it runs in a terminal.")
    .argument("[name]", "name of the plugin")
    .option("--description <text>", "what the plugin does, in one sentence")
    .option("--version <version>", "version in package.json, for example 0.1.0")
    .option("--author <text>", 'author, for example "Ada Lovelace <ada@example.org>"')
    .option("--homepage <url>", "homepage in package.json")
    .option("--license <spdx>", "SPDX name of the license")
    .option("--parts <names>", "parts to create, separated by commas, for example listener,route")
    .option("--package", "create an npm package of its own instead of a folder in plugins/")
    .option("--folder <path>", "with --package: folder of the package")
    .action(async (name, options) => (await import("./new.ts")).runNew(name, options));
  return plugins;
};
