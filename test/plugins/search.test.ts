import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type TestStore, testStore } from "@kintoun/kit/testing";
import { defaultBucket } from "../../plugins/default-bucket/index.ts";
import { search } from "../../plugins/search/index.ts";

describe("a search in the default bucket", () => {
  const tasks = "/buckets/default/collections/tasks";
  let store: TestStore;
  beforeAll(async () => {
    store = await testStore({ plugins: [defaultBucket(), search()] });
    await store.put(`${tasks}/records/sea`, { data: { text: "Sweep the clouds from the sea" } });
    await store.drain();
  });
  afterAll(() => store.close());

  const find = (as: string | null) => store.post(`${tasks}/search`, { query: { match: { text: "sea" } } }, { as });

  it("finds what is in the asker's own", async () => {
    const { status, body } = await find("alice");
    expect([status, body.hits.hits.map(({ _id: id }: { _id: string }) => id)]).toEqual([200, ["sea"]]);
  });

  it("finds nobody else's, and is refused to those who did not log in", async () => {
    expect((await find("bob")).status).toBe(403);
    expect(await find(null)).toMatchObject({ status: 401, body: { errno: 104 } });
  });
});
