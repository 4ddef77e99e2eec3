import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { startStore, type TestStore } from "../start-store.ts";
import { runContention } from "./contention.ts";

/** Duration of the run. */
const SECONDS = Number(process.env.CONTENTION_SECONDS ?? 4);

describe("eight clients that change the same records on a failing DynamoDB", () => {
  let store: TestStore;
  beforeAll(async () => {
    store = await startStore();
  });
  afterAll(() => store.close());

  it(
    "get responses that are consistent with a serial order",
    () => runContention(store.options, { seconds: SECONDS, lists: "timestamp first" }),
    120_000 + SECONDS * 5000,
  );
});
