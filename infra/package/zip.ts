import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { type Zippable, zipSync } from "fflate";

/** The beginning of the times of zip files. It is local time, which zip files have. */
const FIXED_TIME = new Date(1980, 0, 1);
const UNIX = 3;
/** A file that all may read, as Lambda requires. */
const FILE_MODE = 0o100644;
const MODE_SHIFT = 16;

/** Zips a folder so that the same files give the same bytes: in alphabetical order, with a fixed time and mode. */
export const zipFolder = async (folder: string): Promise<Uint8Array> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)).split(sep).join("/"))
    .toSorted();
  const files: Zippable = {};
  for (const path of paths)
    files[path] = [
      await readFile(join(folder, path)),
      { level: 9, mtime: FIXED_TIME, os: UNIX, attrs: FILE_MODE << MODE_SHIFT },
    ];
  return zipSync(files);
};
