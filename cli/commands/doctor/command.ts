import type { Command } from "commander";
import { addStoreOptions, createCommand } from "../../options.ts";

export const doctorCommand = (): Command =>
  addStoreOptions(createCommand("doctor", "Look for what is wrong with a store, and say what to do."))
    .option("--json", "print JSON")
    .action(async (options) => (await import("./doctor.ts")).runDoctor(options));
