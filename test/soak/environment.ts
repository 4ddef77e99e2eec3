import type { AppOptions } from "../../app/create-app-context.ts";
import { type Config, readConfig } from "../../config/config.ts";
import { queueConfigs } from "../../config/queues.ts";
import { createJsonLog } from "../../core/ports/log.ts";
import { apiHandler, createApi } from "../../functions/api/app.ts";
import { Disposables } from "../../lib/util/disposables.ts";
import { lockDataFolder } from "../../local/data-folder.ts";
import { startEngines, TABLE_NAME } from "../../local/engines.ts";
import { createGateway } from "../../local/gateway.ts";
import { listenOnPort } from "../../local/server.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { createClient, createRequester } from "../../testing/client.ts";
import { soakPlugin, TIMEOUT_SECONDS } from "./plugin.ts";

/**
 * Longer than the lease of a killed worker, but shorter than in AWS, where it is six times the timeout of the function.
 */
const VISIBILITY_SECONDS = TIMEOUT_SECONDS + 4;

/** Starts the API on the embedded engines, without dispatcher and workers. */
export const startEnvironment = async (seed: number) => {
  const log = createJsonLog(console.error);
  const disposables = new Disposables((error) => log.error("A part did not stop", { error }));
  try {
    const folder = lockDataFolder(undefined);
    disposables.add(() => folder.release());
    const effects = folder.file("effects.jsonl");
    const config: Config = readConfig({ plugins: [basicauth(), soakPlugin({ file: effects, seed })] });
    const queues = queueConfigs(config).map((queue) => ({ ...queue, visibility: VISIBILITY_SECONDS }));
    const engines = await startEngines(
      {
        folder,
        kept: false,
        queues,
        resources: config.resources,
        dynamodb: undefined,
        sqs: undefined,
        now: Date.now,
        log,
      },
      disposables,
    );
    const options: AppOptions = {
      config,
      cloud: engines.cloud,
      log,
      location: { table: TABLE_NAME, queues: engines.queues.all },
    };
    const server = await listenOnPort(0, disposables);
    const api = await createApi(options);
    disposables.add(api.close);
    const handler = apiHandler(api);
    server.serve(createGateway({ route: () => handler, page: async () => undefined }));
    disposables.add(server.close);
    return {
      client: createClient(createRequester(`${server.origin}/v1`)),
      sqs: engines.clients.sqs,
      queues: engines.queues,
      effects,
      processOptions: {
        cloud: {
          ...(engines.cloud.dynamodb && { dynamodb: engines.cloud.dynamodb }),
          ...(engines.cloud.sqs && { sqs: engines.cloud.sqs }),
        },
        table: TABLE_NAME,
        queues: engines.queues.all,
        stream: engines.stream,
        positions: folder.file("stream.json"),
        effects,
        log: folder.file("log.jsonl"),
        seed,
      },
      close: () => disposables.dispose(),
    };
  } catch (error) {
    await disposables.dispose();
    throw error;
  }
};
