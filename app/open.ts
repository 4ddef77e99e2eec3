import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Send } from "../adapters/store/dynamodb/send.ts";
import { openStore } from "../adapters/store/dynamodb/store.ts";
import { openTransport } from "../adapters/store/dynamodb/transport.ts";
import { jsonLog, type Log } from "../core/log.ts";
import type { Cloud } from "./cloud.ts";
import type { Config } from "./config.ts";
import type { Place } from "./environment.ts";
import type { Surroundings } from "./resources.ts";

/** What every function is opened with. */
export interface Opening {
  readonly config: Config;
  readonly place: Place;
  readonly cloud?: Cloud;
  readonly log?: Log;
  /** Seconds after which a failed delivery is tried again, by the number of tries made. */
  readonly retryAfter?: (attempt: number) => number;
  /** Stands between the store and the table, to count or disturb the calls. */
  readonly wrap?: (send: Send) => Send;
}

export const openSurroundings = ({ config, place, cloud = {}, log = jsonLog(console.log), wrap = (send) => send }: Opening): Surroundings => {
  const client = new DynamoDBClient(cloud.dynamodb ?? {});
  const transport = openTransport(client);
  return {
    cloud,
    config,
    log,
    store: openStore({ send: wrap(transport.send), table: place.table }),
    started: new Map(),
    closing: [async () => transport.close(), async () => client.destroy()],
  };
};

export const closeAll = async ({ closing }: Surroundings): Promise<void> => {
  await Promise.allSettled(closing.map((close) => close()));
};
