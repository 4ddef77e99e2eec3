import { startDynamoDb } from "../../../../local/dynamodb.ts";
import { jobContract } from "../../../contracts/jobs.ts";
import { openTestStore } from "../../../open-test-store.ts";

jobContract("dynoxide", async (now) => {
  const engine = await startDynamoDb(undefined);
  return openTestStore({ client: engine.client, now, stop: engine.stop });
});
