import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

const REQUIREMENTS = join(import.meta.dirname, "requirements.txt");
const CACHE = join(import.meta.dirname, "../../../node_modules/.cache");
const HINT = "kinto-http.py needs Python 3.10 or later with venv, and PyPI the first time; on Debian: apt-get install python3-venv.";

/** The Python of a virtual environment with what requirements.txt names, made once and complete whenever it is there. */
export const installedPython = (): string => {
  const folder = join(CACHE, `kinto-http-${createHash("sha256").update(readFileSync(REQUIREMENTS)).digest("hex").slice(0, 12)}`);
  if (!existsSync(folder)) {
    const partial = `${folder}-${process.pid}`;
    rmSync(partial, { recursive: true, force: true });
    run("python3", ["-m", "venv", partial]);
    run(join(partial, "bin", "python"), ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "-r", REQUIREMENTS]);
    renameSync(partial, folder);
  }
  return join(folder, "bin", "python");
};

const run = (command: string, args: readonly string[]): void => {
  try {
    execFileSync(command, args, { stdio: ["ignore", "ignore", "inherit"] });
  } catch (error) {
    throw new Error(`${command} ${args.join(" ")} failed. ${HINT}`, { cause: error });
  }
};
