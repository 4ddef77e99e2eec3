import { readdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { indexFileName } from "../../adapters/search/sqlite/index-folder.ts";
import { closeApp, createAppContext } from "../../app/create-app-context.ts";
import { createIndexDescriber } from "../../app/plugins/describe-index.ts";
import { search } from "../../plugins/search/index.ts";
import { startStore, type TestStore } from "../start-store.ts";

const NOTES = "/buckets/b/collections/notes";

describe("createIndexDescriber", () => {
  let store: TestStore;
  beforeAll(async () => {
    store = await startStore({ plugins: [search()] });
  });
  afterAll(() => store.close());

  const describeIndex = async (uri: string) => {
    const app = createAppContext(store.options);
    try {
      return await createIndexDescriber(app)(uri);
    } finally {
      await closeApp(app);
    }
  };

  it("describes the index that searches use, at the list's timestamp", async () => {
    await store.put("/buckets/b", { permissions: { write: ["system.Everyone"] } });
    await store.put(NOTES, { data: { index: { language: "de", nested: ["parts"] } } });
    const { body } = await store.put(`${NOTES}/records/a`, { data: { text: "See" } });
    const found = await store.post(`${NOTES}/search`, { query: { match: { text: "see" } } });
    const index = await describeIndex(`${NOTES}/records`);

    expect(found.body.hits.total.value).toBe(1);
    expect(index).toMatchObject({
      timestamp: body.data.last_modified,
      definition: { language: "de", nested: ["parts"], excluded: [] },
    });
    expect(readdirSync(String(store.options.cloud?.search?.folder))).toContain(
      indexFileName(String(index?.generation), String(index?.definition.hash), undefined),
    );
  });

  it.each(["/buckets/b/collections/missing/records", "/buckets/missing/collections/notes/records", "nothing"])(
    "has none for %s",
    async (uri) => {
      expect(await describeIndex(uri)).toBeUndefined();
    },
  );

  it("has none for a deleted collection", async () => {
    await store.put("/buckets/b/collections/old");
    await store.delete("/buckets/b/collections/old");

    expect(await describeIndex("/buckets/b/collections/old/records")).toBeUndefined();
  });
});
