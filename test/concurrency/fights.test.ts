import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { startStore, type TestStore } from "../start-store.ts";
import { fight } from "./fights.ts";

/** How long they fight. */
const SECONDS = Number(process.env.FIGHT_SECONDS ?? 4);

describe("eight clients who fight over the same records, on a DynamoDB in trouble", () => {
  let store: TestStore;
  beforeAll(async () => {
    store = await startStore();
  });
  afterAll(() => store.close());

  it(
    "are answered as if one had come after another",
    () => fight(store.opening, { seconds: SECONDS, lists: "timestamp first" }),
    120_000 + SECONDS * 5000,
  );
});
