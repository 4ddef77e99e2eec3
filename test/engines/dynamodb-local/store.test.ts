import { LOCAL_CREDENTIALS } from "../../../local/dynamodb.ts";
import { changesContract } from "../../contracts/changes.ts";
import { jobContract } from "../../contracts/jobs.ts";
import { stateContract } from "../../contracts/state.ts";
import { storeContract } from "../../contracts/store.ts";
import { versionsContract } from "../../contracts/versions.ts";
import { openTestStore } from "../../open-test-store.ts";
import { useDynamoDbLocal } from "../start-dynamodb-local.ts";

let storeCount = 0;

/** Opens a store in a database of its own: the engine has one for each access key. */
const openStore = async (now: () => number) => {
  const endpoint = await useDynamoDbLocal();
  const accessKeyId = `local${storeCount++}`;
  const credentials = { ...LOCAL_CREDENTIALS.credentials, accessKeyId };
  return openTestStore({ client: { endpoint, ...LOCAL_CREDENTIALS, credentials }, now });
};

for (const contract of [storeContract, jobContract, stateContract, changesContract, versionsContract])
  contract("DynamoDB Local", openStore);
