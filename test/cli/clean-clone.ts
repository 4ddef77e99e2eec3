import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const root = join(import.meta.dirname, "../..");

/**
 * Creates a copy of this checkout in a temporary folder, with all files that git tracks or would add. Its packages
 * are hard links, which saves a minute of `npm ci`; the list of installed packages is copied, because npm writes to it.
 * @returns the path of the copy; remove its parent folder at the end
 */
export const cleanClone = async (): Promise<string> => {
  const clone = join(await mkdtemp(join(tmpdir(), "kintoun-clone-")), "kintoun");
  const { stdout } = await promisify(execFile)(
    "git",
    ["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
    { cwd: root },
  );
  for (const file of stdout.split("\0").filter(Boolean)) {
    await mkdir(dirname(join(clone, file)), { recursive: true });
    // Removed files may not be staged yet.
    await cp(join(root, file), join(clone, file), { preserveTimestamps: true }).catch((error) =>
      error.code === "ENOENT" ? undefined : Promise.reject(error),
    );
  }
  const installed = ["node_modules", ".package-lock.json"];
  await promisify(execFile)("cp", ["-al", join(root, "node_modules"), clone]);
  await rm(join(clone, ...installed));
  await cp(join(root, ...installed), join(clone, ...installed), { preserveTimestamps: true });
  return clone;
};

/**
 * Adds a plugin to the config of a checkout.
 *
 * @param line the import of the plugin
 * @param call the expression that creates the plugin, such as `notes()`
 */
export const addToConfig = async (clone: string, line: string, call: string): Promise<void> => {
  const file = join(clone, "kintoun.config.ts");
  const config = await readFile(file, "utf8");
  await writeFile(file, `${line}\n${config.replace("plugins: [", `plugins: [${call}, `)}`);
};
