import { DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { claimKey } from "../../../../adapters/store/dynamodb/items.ts";
import { TABLE } from "../../../../adapters/store/dynamodb/table.ts";
import { type DynamoDbEngine, startDynamoDb } from "../../../../local/dynamodb.ts";
import { openTestStore } from "../../../open-test-store.ts";

const NOW_MS = 1_700_000_000_000;
/** SQS keeps a message for 14 days, and again after it was redriven. */
const REQUIRED_SECONDS = 28 * 24 * 3600;

let engine: DynamoDbEngine;
let opened: Awaited<ReturnType<typeof openTestStore>>;
let client: DynamoDBClient;
beforeAll(async () => {
  engine = await startDynamoDb(undefined);
  opened = await openTestStore({ client: engine.client, now: () => NOW_MS });
  client = new DynamoDBClient(engine.client);
});
afterAll(async () => {
  client.destroy();
  await opened[Symbol.asyncDispose]();
  await engine.stop();
});

/** Returns how long after now the table may delete a claim. */
const secondsUntilExpiry = async (key: string) => {
  const { Item } = await client.send(new GetItemCommand({ TableName: "kintoun", Key: claimKey(key) }));
  return Number(Item?.[TABLE.expiry]?.N) - NOW_MS / 1000;
};

describe("claims in the table", () => {
  it("are kept as long as a message can be delivered again, and not for much longer", async () => {
    const lease = { owner: "one", until: NOW_MS + 1000 };
    await opened.store.claim("taken", lease);
    await opened.store.claim("done", lease);
    await opened.store.settle("done", lease);

    for (const key of ["taken", "done"]) {
      expect(await secondsUntilExpiry(key)).toBeGreaterThan(REQUIRED_SECONDS);
      expect(await secondsUntilExpiry(key)).toBeLessThan(2 * REQUIRED_SECONDS);
    }
  });
});
