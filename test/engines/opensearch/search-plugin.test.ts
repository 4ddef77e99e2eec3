import { beforeAll, describe, expect, it } from "@jest/globals";
import { startTestStore, type TestStore } from "@kintoun/testing";
import { basicauth } from "../../../plugins/basicauth/index.ts";
import { elasticsearch } from "../../tutorials/search-plugin/index.ts";
import { useOpenSearch } from "../start-opensearch.ts";

const NOTES = "/buckets/example/collections/notes";

describe("the search plugin of the tutorial, on OpenSearch", () => {
  let engine: { readonly endpoint: string };

  const plugins = () => [basicauth(), elasticsearch({ host: engine.endpoint })];
  const indexes = async (): Promise<Record<string, { mappings: { properties?: Record<string, { type: string }> } }>> =>
    (await fetch(`${engine.endpoint}/records-*`)).json() as never;
  beforeAll(async () => {
    engine = await useOpenSearch();
  }, 180_000);

  /** A store with the collection of the tutorial, in an empty cluster. */
  const startNotes = async (schema?: object): Promise<TestStore> => {
    await fetch(`${engine.endpoint}/records-*`, { method: "DELETE" });
    const store = await startTestStore({ plugins: plugins() });
    await store.put("/buckets/example");
    await store.put(NOTES, { data: { ...(schema && { schema }) } });
    await store.drain();
    return store;
  };

  it("returns no hits for a new collection", async () => {
    await using store = await startNotes();

    const response = await store.post(`${NOTES}/search`, {});

    expect(response.status).toBe(200);
    expect(response.body.hits.hits).toEqual([]);
    expect(response.headers.get("access-control-expose-headers")).toContain("Retry-After");
  });

  it("finds a record after it is created, updated and deleted", async () => {
    await using store = await startNotes();
    const created = await store.post(`${NOTES}/records`, { data: { note: "kinto" } });
    await store.drain();

    expect((await store.post(`${NOTES}/search`, {})).body).toMatchObject({
      _shards: { failed: 0 },
      hits: { max_score: 1, total: { value: 1 }, hits: [{ _id: created.body.data.id, _source: created.body.data }] },
      timed_out: false,
    });

    const find = async (note: string) => (await store.post(`${NOTES}/search`, { query: { match: { note } } })).body;
    await store.patch(`${NOTES}/records/${created.body.data.id}`, { data: { note: "nimbus" } });
    await store.drain();
    expect((await find("nimbus")).hits.total.value).toBe(1);
    expect((await find("kinto")).hits.total.value).toBe(0);

    await store.delete(`${NOTES}/records/${created.body.data.id}`);
    await store.drain();
    expect((await find("nimbus")).hits.total.value).toBe(0);
    expect(store.failures).toEqual([]);
  });

  it("returns 403 when the user may not read the collection, and 400 for a query with a script", async () => {
    await using store = await startNotes();
    const query = { script: { script: "while (true) {}" } };

    expect((await store.post(`${NOTES}/search`, {}, { as: "mallory" })).status).toBe(403);
    expect((await store.post(`${NOTES}/search`, {}, { as: null })).status).toBe(401);
    expect((await store.post(`${NOTES}/search`, { query })).status).toBe(400);
  });

  it("creates the index with the collection, and its mapping from the JSON Schema", async () => {
    const schema = { properties: { year: { type: "integer" }, tags: { type: "array", items: { type: "string" } } } };
    await using store = await startNotes(schema);

    const [created] = Object.values(await indexes());
    expect(created?.mappings.properties).toMatchObject({ year: { type: "long" }, tags: { type: "text" } });

    await store.patch(NOTES, {
      data: { schema: { properties: { ...schema.properties, at: { type: "string", format: "date" } } } },
    });
    await store.drain();
    const [updated] = Object.values(await indexes());
    expect(updated?.mappings.properties).toMatchObject({ year: { type: "long" }, at: { type: "date" } });
  });

  it("deletes the index when the collection is deleted, and when its bucket is deleted", async () => {
    await using store = await startNotes();
    await store.put("/buckets/example/collections/other");
    await store.put(`${NOTES}/records/a`, { data: { note: "kinto" } });
    await store.drain();
    expect(Object.keys(await indexes())).toHaveLength(2);

    await store.delete(NOTES);
    await store.drain();
    expect(Object.keys(await indexes())).toHaveLength(1);

    await store.delete("/buckets/example");
    await store.drain();
    expect(Object.keys(await indexes())).toEqual([]);
  });

  it("returns {} while OpenSearch is down, and logs why", async () => {
    await using store = await startTestStore({ plugins: [basicauth(), elasticsearch({ host: "http://127.0.0.1:9" })] });
    await store.put("/buckets/example");
    await store.put("/buckets/example/collections/notes", {}, { headers: {} });

    const response = await store.post(`${NOTES}/search`, {});

    expect([response.status, response.body]).toEqual([200, {}]);
    expect(store.logLines.join("\n")).toContain("The search failed");
  });
});
