import { LOCAL_CREDENTIALS } from "../../local/dynamodb.ts";
import { changesContract } from "../contracts/changes.ts";
import { jobContract } from "../contracts/jobs.ts";
import { stateContract } from "../contracts/state.ts";
import { storeContract } from "../contracts/store.ts";
import { openTestStore } from "../open-test-store.ts";
import { startDynamoDbLocal } from "./start-dynamodb-local.ts";

storeContract("DynamoDB Local", async (now) => {
  const engine = await startDynamoDbLocal();
  return openTestStore({
    client: { endpoint: engine.endpoint, ...LOCAL_CREDENTIALS },
    now,
    stop: () => engine[Symbol.asyncDispose](),
  });
});

jobContract("DynamoDB Local", async (now) => {
  const engine = await startDynamoDbLocal();
  return openTestStore({
    client: { endpoint: engine.endpoint, ...LOCAL_CREDENTIALS },
    now,
    stop: () => engine[Symbol.asyncDispose](),
  });
});

stateContract("DynamoDB Local", async (now) => {
  const engine = await startDynamoDbLocal();
  return openTestStore({
    client: { endpoint: engine.endpoint, ...LOCAL_CREDENTIALS },
    now,
    stop: () => engine[Symbol.asyncDispose](),
  });
});

changesContract("DynamoDB Local", async (now) => {
  const engine = await startDynamoDbLocal();
  return openTestStore({
    client: { endpoint: engine.endpoint, ...LOCAL_CREDENTIALS },
    now,
    stop: () => engine[Symbol.asyncDispose](),
  });
});
