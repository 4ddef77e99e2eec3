import { createBus } from "../../../app/bus.ts";
import { loadConfig } from "../../../config/load-config.ts";
import { UserError } from "../../../config/user-error.ts";
import { isObject, type JsonObject } from "../../../lib/json.ts";
import { parseStrictJson } from "../../../lib/strict-json.ts";
import { connect } from "../../connect.ts";
import { readStoreTarget, type StoreOptions } from "../../options.ts";
import { commandLog, print } from "../../output.ts";
import { runUntilDone } from "../../run-process.ts";

interface PutOptions extends StoreOptions {
  readonly source: string;
  readonly type: string;
  readonly detail: string;
  readonly bus: string;
}

/** Runs `kintoun events put`. */
export const runPut = async (options: PutOptions): Promise<void> => {
  const { source, type, bus: busName } = options;
  for (const name of ["source", "type"] as const)
    if (options[name] === "") throw new UserError([`--${name} is empty. Give it a name.`]);
  const detail = parseDetail(options.detail);
  const target = readStoreTarget(options, false);
  if (target.kind === "endpoints")
    throw new UserError(["--endpoint names an SQS endpoint, which has no buses. Use --data or --stack."]);
  const config = await loadConfig({ isDeployed: target.kind === "stack" });
  await runUntilDone(async () => {
    const store = await connect({ config, target, queues: [], log: commandLog });
    const bus = await createBus(store.appOptions.cloud, busName);
    try {
      await bus.put([{ source, type, detail }]);
      print(`Put the event on the bus '${busName}' of ${store.description}.`);
    } finally {
      await bus.close();
      await store.close();
    }
  });
};

const parseDetail = (text: string): JsonObject => {
  let detail: unknown;
  try {
    detail = parseStrictJson(text);
  } catch {
    detail = undefined;
  }
  if (isObject(detail)) return detail as JsonObject;
  throw new UserError([`--detail must be a JSON object, for example '{"id": 1}'; got '${text.slice(0, 100)}'.`]);
};
