import type { Opening } from "../../app/open.ts";
import { type Config, readConfig } from "../../config/config.ts";
import { queuesOf } from "../../config/queues.ts";
import { jsonLog } from "../../core/ports/log.ts";
import { openApi } from "../../functions/api/app.ts";
import { apiHandler } from "../../functions/api/handler.ts";
import { Undo } from "../../lib/util/disposables.ts";
import { takeDataFolder } from "../../local/data-folder.ts";
import { takePort } from "../../local/door.ts";
import { startEngines } from "../../local/engines.ts";
import { gateway } from "../../local/gateway.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { asking, clientOf } from "../../testing/client.ts";
import { soakPlugin, TIMEOUT } from "./plugin.ts";

const TABLE = "kintoun";

/** Longer than a killed worker holds a delivery, shorter than in AWS, where it is six times the function's time-out. */
const VISIBILITY = TIMEOUT + 4;

/** The API on the embedded engines, and nobody who works on what it changes. */
export const openHouse = async (seed: number) => {
  const log = jsonLog(console.error);
  const undo = new Undo(log);
  try {
    const folder = takeDataFolder(undefined);
    undo.add(() => folder.release());
    const effects = folder.file("effects.jsonl");
    const config: Config = readConfig({ plugins: [basicauth(), soakPlugin({ file: effects, seed })] });
    const wanted = queuesOf(config).map((queue) => ({ ...queue, visibility: VISIBILITY }));
    const engines = await startEngines(
      { folder, kept: false, table: TABLE, queues: wanted, dynamodb: undefined, sqs: undefined, now: Date.now },
      undo,
    );
    const opening: Opening = { config, cloud: engines.cloud, log, place: { table: TABLE, queues: engines.queues.all } };
    const door = await takePort(0, undo);
    const api = await openApi(opening);
    undo.add(api.close);
    const handler = apiHandler(api);
    door.open(gateway({ route: () => handler, page: () => undefined }));
    undo.add(door.shut);
    return {
      client: clientOf(asking(`${door.root}/v1`)),
      sqs: engines.clients.sqs,
      queues: engines.queues,
      effects,
      told: {
        cloud: {
          ...(engines.cloud.dynamodb && { dynamodb: engines.cloud.dynamodb }),
          ...(engines.cloud.sqs && { sqs: engines.cloud.sqs }),
        },
        table: TABLE,
        queues: engines.queues.all,
        stream: engines.stream,
        positions: folder.file("stream.json"),
        effects,
        log: folder.file("log.jsonl"),
        seed,
      },
      close: () => undo.run(),
    };
  } catch (error) {
    await undo.run();
    throw error;
  }
};

export type House = Awaited<ReturnType<typeof openHouse>>;
