import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { Send } from "../../adapters/store/dynamodb/operations.ts";
import { withThrottling } from "../faults/throttling.ts";
import { startStore, type TestStore } from "../start-store.ts";

describe("a table that leaves batches unprocessed", () => {
  /** The operation of which nothing is processed. */
  let throttled: string | undefined;
  let store: TestStore;
  beforeAll(async () => {
    const wrap =
      (send: Send): Send =>
      (operation, input) =>
        withThrottling({ rejected: 0, unprocessed: operation === throttled ? 1 : 0 }, () => 0.5)(send)(
          operation,
          input,
        );
    store = await startStore({ wrap });
    await store.put("/buckets/b");
  });
  afterAll(() => store.close());

  const permissions = { read: Array.from({ length: 120 }, (_, index) => `basicauth:${index}`) };

  it.each([
    ["reads", "BatchGetItem", () => store.get("/buckets/b")],
    ["writes of many principals", "BatchWriteItem", () => store.put("/buckets/b", { permissions })],
  ])("answers 503 with Retry-After to %s", async (_, operation, request) => {
    throttled = operation;
    const { status, headers, body } = await request();
    throttled = undefined;

    expect([status, body.errno]).toEqual([503, 201]);
    expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await request()).status).toBe(200);
  });
});
