import { startDynamoDb } from "../../../local/dynamodb.ts";
import { storeContract } from "../../contracts/store.ts";
import { versionsContract } from "../../contracts/versions.ts";
import { openTestStore } from "../../open-test-store.ts";

const open = async (now: () => number) => {
  const engine = await startDynamoDb(undefined);
  return openTestStore({ client: engine.client, now, stop: engine.stop });
};
storeContract("dynoxide", open);
versionsContract("dynoxide", open);
