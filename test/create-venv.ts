import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

const CACHE = join(import.meta.dirname, "../node_modules/.cache");

/** The `bin` folder of a virtual environment with what a requirements.txt names, made once and complete whenever it is there. */
export const createVenv = (name: string, requirements: string): string => {
  const folder = join(
    CACHE,
    `${name}-${createHash("sha256").update(readFileSync(requirements)).digest("hex").slice(0, 12)}`,
  );
  if (!existsSync(folder)) {
    const partial = `${folder}-${process.pid}`;
    rmSync(partial, { recursive: true, force: true });
    run(name, "python3", ["-m", "venv", partial]);
    run(name, join(partial, "bin", "python"), [
      "-m",
      "pip",
      "install",
      "--quiet",
      "--disable-pip-version-check",
      "--no-input",
      "-r",
      requirements,
    ]);
    try {
      renameSync(partial, folder);
    } catch (error) {
      // Another process may have been quicker.
      rmSync(partial, { recursive: true, force: true });
      if (!existsSync(folder)) throw error;
    }
  }
  return join(folder, "bin");
};

const run = (name: string, command: string, args: readonly string[]): void => {
  try {
    execFileSync(command, args, { stdio: ["ignore", "ignore", "inherit"] });
  } catch (error) {
    const hint = `${name} needs Python 3.10 or later with venv, and PyPI the first time; on Debian: apt-get install python3-venv.`;
    throw new Error(`${command} ${args.join(" ")} failed. ${hint}`, { cause: error });
  }
};
