import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { runContention } from "../concurrency/contention.ts";
import { startStore, type TestStore } from "../start-store.ts";
import type { RunningEngine } from "./run-engine.ts";
import { startDynamoDbLocal } from "./start-dynamodb-local.ts";

/** Duration of the load in seconds. */
const DURATION_SECONDS = Number(process.env.CONTENTION_SECONDS ?? 20);

describe("store on DynamoDB Local", () => {
  let engine: RunningEngine;
  let store: TestStore;
  beforeAll(async () => {
    engine = await startDynamoDbLocal();
    store = await startStore({ dynamodb: engine.endpoint });
  }, 180_000);
  afterAll(async () => {
    await store.close();
    await engine[Symbol.asyncDispose]();
  });

  it(
    "returns linearizable responses to eight concurrent clients while DynamoDB calls fail",
    () => runContention(store.options, { seconds: DURATION_SECONDS, lists: "timestamp first" }),
    120_000 + DURATION_SECONDS * 5000,
  );
});
