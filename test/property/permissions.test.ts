import { afterAll, beforeAll, describe, it } from "@jest/globals";
import fc from "../fast-check.ts";
import { startStore, type TestStore } from "../start-store.ts";
import { compare, type Door } from "./compare.ts";
import { AUTHENTICATED, type Settings } from "./permissions.ts";
import { ASKERS, plantings, questions, someSettings } from "./trees.ts";

const SECRET = { overrides: { useridHmacSecret: "model" } };

const idsIn = async (store: TestStore): Promise<Door["ids"]> => {
  const names = [...ASKERS.filter((name) => name !== null), "owner"];
  return new Map(await Promise.all(names.map(async (name) => [name, await store.userId(name)] as const)));
};

describe("HTTP API with random objects, permissions and groups", () => {
  let store: TestStore;
  let door: Door;
  beforeAll(async () => {
    store = await startStore(SECRET);
    door = { ask: store.request, ids: await idsIn(store), settings: { bucketCreatePrincipals: [AUTHENTICATED] } };
  });
  afterAll(() => store.close());

  it("responds according to Kinto's permission rules", async () => {
    await fc.assert(
      fc.asyncProperty(plantings, questions, (planted, asked) => compare(door, planted, asked)),
      { numRuns: 60, interruptAfterTimeLimit: 60_000 },
    );
  }, 180_000);

  it("responds according to Kinto's permission rules with any settings", async () => {
    const rounds = fc.array(fc.tuple(plantings, questions), { minLength: 5, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(someSettings, rounds, async (given, trees) => {
        const granted = { ...given, bucketCreatePrincipals: [...(given.bucketCreatePrincipals ?? []), "owner"] };
        const settings: Settings = Object.fromEntries(
          Object.entries(granted).map(([name, names]) => [name, names.map((one) => door.ids.get(one) ?? one)]),
        );
        await using other = await startStore({ ...SECRET, settings });
        for (const [planted, asked] of trees) await compare({ ...door, ask: other.request, settings }, planted, asked);
      }),
      { numRuns: 5, interruptAfterTimeLimit: 60_000 },
    );
  }, 180_000);
});
