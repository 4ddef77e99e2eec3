import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Creates a folder and its parents. Unlike `mkdirSync` with `recursive`, it also returns where a parent cannot have
 * children: there, in `/proc` for example, Node tries again without end.
 * @param mode permissions of a new folder; parents get those of the process
 * @returns whether the folder is new
 */
export const makeFolder = (path: string, mode?: number): boolean => {
  try {
    mkdirSync(path, mode);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" && statSync(path).isDirectory()) return false;
    if (code !== "ENOENT" || dirname(path) === path) throw error;
  }
  makeFolder(dirname(path));
  mkdirSync(path, mode);
  return true;
};
