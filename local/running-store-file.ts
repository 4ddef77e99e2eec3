import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isObject } from "../lib/json.ts";

/** The file of a data folder in which the running store describes itself. */
export const RUNNING_FILE = "running.json";

/** Reads what a store has written about itself; `undefined` when there is nothing that can be read. */
export const readRunningFile = (path: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    const running: unknown = JSON.parse(readFileSync(join(path, RUNNING_FILE), "utf8"));
    return isObject(running) ? running : undefined;
  } catch {
    return undefined;
  }
};

/** Says where the store runs that has locked a data folder, and what to do. */
export const describeRunningStore = (path: string): string => {
  const { url, pid } = readRunningFile(path) ?? {};
  return typeof url === "string"
    ? `The store already runs on the data folder ${path}: ${url} (process ${pid}). Use it, stop it, or choose another folder with --data FOLDER.`
    : `Another Kintoun uses the data folder ${path}: a command, or a store that is starting. Wait until it ends, or choose another folder with --data FOLDER.`;
};
