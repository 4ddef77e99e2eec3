import { resolve } from "node:path";
import type { Command } from "commander";
import { createGroup } from "../options.ts";

export const kitCommand = (): Command => {
  const kit = createGroup("kit", "Pack the packages that plugins are written with.");
  kit
    .command("pack")
    .description("Build the npm packages @kintoun/kit and @kintoun/testing, for plugins outside of this checkout.")
    .option("--to <folder>", "folder to write the packages to", ".")
    .action(async ({ to }: { readonly to: string }) => {
      const { packPackages } = await import("../kit-pack.ts");
      for (const file of await packPackages(resolve(to))) console.log(file);
    });
  return kit;
};
