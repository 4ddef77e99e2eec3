import { join } from "node:path";
import { type Ended, runCommand } from "./run-command.ts";

const ROOT = join(import.meta.dirname, "../..");

/**
 * Runs `kintoun` in a process.
 *
 * @param variables environment variables
 * @param seconds after which the process is stopped
 */
export const kintoun = (
  args: string,
  variables: Readonly<Record<string, string>> = {},
  seconds = 60,
): Promise<Ended> => {
  const set = Object.entries(variables).map(([name, value]) => `${name}='${value}'`);
  return runCommand([...set, `timeout --preserve-status ${seconds} node cli/main.ts`, args].join(" "), ROOT);
};
