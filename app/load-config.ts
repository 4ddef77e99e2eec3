import type { Config } from "./config.ts";
import { readConfig } from "./config.ts";
import { readOverrides } from "./environment.ts";
import { Problem } from "./problem.ts";

/** Reads `kintoun.config.ts` and what the environment overrides; throws a {@link Problem} when it can't be used. */
export const loadConfig = async (): Promise<Config> => {
  let exported: unknown;
  try {
    exported = (await import("../kintoun.config.ts")).default;
  } catch (error) {
    throw new Problem([`kintoun.config.ts can't be loaded: ${error instanceof Error ? error.message.split("\n").slice(0, 3).join(" ") : String(error)}`]);
  }
  return readConfig(exported, readOverrides(process.env));
};
