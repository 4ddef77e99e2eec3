import { appendFile, mkdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { AppendFile } from "../../core/ports/file.ts";

/**
 * Creates an adapter for a file of this machine. The file and its folder are created at the first write.
 * @param path relative to the working directory of the process
 */
export const createAppendFile = (path: string): AppendFile => {
  const file = resolve(path);
  return {
    async append(text) {
      await mkdir(dirname(file), { recursive: true });
      await appendFile(file, text);
    },
  };
};
