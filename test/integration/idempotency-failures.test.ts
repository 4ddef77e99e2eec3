import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { definePlugin } from "@kintoun/kit";
import { DynamoDbError, type Send } from "../../adapters/store/dynamodb/operations.ts";
import { startStore, type TestStore } from "../start-store.ts";
import { waitUntil } from "../wait-until.ts";

describe("idempotency records that cannot be read", () => {
  const received: string[] = [];
  /** How often the claim of an event fails, by record id. */
  const faults = new Map<string, number>();
  let store: TestStore;

  const wrap =
    (send: Send): Send =>
    async (operation, input) => {
      const key = "Key" in input ? String(input.Key?.pk?.S) : "";
      if (operation !== "UpdateItem" || !key.startsWith("claim#")) return send(operation, input);
      const [id = "", left] = [...faults].find(([id]) => key.includes(`/records/${id}@`)) ?? [];
      if (left === undefined || left === 0) {
        // So that it is known which claims of a batch fail first.
        await waitUntil("the failing claims have failed", () => [...faults.values()].every((times) => times === 0));
        return send(operation, input);
      }
      faults.set(id, left - 1);
      throw new DynamoDbError("InternalServerError", "The table failed");
    };
  const listener = {
    on: ["record.create" as const],
    retries: 0,
    run: ({ uri }: { uri: string }) => void received.push(uri),
  };
  const plugin = definePlugin({
    name: "notes",
    about: "Records its events.",
    listeners: {
      plain: { ...listener, collections: () => ["plain"] },
      ordered: { ...listener, collections: () => ["ordered"], ordered: true },
      many: {
        ...listener,
        collections: () => ["many"],
        batch: { size: 10, window: 1, run: (events) => void received.push(...events.map(({ uri }) => uri)) },
      },
    },
  });

  beforeEach(async () => {
    received.length = 0;
    faults.clear();
    store = await startStore({ plugins: [plugin()], retryAfter: () => 0, wrap });
    await store.put("/buckets/b");
  });
  afterEach(() => store.close());

  it.each(["plain", "ordered"])("never dead-letter a message that was not attempted: %s", async (collection) => {
    faults.set("r", 3);
    await store.put(`/buckets/b/collections/${collection}`);
    await store.put(`/buckets/b/collections/${collection}/records/r`);
    await store.drain();

    expect([received, await store.deadLetterCount(`notes-${collection}`)]).toEqual([
      [`/buckets/b/collections/${collection}/records/r`],
      0,
    ]);
    expect(faults.get("r")).toBe(0);
  });

  it("delay only the affected event of a batch", async () => {
    faults.set("r2", 1);
    await store.put("/buckets/b/collections/many");
    const uris = [1, 2, 3, 4].map((n) => `/buckets/b/collections/many/records/r${n}`);
    await store.post("/batch", { requests: uris.map((path) => ({ method: "PUT", path })) });
    await store.drain();

    expect([received.toSorted(), await store.deadLetterCount("notes-many")]).toEqual([uris, 0]);
    expect(faults.get("r2")).toBe(0);
  });
});
