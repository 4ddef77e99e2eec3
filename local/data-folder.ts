import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Problem } from "../app/problem.ts";

export interface DataFolder {
  readonly path: string;
  /** A file in it. */
  readonly file: (name: string) => string;
  release(): void;
}

/** Takes a folder for this process alone, making it where it is missing; or one that is removed in the end. */
export const takeDataFolder = (wanted: string | undefined): DataFolder => {
  if (wanted === undefined) {
    const path = mkdtempSync(join(tmpdir(), "kintoun-"));
    return { path, file: (name) => join(path, name), release: () => rmSync(path, { recursive: true, force: true }) };
  }
  const path = resolve(wanted);
  const lock = join(path, "process");
  try {
    mkdirSync(path, { recursive: true });
    const holder = holderOf(lock);
    if (holder !== undefined)
      throw new Problem([`The data folder ${path} is in use by process ${holder}. Stop that one, or start with another folder: --data FOLDER`]);
    writeFileSync(lock, String(process.pid));
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem([
      `The data folder ${path} can't be written: ${error instanceof Error ? error.message : String(error)}. Choose another: --data FOLDER, or none: --memory`,
    ]);
  }
  return { path, file: (name) => join(path, name), release: () => rmSync(lock, { force: true }) };
};

/** The living process that holds the folder, other than this one. */
const holderOf = (lock: string): number | undefined => {
  let pid: number;
  try {
    pid = Number(readFileSync(lock, "utf8"));
  } catch {
    return undefined;
  }
  try {
    process.kill(pid, 0);
    return pid === process.pid || !commandOf(pid).includes("kintoun") ? undefined : pid;
  } catch {
    return undefined;
  }
};

/** Process ids are given anew: the holder must also be one of ours. */
const commandOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("cli/main.ts", "kintoun");
  } catch {
    return "kintoun";
  }
};
