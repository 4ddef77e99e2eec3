import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

const CACHE_FOLDER = join(import.meta.dirname, "../node_modules/.cache");

/**
 * Downloads and unpacks a source distribution from PyPI, once per version.
 *
 * @param python path of a Python interpreter with pip
 * @param requirement a file with one line, `name==version --hash=sha256:...`
 * @param options.hasBuildTools whether the interpreter's environment has the build requirements of the distribution. If
 *   not, pip installs them to read the metadata.
 * @returns the folder of the unpacked distribution
 * @throws Error if PyPI is not reachable, or if the archive has another hash
 */
export const downloadSdist = (python: string, requirement: string, { hasBuildTools = false } = {}): string => {
  const line = readFileSync(requirement, "utf8");
  const [name = ""] = line.split("==");
  const folder = join(CACHE_FOLDER, `${name}-sdist-${createHash("sha256").update(line).digest("hex").slice(0, 12)}`);
  if (!existsSync(folder)) {
    const partial = `${folder}-${process.pid}`;
    mkdirSync(partial, { recursive: true });
    try {
      const options = ["--quiet", "--disable-pip-version-check", "--no-input", "--no-deps", "--require-hashes"];
      if (hasBuildTools) options.push("--no-build-isolation");
      run(python, ["-m", "pip", "download", ...options, "--no-binary", name, "-d", partial, "-r", requirement]);
      const [archive = ""] = readdirSync(partial);
      run(python, ["-m", "tarfile", "-e", join(partial, archive), partial]);
      rmSync(join(partial, archive));
      // Another process may have finished first.
      if (!existsSync(folder)) renameSync(partial, folder);
    } finally {
      rmSync(partial, { recursive: true, force: true });
    }
  }
  const [unpacked = ""] = readdirSync(folder);
  return join(folder, unpacked);
};

const run = (command: string, args: readonly string[]): void => {
  execFileSync(command, args, { stdio: ["ignore", "ignore", "inherit"] });
};
