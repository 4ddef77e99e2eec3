import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { startStore, type TestStore } from "../start-store.ts";
import { fight } from "./fights.ts";

/** How long they fight. */
const SECONDS = Number(process.env.FIGHT_SECONDS ?? 4);

describe("eight clients that change the same records on a failing DynamoDB", () => {
  let store: TestStore;
  beforeAll(async () => {
    store = await startStore();
  });
  afterAll(() => store.close());

  it(
    "get responses that are consistent with a serial order",
    () => fight(store.options, { seconds: SECONDS, lists: "timestamp first" }),
    120_000 + SECONDS * 5000,
  );
});
