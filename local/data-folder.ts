import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { UserError } from "../config/user-error.ts";
import { makeFolder } from "../lib/util/make-folder.ts";
import { toError } from "../lib/util/to-error.ts";
import { isFileLocked, tryLockFile } from "./file-lock.ts";
import { describeRunningStore, RUNNING_FILE } from "./running-store-file.ts";

export interface DataFolder {
  readonly path: string;
  /** The path of a file in it. */
  readonly file: (name: string) => string;
  /** What is wrong with the folder, without preventing its use. */
  readonly warnings: readonly string[];
  release(): void;
}

/** The file that is locked while a process uses the folder. */
const LOCK_FILE = "lock";
/** How long to wait for a command that looks whether the folder is in use. */
const LOCK_WAIT_MS = 500;
/** Permissions of a new folder: the table holds secrets. */
const OWNER_ONLY = 0o700;
const PERMISSIONS_OF_OTHERS = 0o077;

/**
 * Locks a data folder for this process, and creates it if necessary. Throws a {@link UserError} when it is in use or
 * cannot be written.
 *
 * @param wanted path; a temporary folder when absent
 */
export const lockDataFolder = (wanted: string | undefined): DataFolder => {
  if (wanted === undefined) return createTemporaryFolder();
  const path = resolve(wanted);
  let unlock: (() => void) | undefined;
  try {
    makeFolder(path, OWNER_ONLY);
    unlock = tryLockFile(join(path, LOCK_FILE), LOCK_WAIT_MS);
  } catch (error) {
    throw new UserError([
      `The data folder ${path} cannot be written: ${toError(error).message}. Choose another with --data FOLDER, or keep no data with --memory.`,
    ]);
  }
  if (unlock === undefined) throw new UserError([describeRunningStore(path)]);
  // A killed process has left it.
  rmSync(join(path, RUNNING_FILE), { force: true });
  const isOpenToOthers = (statSync(path).mode & PERMISSIONS_OF_OTHERS) !== 0;
  return {
    path,
    file: (name) => join(path, name),
    warnings: isOpenToOthers
      ? [`Other users of this machine can read the data folder ${path}, which holds secrets. Run: chmod 700 ${path}`]
      : [],
    release: unlock,
  };
};

/** Whether a process uses the data folder. */
export const isDataFolderInUse = (path: string): boolean => isFileLocked(join(path, LOCK_FILE));

const TEMPORARY_PREFIX = "kintoun-temporary-";
/** Younger temporary folders are kept: their process may not have locked them yet. */
const MIN_ABANDONED_AGE_MS = 60_000;

/** Creates a temporary folder, and removes those of processes that no longer run. */
const createTemporaryFolder = (): DataFolder => {
  for (const name of readdirSync(tmpdir()))
    if (name.startsWith(TEMPORARY_PREFIX)) removeIfAbandoned(join(tmpdir(), name));
  const path = mkdtempSync(join(tmpdir(), TEMPORARY_PREFIX));
  const unlock = tryLockFile(join(path, LOCK_FILE));
  return {
    path,
    file: (name) => join(path, name),
    warnings: [],
    release: () => {
      unlock?.();
      rmSync(path, { recursive: true, force: true });
    },
  };
};

/** Removes a temporary folder of this user that no process uses. Keeps what cannot be removed. */
const removeIfAbandoned = (path: string): void => {
  try {
    const { uid, mtimeMs } = statSync(path);
    if (uid !== process.getuid?.() || Date.now() - mtimeMs < MIN_ABANDONED_AGE_MS || isDataFolderInUse(path)) return;
    rmSync(path, { recursive: true, force: true });
  } catch {
    // It may be gone by now, or belong to another user. It does not matter to this store.
  }
};
