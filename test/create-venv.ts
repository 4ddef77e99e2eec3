import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

const CACHE_FOLDER = join(import.meta.dirname, "../node_modules/.cache");

/**
 * Creates a Python virtual environment with the packages of a requirements.txt, once per content of that file.
 * @param name prefix of the folder in the cache, and subject of error messages
 * @returns the `bin` folder
 */
export const createVenv = (name: string, requirements: string): string => {
  const folder = join(
    CACHE_FOLDER,
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
    // A folder under its final name is always complete.
    try {
      renameSync(partial, folder);
    } catch (error) {
      // Another process may have created the folder meanwhile.
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
    const requirement = `${name} needs Python 3.10 or later with venv, and access to PyPI on the first run.`;
    const hint = "On Debian, run apt-get install python3-venv.";
    throw new Error(`${command} ${args.join(" ")} failed. ${requirement} ${hint}`, { cause: error });
  }
};
