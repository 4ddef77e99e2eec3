import { startDynamoDb } from "../../../local/dynamodb.ts";
import { changesContract } from "../../contracts/changes.ts";
import { openTestStore } from "../../open-test-store.ts";

changesContract("dynoxide", async (now) => {
  const engine = await startDynamoDb(undefined);
  return openTestStore({ client: engine.client, now, stop: engine.stop });
});
