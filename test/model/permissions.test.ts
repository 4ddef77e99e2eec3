import { afterAll, beforeAll, describe, it } from "@jest/globals";
import fc from "fast-check";
import { startStore, type TestStore } from "../start-store.ts";
import { compare, type Door } from "./compare.ts";
import { AUTHENTICATED, type Settings } from "./permissions.ts";
import { ASKERS, plantings, questions } from "./trees.ts";

const SECRET = { overrides: { useridHmacSecret: "model" } };

const doorTo = async (store: TestStore, settings: Settings = {}): Promise<Door> => {
  const names = [...ASKERS.filter((name) => name !== null), "owner"];
  const ids = new Map(await Promise.all(names.map(async (name) => [name, await store.userId(name)] as const)));
  return { ask: store.ask, ids, settings: { bucketCreatePrincipals: [AUTHENTICATED], ...settings } };
};

describe("whoever asks for whatever, in any tree of objects, permissions and groups", () => {
  let store: TestStore;
  let door: Door;
  beforeAll(async () => {
    store = await startStore(SECRET);
    door = await doorTo(store);
  });
  afterAll(() => store.close());

  it("is answered by Kinto's rules", async () => {
    await fc.assert(
      fc.asyncProperty(plantings, questions, (planted, asked) => compare(door, planted, asked)),
      { numRuns: 80, interruptAfterTimeLimit: 60_000 },
    );
  }, 180_000);
});
