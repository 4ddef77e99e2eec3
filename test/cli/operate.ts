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

/** Waits until a condition holds. Rejects after ten seconds. */
export const until = async (condition: string, holds: () => boolean | Promise<boolean>): Promise<void> => {
  for (let tries = 0; !(await holds()); tries++) {
    if (tries === 400) throw new Error(`Timed out waiting until ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
};
