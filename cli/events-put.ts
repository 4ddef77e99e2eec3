import { openBus } from "../app/bus.ts";
import { loadConfig } from "../config/load-config.ts";
import { UserError } from "../config/problem.ts";
import { isObject, type JsonObject } from "../lib/json.ts";
import { parseJson } from "../lib/strict-json.ts";
import { CLOUD_FLAGS, CLOUD_USAGE, readCloudPlace } from "./cloud-flags.ts";
import { connect } from "./connect.ts";
import { parseCommand } from "./parse-command.ts";
import { commandLog, print } from "./print.ts";
import { untilDone } from "./until-told.ts";

const USAGE = `npm run -s kintoun -- events put --source NAME --type NAME --detail JSON [--bus NAME] ${CLOUD_USAGE}`;
const FLAGS = {
  ...CLOUD_FLAGS,
  source: { type: "string" },
  type: { type: "string" },
  detail: { type: "string" },
  bus: { type: "string" },
} as const;

/** `kintoun events put`: tells a bus of something that happened elsewhere; whoever listens to the like gets it. */
export const put = async (args: readonly string[]): Promise<void> => {
  const { values, positionals } = parseCommand(args, FLAGS, USAGE);
  const { source, type, detail: given, bus: name = "default" } = values;
  if (positionals.length > 0 || !source || !type || given === undefined) throw new UserError([USAGE]);
  const detail = readDetail(given);
  const place = readCloudPlace(values, USAGE, false);
  if (place.kind === "endpoints")
    throw new UserError(["--endpoint names an SQS, and a bus is none: say --data FOLDER or --stack NAME.", USAGE]);
  const config = await loadConfig();
  await untilDone(async () => {
    const connected = await connect({ config, place, queues: [], log: commandLog });
    const bus = await openBus(connected.opening.cloud, name);
    try {
      await bus.put([{ source, type, detail }]);
      print(`Told the bus '${name}' of ${connected.where}.`);
    } finally {
      await bus.close();
      await connected.close();
    }
  });
};

const readDetail = (text: string): JsonObject => {
  let detail: unknown;
  try {
    detail = parseJson(text);
  } catch {
    detail = undefined;
  }
  if (isObject(detail)) return detail as JsonObject;
  throw new UserError([`--detail takes a JSON object such as '{"id": 1}', not '${text.slice(0, 100)}'.`, USAGE]);
};
