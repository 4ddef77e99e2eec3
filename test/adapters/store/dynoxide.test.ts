import { openTestStore } from "../../open-test-store.ts";
import { startDynamoDb } from "../../../local/dynamodb.ts";
import { storeContract } from "../../contracts/store.ts";

storeContract("dynoxide", async (now) => {
  const engine = await startDynamoDb(undefined);
  return openTestStore({ client: engine.client, now, stop: engine.stop });
});
