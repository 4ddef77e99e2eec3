import { appendFile, mkdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { AppendFile } from "../../core/ports/file.ts";

/** A file of this machine; it and its folder are made when they are first needed. @param path relative to where the process was started */
export const openAppendFile = (path: string): AppendFile => {
  const file = resolve(path);
  return {
    async append(text) {
      await mkdir(dirname(file), { recursive: true });
      await appendFile(file, text);
    },
  };
};
