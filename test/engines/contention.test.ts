import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { runContention } from "../concurrency/contention.ts";
import { startStore, type TestStore } from "../start-store.ts";
import type { RunningEngine } from "./run-engine.ts";
import { startDynamoDbLocal } from "./start-dynamodb-local.ts";

/** Duration of the test. */
const SECONDS = Number(process.env.CONTENTION_SECONDS ?? 20);

describe("eight concurrent clients on DynamoDB Local with injected faults", () => {
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
    "get linearizable responses",
    () => runContention(store.options, { seconds: SECONDS, lists: "timestamp first" }),
    120_000 + SECONDS * 5000,
  );
});
