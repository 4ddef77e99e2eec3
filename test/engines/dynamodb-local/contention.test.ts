import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { runContention } from "../../concurrency/contention.ts";
import { startStore, type TestStore } from "../../start-store.ts";
import { useDynamoDbLocal } from "../start-dynamodb-local.ts";

/** Duration of the load in seconds. */
const DURATION_SECONDS = Number(process.env.CONTENTION_SECONDS ?? 8);

describe("store on DynamoDB Local", () => {
  let store: TestStore;
  beforeAll(async () => {
    store = await startStore({ dynamodb: await useDynamoDbLocal() });
  }, 180_000);
  afterAll(() => store.close());

  it(
    "returns linearizable responses to eight concurrent clients while DynamoDB calls fail",
    () => runContention(store.options, { seconds: DURATION_SECONDS, lists: "timestamp first" }),
    120_000 + DURATION_SECONDS * 5000,
  );
});
