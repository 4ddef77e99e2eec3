import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Config } from "../config/config.ts";
import { UserError } from "../config/problem.ts";
import { queueConfigs } from "../config/queues.ts";
import type { Log } from "../core/ports/log.ts";
import { Undo } from "../lib/util/disposables.ts";
import { TABLE_NAME } from "./cloud.ts";
import { takeDataFolder } from "./data-folder.ts";
import { startEngines } from "./engines.ts";
import { type RunningCloud, tellRunning } from "./running-cloud.ts";

/** What every store's folder has; but for those on a DynamoDB elsewhere, which is not known when they do not run. */
const TABLE_FILE = "table.sqlite";

/** The engines of a data folder on which no store runs, for a command: nobody answers requests, and nobody works on queues. Where no store was, none is made. */
export const startEnginesAlone = async (
  config: Config,
  data: string,
  log: Log,
): Promise<Omit<RunningCloud, "pid"> & { close(): Promise<void> }> => {
  const undo = new Undo(log);
  try {
    if (!existsSync(join(resolve(data), TABLE_FILE)))
      throw new UserError([
        `There is no store in ${resolve(data)}. Name its folder: --data FOLDER, or make one there: npm start -- --data FOLDER`,
      ]);
    const folder = takeDataFolder(data);
    undo.add(() => folder.release());
    const options = {
      folder,
      kept: true,
      table: TABLE_NAME,
      queues: queueConfigs(config),
      plugins: config.plugins,
      dynamodb: undefined,
      sqs: undefined,
      now: Date.now,
    };
    const { cloud, stream, queues } = await startEngines(options, undo);
    const running = { table: TABLE_NAME, stream, queues: queues.all, cloud };
    undo.add(tellRunning(folder, running));
    return { ...running, close: () => undo.run() };
  } catch (error) {
    await undo.run();
    throw error;
  }
};
