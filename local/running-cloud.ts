import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Cloud } from "../app/cloud.ts";
import { UserError } from "../config/problem.ts";
import { type DataFolder, isLiving } from "./data-folder.ts";

/** Where a running embedded cloud is, for other processes of the same user. */
export interface RunningCloud {
  readonly pid: number;
  readonly table: string;
  /** The ARN of the table's stream. */
  readonly stream: string;
  /** URLs by name, also those where messages are parked. */
  readonly queues: Readonly<Record<string, string>>;
  readonly cloud: Cloud;
}

const FILE = "running.json";

/** Tells other processes where this one's engines are, until what is returned is called. */
export const tellRunning = (folder: DataFolder, running: Omit<RunningCloud, "pid">): (() => void) => {
  const file = folder.file(FILE);
  writeFileSync(`${file}.new`, JSON.stringify({ pid: process.pid, ...running }), { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return () => rmSync(file, { force: true });
};

/** The embedded cloud that runs on a data folder, if one does. What a killed one left behind counts for nothing. Throws a {@link UserError} where it tells of itself otherwise than this one. */
export const runningCloud = (data: string): RunningCloud | undefined => {
  let running: RunningCloud;
  try {
    running = JSON.parse(readFileSync(join(resolve(data), FILE), "utf8"));
  } catch {
    return undefined;
  }
  if (!isLiving(running.pid)) return undefined;
  if ([running.table, running.stream, running.queues, running.cloud].includes(undefined as never))
    throw new UserError([
      `Process ${running.pid} runs a store of another version of Kintoun on ${resolve(data)}: use the commands of that version, or start the store with this one.`,
    ]);
  return running;
};
