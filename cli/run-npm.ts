import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { UserError } from "../config/user-error.ts";

/** Runs npm in a folder; throws what it says when it fails. */
export const npm = async (args: readonly string[], cwd: string): Promise<void> => {
  try {
    await promisify(execFile)("npm", [...args], { cwd, maxBuffer: 16_000_000 });
  } catch (error) {
    const { stderr = "", message } = error as Error & { stderr?: string };
    throw new UserError([`npm ${args[0]} failed in ${cwd}: ${stderr.trim() || message}`]);
  }
};
