import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

/** SQLite's code for a file that another connection has locked. */
const SQLITE_BUSY = 5;

/**
 * Locks a file until the returned function is called or this process ends, however it ends. The kernel keeps the lock,
 * so it also holds between containers and users. The file stays empty.
 * @param waitMs how long to wait for another holder
 * @returns a function that releases the lock; `undefined` when another holder has it
 */
export const tryLockFile = (file: string, waitMs = 0): (() => void) | undefined => {
  const database = new DatabaseSync(file, { timeout: waitMs });
  try {
    database.exec("begin exclusive");
    return () => {
      if (database.isOpen) database.close();
    };
  } catch (error) {
    database.close();
    if (isBusy(error)) return undefined;
    throw error;
  }
};

/** Whether a process has locked the file, also this one. */
export const isFileLocked = (file: string): boolean => {
  if (!existsSync(file)) return false;
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    database.prepare("select 1 from sqlite_master").get();
    return false;
  } catch (error) {
    if (isBusy(error)) return true;
    throw error;
  } finally {
    database.close();
  }
};

const isBusy = (error: unknown): boolean =>
  typeof error === "object" && error !== null && "errcode" in error && error.errcode === SQLITE_BUSY;
