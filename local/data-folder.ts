import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { UserError } from "../config/problem.ts";

export interface DataFolder {
  readonly path: string;
  /** A file in it. */
  readonly file: (name: string) => string;
  release(): void;
}

/** The file that names the process which uses a folder. */
const LOCK = "process";

/** Takes a folder for this process alone, making it where it is missing; or one that is removed in the end. */
export const takeDataFolder = (wanted: string | undefined): DataFolder => {
  if (wanted === undefined) return passingFolder();
  const path = resolve(wanted);
  const lock = join(path, LOCK);
  try {
    mkdirSync(path, { recursive: true });
    const holder = holderOf(path);
    if (holder !== undefined)
      throw new UserError([
        `The data folder ${path} is in use by process ${holder}. Stop that one, or start with another folder: --data FOLDER`,
      ]);
    writeFileSync(lock, String(process.pid));
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError([
      `The data folder ${path} can't be written: ${error instanceof Error ? error.message : String(error)}. Choose another: --data FOLDER, or none: --memory`,
    ]);
  }
  return { path, file: (name) => join(path, name), release: () => rmSync(lock, { force: true }) };
};

const PASSING = "kintoun-passing-";

/** A folder that ends with this process; what killed ones left behind goes now. */
const passingFolder = (): DataFolder => {
  for (const name of readdirSync(tmpdir())) {
    const left = join(tmpdir(), name);
    const user = name.startsWith(PASSING) ? userOf(left) : undefined;
    if (user !== undefined && !isAlive(user)) rmSync(left, { recursive: true, force: true });
  }
  const path = mkdtempSync(join(tmpdir(), PASSING));
  writeFileSync(join(path, LOCK), String(process.pid));
  return { path, file: (name) => join(path, name), release: () => rmSync(path, { recursive: true, force: true }) };
};

/** The process that says to use a folder. */
const userOf = (path: string): number | undefined => {
  try {
    return Number(readFileSync(join(path, LOCK), "utf8"));
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

/** The living process that holds the folder, other than this one. */
const holderOf = (path: string): number | undefined => {
  const pid = userOf(path);
  return pid !== undefined && pid !== process.pid && isLiving(pid) ? pid : undefined;
};

/** Whether a process id is that of a Kintoun that runs. */
export const isLiving = (pid: number): boolean => pid === process.pid || (isAlive(pid) && isKintoun(pid));

/** Process ids are given anew: the holder must also be one of ours, as far as one can see. */
const isKintoun = (pid: number): boolean => {
  try {
    return /kintoun|cli\/main\.ts/.test(readFileSync(`/proc/${pid}/cmdline`, "utf8"));
  } catch {
    return true;
  }
};
