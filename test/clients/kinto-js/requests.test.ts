import { describe, expect, it } from "@jest/globals";
import {
  createClient,
  createCollection,
  createHeaders,
  createId,
  createRecordingFetch,
  createRecords,
  getTitles,
  matchError,
} from "./client.ts";

/** `execute` and the paginated operations send no headers of the client. */
const setUp = async () => {
  const headers = createHeaders(createId("user"));
  const { client, bucket, collection } = await createCollection(createClient({ headers }));
  return { client, bucket, collection, headers, list: `/buckets/${bucket.name}/collections/articles/records` };
};

describe("execute", () => {
  it("sends a request to any path of the server", async () => {
    const { client, bucket, headers } = await setUp();
    const request = { path: `/buckets/${bucket.name}`, headers };

    await expect(client.execute(request)).resolves.toMatchObject({ data: { id: bucket.name } });
    await expect(bucket.execute(request, { query: { _expected: "1" }, fields: ["id"] })).resolves.toMatchObject({
      data: { id: bucket.name },
    });
  });

  it("returns status and headers with `raw`", async () => {
    const { collection, headers, list } = await setUp();
    const { data } = await collection.createRecord({ title: "one" });

    const response = await collection.execute({ path: `${list}/${data.id}`, headers }, { raw: true });

    expect(response).toMatchObject({ status: 200, json: { data } });
    expect(response.headers.get("ETag")).toBe(`"${data.last_modified}"`);
  });

  it.each(["a list", "a record"])("returns 304 for %s which has not changed", async (kind) => {
    const { collection, headers, list } = await setUp();
    const { data } = await collection.createRecord({ title: "one" });
    const path = kind === "a list" ? list : `${list}/${data.id}`;
    const { headers: received } = await collection.execute({ path, headers }, { raw: true });
    const conditional = { path, headers: { ...headers, "If-None-Match": received.get("ETag") } };

    const unchanged = await collection.execute(conditional, { raw: true });
    await collection.updateRecord({ ...data, title: "two" });
    const changed = await collection.execute(conditional, { raw: true });

    expect([unchanged.status, unchanged.json]).toEqual([304, undefined]);
    expect(changed.status).toBe(200);
  });
});

describe("paginatedList, paginatedOperation and paginatedDelete", () => {
  it("accept the path of any list", async () => {
    const { client, collection, headers, list } = await setUp();
    await createRecords(collection, ["one", "two", "three"]);

    const sorted = await client.paginatedList<object>(list, { sort: "title" }, { headers });
    const filtered = await client.paginatedOperation<object>(list, { filters: { title: "two" } }, { headers });
    const deleted = await client.paginatedDelete(list, { filters: { title: "two" } }, { headers });

    expect(getTitles(sorted)).toEqual(["one", "three", "two"]);
    expect(getTitles(filtered)).toEqual(["two"]);
    expect(deleted.data).toEqual([expect.objectContaining({ deleted: true })]);
    await expect(collection.getTotalRecords()).resolves.toBe(2);
  });
});

describe("headers", () => {
  it("are merged from client, bucket, collection and request", async () => {
    const { requests, fetchFunc } = createRecordingFetch();
    const { client, bucket } = await createCollection(createClient({ fetchFunc }));
    client.setHeaders({ "X-Client": "1", "X-Level": "client" });
    expect(client.bucket(bucket.name, { headers: { "X-Bucket": "2" } }).headers).toMatchObject({ "X-Bucket": "2" });

    await client
      .bucket(bucket.name, { headers: { "X-Bucket": "2", "X-Level": "bucket" } })
      .collection("articles", { headers: { "X-Collection": "3", "X-Level": "collection" } })
      .listRecords({ headers: { "X-Request": "4", "X-Level": "request" } });

    expect(requests.at(-1)?.init.headers).toMatchObject({
      Authorization: expect.stringContaining("Basic"),
      "X-Client": "1",
      "X-Bucket": "2",
      "X-Collection": "3",
      "X-Request": "4",
      "X-Level": "request",
    });
  });

  it("change the user of a single request", async () => {
    const { collection } = await createCollection();

    await expect(collection.listRecords({ headers: createHeaders(createId("other")) })).rejects.toMatchObject(
      matchError(403, 121),
    );
    await expect(collection.listRecords()).resolves.toMatchObject({ data: [] });
  });

  it("change the user of all further requests by setHeaders", async () => {
    const client = createClient();
    const before = await client.fetchUser();

    client.setHeaders(createHeaders(createId("other")));

    expect((await client.fetchUser())?.id).not.toBe(before?.id);
  });
});

describe("retry", () => {
  /** The first answer is an error with Retry-After; further requests reach the server. */
  const createFailingFetch = () => {
    const { requests, fetchFunc } = createRecordingFetch();
    let failed = false;
    const failFirst: typeof fetch = (url, init) => {
      if (failed) return fetchFunc(url, init);
      failed = true;
      const body = JSON.stringify({ code: 503, errno: 201, error: "Service Unavailable" });
      return Promise.resolve(new Response(body, { status: 503, headers: { "Retry-After": "1" } }));
    };
    return { requests, fetchFunc: failFirst };
  };

  it("sends a request again after the time that Retry-After names", async () => {
    const { requests, fetchFunc } = createFailingFetch();
    const start = performance.now();

    await expect(createClient({ fetchFunc, retry: 1 }).listBuckets()).resolves.toMatchObject({ data: [] });

    expect(requests).toHaveLength(1);
    expect(performance.now() - start).toBeGreaterThan(900);
  });

  it("is off by default", async () => {
    const { requests, fetchFunc } = createFailingFetch();

    await expect(createClient({ fetchFunc }).listBuckets()).rejects.toMatchObject(matchError(503, 201));
    expect(requests).toHaveLength(0);
  });
});

describe("timeout", () => {
  it("rejects when the server does not answer in time", async () => {
    const client = createClient({ timeout: 20, fetchFunc: () => new Promise<never>(() => {}) });

    await expect(client.listBuckets()).rejects.toThrow(/^Timeout while trying to access /);
  });

  it("leaves requests alone which are answered in time", async () => {
    await expect(createClient({ timeout: 20_000 }).listBuckets()).resolves.toMatchObject({ data: [] });
  });
});
