import { DynamoDBClient, type DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import { openJobs } from "../adapters/store/dynamodb/jobs.ts";
import type { Send } from "../adapters/store/dynamodb/send.ts";
import { openState } from "../adapters/store/dynamodb/state.ts";
import { openStore } from "../adapters/store/dynamodb/store.ts";
import { openTransport } from "../adapters/store/dynamodb/transport.ts";
import { prepareTable } from "../local/dynamodb.ts";

/** A store on a new table of an engine that is running. @param wrap stands between the store and the engine */
export const openTestStore = async ({
  client: config,
  now = Date.now,
  wrap = (send) => send,
  stop = async () => undefined,
}: {
  client: DynamoDBClientConfig;
  now?: () => number;
  wrap?: (send: Send) => Send;
  stop?: () => Promise<void>;
}) => {
  const client = new DynamoDBClient(config);
  await prepareTable(client, "kintoun");
  const transport = openTransport(client);
  const send = wrap(transport.send);
  return {
    store: openStore({ send, table: "kintoun", now }),
    jobs: openJobs({ send, table: "kintoun", now }),
    state: (plugin: string) => openState({ send, table: "kintoun", now, plugin }),
    [Symbol.asyncDispose]: async () => {
      transport.close();
      client.destroy();
      await stop();
    },
  };
};
