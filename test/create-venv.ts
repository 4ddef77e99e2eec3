import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

const CACHE_FOLDER = join(import.meta.dirname, "../node_modules/.cache");
/** A process that has been creating an environment for longer, in ms, was killed. */
const MAX_CREATION_MS = 300_000;
const PAUSE_MS = 200;

/**
 * Creates a Python virtual environment with the packages of a requirements.txt, once per content of that file.
 * @param name prefix of the folder in the cache, and subject of error messages
 * @param options further options of pip, the same for each use of a name
 * @returns the `bin` folder
 */
export const createVenv = (name: string, requirements: string, options: readonly string[] = []): string => {
  const folder = join(
    CACHE_FOLDER,
    `${name}-${createHash("sha256").update(readFileSync(requirements)).digest("hex").slice(0, 12)}`,
  );
  mkdirSync(CACHE_FOLDER, { recursive: true });
  const lock = `${folder}.lock`;
  while (!existsSync(folder)) {
    if (!acquire(lock)) continue;
    try {
      if (!existsSync(folder)) create(name, requirements, folder, options);
    } finally {
      rmSync(lock, { recursive: true, force: true });
    }
  }
  return join(folder, "bin");
};

/** Takes a lock, or waits a moment while another process has it. @returns whether this process has it now */
const acquire = (lock: string): boolean => {
  try {
    mkdirSync(lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    const takenAt = statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - takenAt > MAX_CREATION_MS) rmSync(lock, { recursive: true, force: true });
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
    return false;
  }
};

/** A folder under its final name is always complete. */
const create = (name: string, requirements: string, folder: string, options: readonly string[]): void => {
  const partial = `${folder}-${process.pid}`;
  rmSync(partial, { recursive: true, force: true });
  run(name, "python3", ["-m", "venv", partial]);
  run(name, join(partial, "bin", "python"), [
    ...["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"],
    ...options,
    ...["-r", requirements],
  ]);
  renameSync(partial, folder);
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
