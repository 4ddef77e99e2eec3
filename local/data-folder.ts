import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { UserError } from "../config/user-error.ts";

export interface DataFolder {
  readonly path: string;
  /** The path of a file in it. */
  readonly file: (name: string) => string;
  release(): void;
}

/** The file with the id of the process that uses the folder. */
const LOCK_FILE = "process";

/**
 * Locks a data folder for this process, and creates it if necessary.
 *
 * @param wanted path; a temporary folder when absent
 */
export const lockDataFolder = (wanted: string | undefined): DataFolder => {
  if (wanted === undefined) return temporaryFolder();
  const path = resolve(wanted);
  const lock = join(path, LOCK_FILE);
  try {
    mkdirSync(path, { recursive: true });
    const holder = otherHolder(path);
    if (holder !== undefined)
      throw new UserError([
        `The data folder ${path} is in use by process ${holder}. Stop that process, or choose another folder with --data FOLDER.`,
      ]);
    writeFileSync(lock, String(process.pid));
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError([
      `The data folder ${path} cannot be written: ${error instanceof Error ? error.message : String(error)}. Choose another with --data FOLDER, or keep no data with --memory.`,
    ]);
  }
  return { path, file: (name) => join(path, name), release: () => rmSync(lock, { force: true }) };
};

const TEMPORARY_PREFIX = "kintoun-temporary-";

/** Creates a temporary folder, and removes those of processes that no longer run. */
const temporaryFolder = (): DataFolder => {
  for (const name of readdirSync(tmpdir())) {
    const left = join(tmpdir(), name);
    const user = name.startsWith(TEMPORARY_PREFIX) ? lockingProcess(left) : undefined;
    if (user !== undefined && !isAlive(user)) rmSync(left, { recursive: true, force: true });
  }
  const path = mkdtempSync(join(tmpdir(), TEMPORARY_PREFIX));
  writeFileSync(join(path, LOCK_FILE), String(process.pid));
  return { path, file: (name) => join(path, name), release: () => rmSync(path, { recursive: true, force: true }) };
};

/** The id of the process that locked a folder. */
const lockingProcess = (path: string): number | undefined => {
  try {
    return Number(readFileSync(join(path, LOCK_FILE), "utf8"));
  } catch {
    return undefined;
  }
};

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** The id of another running process that has locked the folder. */
const otherHolder = (path: string): number | undefined => {
  const pid = lockingProcess(path);
  return pid !== undefined && pid !== process.pid && isRunningKintoun(pid) ? pid : undefined;
};

/** Whether a process id belongs to a running Kintoun. */
export const isRunningKintoun = (pid: number): boolean => pid === process.pid || (isAlive(pid) && isKintoun(pid));

/** Process ids are reused, so the process must be a Kintoun, as far as can be determined. */
const isKintoun = (pid: number): boolean => {
  try {
    return /kintoun|cli\/main\.ts/.test(readFileSync(`/proc/${pid}/cmdline`, "utf8"));
  } catch {
    return true;
  }
};
