import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { createDynamoDbJobStore } from "../adapters/store/dynamodb/jobs.ts";
import type { Send } from "../adapters/store/dynamodb/operations.ts";
import { createDynamoDbState } from "../adapters/store/dynamodb/state.ts";
import { createDynamoDbStore } from "../adapters/store/dynamodb/store.ts";
import { createTransport } from "../adapters/store/dynamodb/transport.ts";
import { createDynamoDbVersions } from "../adapters/store/dynamodb/versions.ts";
import type { AwsConnection } from "../lib/aws/connection.ts";
import { createTable } from "../local/dynamodb.ts";

/**
 * Opens a store on a new table of a running engine.
 * @param wrap wraps the calls from the store to the engine
 * @param stop runs after the store is closed
 */
export const openTestStore = async ({
  client: config,
  now = Date.now,
  wrap = (send) => send,
  stop = async () => undefined,
}: {
  client: AwsConnection;
  now?: () => number;
  wrap?: (send: Send) => Send;
  stop?: () => Promise<void>;
}) => {
  const client = new DynamoDBClient(config);
  await createTable(client, "kintoun");
  const transport = createTransport(config);
  const send = wrap(transport.send);
  return {
    store: createDynamoDbStore({ send, table: "kintoun", now }),
    jobs: createDynamoDbJobStore({ send, table: "kintoun", now }),
    versions: createDynamoDbVersions({ send, table: "kintoun" }),
    state: (plugin: string) => createDynamoDbState({ send, table: "kintoun", now, plugin }),
    [Symbol.asyncDispose]: async () => {
      transport.close();
      client.destroy();
      await stop();
    },
  };
};
