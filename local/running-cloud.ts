import { existsSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Cloud } from "../app/cloud.ts";
import type { Config } from "../config/config.ts";
import { queueConfigs } from "../config/queues.ts";
import { UserError } from "../config/user-error.ts";
import type { Log } from "../core/ports/log.ts";
import { Disposables } from "../lib/util/disposables.ts";
import { type DataFolder, isDataFolderInUse, lockDataFolder } from "./data-folder.ts";
import { startEngines, TABLE_NAME } from "./engines.ts";
import { createLocalFiles } from "./files.ts";
import { RUNNING_FILE, readRunningFile } from "./running-store-file.ts";
import { listenOnPort } from "./server.ts";

/** The engines of a running embedded cloud, for other processes of the same user. */
export interface RunningCloud {
  readonly pid: number;
  /** URL of the API, with `/v1`; absent when a command has started the engines. */
  readonly url?: string;
  readonly table: string;
  /** The ARN of the table's stream. */
  readonly stream: string;
  /** Queue URLs by name, also of the dead-letter queues. */
  readonly queues: Readonly<Record<string, string>>;
  readonly cloud: Cloud;
}

/** Publishes this process's engines to other processes. @returns a function that ends it */
export const writeRunningCloud = (folder: DataFolder, running: Omit<RunningCloud, "pid">): (() => void) => {
  const file = folder.file(RUNNING_FILE);
  // Caught mails are in the memory of this process.
  const withoutMails = (key: string, value: unknown) => (key === "caught" ? undefined : value);
  writeFileSync(`${file}.new`, JSON.stringify({ pid: process.pid, ...running }, withoutMails), { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return () => rmSync(file, { force: true });
};

/**
 * Finds the embedded cloud that runs on a data folder. Ignores the remains of a killed process. Throws a {@link
 * UserError} when it is another version of Kintoun.
 */
export const findRunningCloud = (data: string): RunningCloud | undefined => {
  const path = resolve(data);
  const running = readRunningFile(path);
  if (running === undefined || !isDataFolderInUse(path)) return undefined;
  if (["pid", "table", "stream", "queues", "cloud"].some((key) => running[key] === undefined))
    throw new UserError([
      `Process ${running.pid} runs another version of Kintoun on ${path}. Use the commands of that version, or restart the store with this one.`,
    ]);
  return running as unknown as RunningCloud;
};

/**
 * The file of a store's data folder. Stores on an external DynamoDB do not have it; their DynamoDB is unknown while
 * they do not run.
 */
const TABLE_FILE = "table.sqlite";

/**
 * Starts the engines of a data folder without functions, for a command. Throws a {@link UserError} when the folder
 * has no store.
 */
export const startOfflineEngines = async (
  config: Config,
  data: string,
  log: Log,
): Promise<Omit<RunningCloud, "pid"> & { close(): Promise<void> }> => {
  const disposables = new Disposables((error) => log.error("A part of the embedded cloud did not stop", { error }));
  try {
    if (!existsSync(join(resolve(data), TABLE_FILE)))
      throw new UserError([
        `There is no store in ${resolve(data)}. Name its folder with --data FOLDER, or create one with: npm start -- --data FOLDER`,
      ]);
    const folder = lockDataFolder(data);
    disposables.add(() => folder.release());
    const options = {
      folder,
      kept: true,
      queues: queueConfigs(config),
      plugins: config.plugins,
      resources: config.resources,
      log,
      dynamodb: undefined,
      sqs: undefined,
      now: Date.now,
    };
    const { cloud: engines, stream, queues } = await startEngines(options, disposables);
    const cloud = { ...engines, ...(engines.files && { files: await serveFiles(engines.files, disposables) }) };
    const running = { table: TABLE_NAME, stream, queues: queues.all, cloud };
    disposables.add(writeRunningCloud(folder, running));
    return { ...running, close: () => disposables.dispose() };
  } catch (error) {
    await disposables.dispose();
    throw error;
  }
};

/** Serves signed URLs of files, as a running store does: fauxqs itself takes only small files. */
const serveFiles = async (
  files: NonNullable<Cloud["files"]>,
  disposables: Disposables,
): Promise<NonNullable<Cloud["files"]>> => {
  const server = await listenOnPort(0, disposables);
  const serve = createLocalFiles({ endpoint: files.s3.endpoint ?? "", corsOrigins: [] });
  server.serve((request, response) => void serve(request, response).catch(() => response.destroy()));
  return { ...files, origin: server.origin };
};
