import { startDynamoDb } from "../../../local/dynamodb.ts";
import { storeContract } from "../../contracts/store.ts";
import { openTestStore } from "../../open-test-store.ts";

storeContract("dynoxide", async (now) => {
  const engine = await startDynamoDb(undefined);
  return openTestStore({ client: engine.client, now, stop: engine.stop });
});
