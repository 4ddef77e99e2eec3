import { describe, expect, it } from "@jest/globals";
import { type Client, createClient, createCollection, createId, createRecordingFetch, getTitles } from "./client.ts";

/** The server accepts at most 25 requests per batch. */
const MAX_REQUESTS = 25;

describe("client.batch", () => {
  it("sends requests for several objects at once and returns their answers in order", async () => {
    const { requests, fetchFunc } = createRecordingFetch();
    const client = createClient({ fetchFunc });
    await client.fetchServerInfo();
    requests.length = 0;
    const id = createId("bucket");

    const responses = await client.batch((batch: Client) => {
      void batch.createBucket(id);
      const bucket = batch.bucket(id);
      void bucket.createCollection("articles");
      void bucket.createGroup("editors");
      void bucket.collection("articles").createRecord({ id: "first", title: "one" });
    });

    expect(requests).toHaveLength(1);
    expect(responses).toMatchObject([
      { status: 201, path: `/v1/buckets/${id}`, body: { data: { id } } },
      { status: 201, body: { data: { id: "articles" } } },
      { status: 201, body: { data: { id: "editors" } } },
      { status: 201, body: { data: { id: "first", title: "one" } }, headers: { ETag: expect.any(String) } },
    ]);
  });

  it("sends no request without operations", async () => {
    const { requests, fetchFunc } = createRecordingFetch();

    await expect(createClient({ fetchFunc }).batch(() => {})).resolves.toEqual([]);
    expect(requests).toHaveLength(0);
  });
});

describe("bucket.batch", () => {
  it("applies to the bucket and its collections", async () => {
    const { bucket } = await createCollection();

    await bucket.batch((batch) => {
      void batch.setData({ color: "green" });
      void batch.createCollection("photos");
      void batch.collection("photos").createRecord({ title: "one" });
      void batch.listCollections();
      void batch.deleteCollection("articles");
    });

    await expect(bucket.getData()).resolves.toMatchObject({ color: "green" });
    await expect(bucket.listCollections()).resolves.toMatchObject({ data: [{ id: "photos" }] });
    await expect(bucket.collection("photos").getTotalRecords()).resolves.toBe(1);
  });
});

describe("collection.batch", () => {
  it("creates, updates, patches, reads and deletes records", async () => {
    const { collection } = await createCollection();

    const responses = await collection.batch((batch) => {
      void batch.createRecord({ id: "first", title: "one" });
      void batch.createRecord({ id: "second", title: "two" });
      void batch.updateRecord({ id: "first", title: "changed" });
      void batch.updateRecord({ id: "first", size: 3 }, { patch: true });
      void batch.getRecord("first");
      void batch.deleteRecord("second");
    });

    expect(responses).toMatchObject([201, 201, 200, 200, 200, 200].map((status) => ({ status })));
    expect(Object.values(responses)[4]).toMatchObject({ body: { data: { title: "changed", size: 3 } } });
    expect(getTitles(await collection.listRecords())).toEqual(["changed"]);
  });

  it("splits what exceeds the server's limit into several requests", async () => {
    const { requests, fetchFunc } = createRecordingFetch();
    const { collection } = await createCollection(createClient({ fetchFunc }));

    const responses = await collection.batch((batch) => {
      for (let size = 0; size < 2 * MAX_REQUESTS + 1; size++) void batch.createRecord({ size });
    });

    expect(responses).toHaveLength(2 * MAX_REQUESTS + 1);
    expect(requests.filter(({ url }) => url.endsWith("/batch"))).toHaveLength(3);
    await expect(collection.getTotalRecords()).resolves.toBe(2 * MAX_REQUESTS + 1);
  });

  it("applies every operation which succeeds when others fail", async () => {
    const { collection } = await createCollection();

    const responses = await collection.batch((batch) => {
      void batch.createRecord({ title: "one" });
      void batch.getRecord("missing");
      void batch.createRecord({ id: "not allowed!" });
      void batch.createRecord({ title: "two" });
    });

    expect(responses).toMatchObject([201, 404, 400, 201].map((status) => ({ status })));
    expect(getTitles(await collection.listRecords({ sort: "title" }))).toEqual(["one", "two"]);
  });

  it("creates only what does not exist with `safe`", async () => {
    const { collection } = await createCollection();
    await collection.createRecord({ id: "first", title: "one" });

    const responses = await collection.batch(
      (batch) => {
        void batch.createRecord({ id: "first", title: "two" });
        void batch.createRecord({ id: "second", title: "two" });
      },
      { safe: true },
    );

    expect(responses).toMatchObject([{ status: 412 }, { status: 201 }]);
    await expect(collection.getRecord("first")).resolves.toMatchObject({ data: { title: "one" } });
  });
});

describe("batch with `aggregate`", () => {
  it("sorts the answers into published, skipped, conflicts and errors", async () => {
    const { collection, bucket } = await createCollection();
    const { data: existing } = await collection.createRecord({ id: "first", title: "one" });

    const result = await collection.batch(
      (batch) => {
        void batch.createRecord({ id: "second", title: "two" });
        void batch.deleteRecord("missing", { safe: false });
        void batch.createRecord({ id: "first", title: "mine" });
        void batch.createRecord({ id: "not allowed!" });
      },
      { aggregate: true, safe: true },
    );

    const records = `/buckets/${bucket.name}/collections/articles/records`;
    expect(result).toMatchObject({
      published: [{ data: { id: "second", title: "two" } }],
      skipped: [{ id: "missing", path: `${records}/missing`, error: { errno: 110 } }],
      conflicts: [{ type: "outgoing", local: { data: { id: "first", title: "mine" } }, remote: existing }],
      errors: [{ path: `${records}/not allowed!`, error: { errno: 107 } }],
    });
  });

  it("combines the answers of several requests", async () => {
    const { collection } = await createCollection();

    const result = await collection.batch(
      (batch) => {
        for (let size = 0; size < MAX_REQUESTS + 5; size++) void batch.createRecord({ size });
      },
      { aggregate: true },
    );

    expect(result).toMatchObject({ errors: [], conflicts: [], skipped: [] });
    expect(result).toHaveProperty("published.length", MAX_REQUESTS + 5);
  });
});
