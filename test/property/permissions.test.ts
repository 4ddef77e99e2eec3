/** @slow */

import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { basicauth } from "../../plugins/basicauth/index.ts";
import fc from "../fast-check.ts";
import { startStore, type TestStore } from "../start-store.ts";
import { compare, type StoreApi, scoped } from "./compare.ts";
import { AUTHENTICATED, type Settings } from "./permissions.ts";
import { objectDrafts, requestsOfUsers, someSettings, USERS } from "./trees.ts";

const SECRET = { plugins: [basicauth(), scoped()], overrides: { useridHmacSecret: "model" } };

const idsIn = async (store: TestStore): Promise<StoreApi["ids"]> => {
  const names = [...USERS.filter((name) => name !== null), "owner"];
  return new Map(await Promise.all(names.map(async (name) => [name, await store.userId(name)] as const)));
};

describe("HTTP API with random objects, permissions and groups", () => {
  let store: TestStore;
  let api: StoreApi;
  beforeAll(async () => {
    store = await startStore(SECRET);
    api = { send: store.request, ids: await idsIn(store), settings: { bucketCreatePrincipals: [AUTHENTICATED] } };
  });
  afterAll(() => store.close());

  it("responds according to Kinto's permission rules, within scopes", async () => {
    await fc.assert(
      fc.asyncProperty(objectDrafts, requestsOfUsers, (objects, requests) => compare(api, objects, requests)),
      { numRuns: 15, interruptAfterTimeLimit: 60_000 },
    );
  }, 180_000);

  it("responds according to Kinto's permission rules with any settings", async () => {
    const roundsOfRequests = fc.array(fc.tuple(objectDrafts, requestsOfUsers), { minLength: 3, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(someSettings, roundsOfRequests, async (given, rounds) => {
        const granted = { ...given, bucketCreatePrincipals: [...(given.bucketCreatePrincipals ?? []), "owner"] };
        const settings: Settings = Object.fromEntries(
          Object.entries(granted).map(([name, names]) => [name, names.map((one) => api.ids.get(one) ?? one)]),
        );
        await using other = await startStore({ ...SECRET, settings });
        for (const [objects, requests] of rounds)
          await compare({ ...api, send: other.request, settings }, objects, requests);
      }),
      { numRuns: 3, interruptAfterTimeLimit: 60_000 },
    );
  }, 180_000);
});
