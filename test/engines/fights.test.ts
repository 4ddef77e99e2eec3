import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { fight } from "../concurrency/fights.ts";
import { startStore, type TestStore } from "../start-store.ts";
import type { RunningEngine } from "./run-engine.ts";
import { startDynamoDbLocal } from "./start-dynamodb-local.ts";

/** How long they fight. */
const SECONDS = Number(process.env.FIGHT_SECONDS ?? 20);

describe("eight clients who fight over the same records, on DynamoDB Local in trouble", () => {
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
    "are answered as if one had come after another",
    () => fight(store.opening, { seconds: SECONDS, lists: "timestamp first" }),
    120_000 + SECONDS * 5000,
  );
});
