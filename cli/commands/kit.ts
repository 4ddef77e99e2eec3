import { resolve } from "node:path";
import type { Command } from "commander";
import { createGroup } from "../options.ts";

export const kitCommand = (): Command => {
  const kit = createGroup("kit", "Pack the kit that plugins are written with.");
  kit
    .command("pack")
    .description("Build the npm package @kintoun/kit, for plugins outside of this checkout.")
    .option("--to <folder>", "folder to write the package to", ".")
    .action(async ({ to }: { readonly to: string }) => {
      const { packKit } = await import("../kit-pack.ts");
      console.log(await packKit(resolve(to)));
    });
  return kit;
};
