/** @slow */
import { afterAll } from "@jest/globals";
import { LOCAL_CREDENTIALS } from "../../local/dynamodb.ts";
import { changesContract } from "../contracts/changes.ts";
import { jobContract } from "../contracts/jobs.ts";
import { stateContract } from "../contracts/state.ts";
import { storeContract } from "../contracts/store.ts";
import { versionsContract } from "../contracts/versions.ts";
import { openTestStore } from "../open-test-store.ts";
import type { RunningEngine } from "./run-engine.ts";
import { startDynamoDbLocal } from "./start-dynamodb-local.ts";

let engine: Promise<RunningEngine> | undefined;
let storeCount = 0;
afterAll(async () => (await engine)?.[Symbol.asyncDispose]());

/** Opens a store in a database of its own: the engine has one for each access key. */
const openStore = async (now: () => number) => {
  engine ??= startDynamoDbLocal();
  const { endpoint } = await engine;
  const accessKeyId = `local${storeCount++}`;
  const credentials = { ...LOCAL_CREDENTIALS.credentials, accessKeyId };
  return openTestStore({ client: { endpoint, ...LOCAL_CREDENTIALS, credentials }, now });
};

for (const contract of [storeContract, jobContract, stateContract, changesContract, versionsContract])
  contract("DynamoDB Local", openStore);
