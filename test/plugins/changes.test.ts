import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { definePlugin, refuse } from "@kintoun/kit";
import { startTestStore, type TestStore } from "@kintoun/testing";
import { changes } from "../../plugins/changes/index.ts";

const HOST = "store.example.org";
const CHANGES = "/buckets/monitor/collections/changes";

const hideDrafts = definePlugin({
  name: "hide-drafts",
  about: "Hides drafts.",
  hooks: {
    read: {
      hide: {
        on: ["record.read"],
        run: ({ data }) => {
          if (data.draft === true) throw refuse(403);
        },
      },
    },
  },
});

let store: TestStore;
beforeAll(async () => {
  store = await startTestStore({
    plugins: [
      hideDrafts(),
      changes({ resources: ["/buckets/a", "/buckets/b/collections/only"], host: HOST, cacheSeconds: 60 }),
    ],
    settings: { paginateBy: 3 },
  });
  for (const uri of ["a", "a/collections/x", "a/collections/y", "b", "b/collections/only", "b/collections/no"])
    await store.put(`/buckets/${uri}`);
  await store.put("/buckets/a/collections/x/records/1", { data: { n: 1 } });
  await store.put("/buckets/a/collections/x/records/2", { data: { n: 2 } });
  await store.delete("/buckets/a/collections/x/records/2");
});
afterAll(() => store.close());

const timestampOf = async (collection: string) =>
  Number(/\d+/.exec((await store.get(`/buckets/${collection}/records`)).headers.get("etag") ?? "")?.[0]);
const get = (query = "", headers: Record<string, string> = {}) =>
  store.get(`${CHANGES}/records${query}`, { as: null, headers });
const collectionsOf = ({ body }: { body: { data: { collection: string }[] } }) =>
  body.data.map(({ collection }) => collection);

describe("changes", () => {
  it("lists the timestamps of the collections of all resources, to everyone, newest first", async () => {
    const { collections } = (await store.get("/")).body.capabilities.changes;
    expect(collections).toEqual(["/buckets/a", "/buckets/b/collections/only"]);
    const last_modified = await timestampOf("a/collections/x");
    const { body, headers } = await get();
    const md5 = createHash("md5").update(`${HOST}/buckets/a/collections/x`).digest("hex");

    expect(body.data[0]).toEqual({ id: expect.any(String), last_modified, bucket: "a", collection: "x", host: HOST });
    expect(body.data[0].id.replaceAll("-", "")).toBe(md5);
    expect(collectionsOf({ body }).toSorted()).toEqual(["only", "x", "y"]);
    expect(headers.get("etag")).toBe(`"${last_modified}"`);
    expect(headers.get("cache-control")).toBe("max-age=60");
    expect((await store.request(`${CHANGES}/records`, { method: "HEAD", as: null })).headers.get("etag")).toBe(
      `"${last_modified}"`,
    );
  });

  it("filters, sorts, pages and projects entries as lists do", async () => {
    expect(collectionsOf(await get("?bucket=a&_sort=collection"))).toEqual(["x", "y"]);
    expect((await get("?collection=y&_fields=bucket")).body.data).toEqual([
      { bucket: "a", id: expect.any(String), last_modified: expect.any(Number) },
    ]);
    expect(collectionsOf(await get(`?_since=${(await timestampOf("a/collections/x")) - 1}`))).toEqual(["x"]);
    const page = await get("?_limit=2&_sort=-collection");
    const next = await store.get(page.headers.get("next-page") ?? "", { as: null });
    expect([collectionsOf(page), collectionsOf(next)]).toEqual([["y", "x"], ["only"]]);
    expect(next.headers.get("next-page")).toBeNull();
    expect((await get("?_token=x")).status).toBe(400);
    expect((await get("?_since=soon")).status).toBe(400);
  });

  it("answers with 304 and 412 by the newest timestamp", async () => {
    const etag = (await get()).headers.get("etag") ?? "";

    expect((await get("", { "if-none-match": etag })).status).toBe(304);
    expect((await get("", { "if-match": '"1"' })).status).toBe(412);
    expect((await get("", { "if-match": etag })).status).toBe(200);
    expect((await get("", { "if-none-match": "soon" })).status).toBe(400);
    await store.put("/buckets/a/collections/y/records/1");
    expect((await get("", { "if-none-match": etag })).status).toBe(200);
  });

  it("redirects an old _since to the whole list", async () => {
    const response = await fetch(`${store.url}${CHANGES}/records?_since="1000"&bucket=a`, { redirect: "manual" });

    expect(response.status).toBe(307);
    expect(response.headers.get("location")).toBe("/v1/buckets/monitor/collections/changes/records?bucket=a");
    expect(response.headers.get("cache-control")).toBe("max-age=86400");
    expect(collectionsOf(await get('?_since="1000"&bucket=a')).toSorted()).toEqual(["x", "y"]);
  });

  it("returns the list as a changeset too", async () => {
    const { body, status } = await store.get(`${CHANGES}/changeset?_expected=1&bucket=b`, { as: null });

    expect(status).toBe(200);
    expect(body).toEqual({
      metadata: {},
      timestamp: expect.any(Number),
      changes: [expect.objectContaining({ bucket: "b" })],
    });
    expect((await store.get(`${CHANGES}/changeset`, { as: null })).body.details[0]).toMatchObject({
      name: "_expected",
    });
  });

  it("returns a collection and its records as of one timestamp, as the user sees them", async () => {
    const uri = "/buckets/b/collections/no";
    for (let n = 0; n < 7; n++)
      await store.put(`${uri}/records/${n}`, { data: { n, ...(n === 5 && { draft: true }) } });
    await store.delete(`${uri}/records/0`);
    const changeset = (query: string, as: string | null = "alice") => store.get(`${uri}/changeset?${query}`, { as });

    const { body } = await changeset("_expected=x");
    expect(body.metadata).toEqual((await store.get(uri)).body.data);
    expect(body.timestamp).toBe(await timestampOf("b/collections/no"));
    expect(body.changes.map(({ id }: { id: string }) => id)).toEqual(["6", "4", "3", "2", "1"]);
    const since = body.changes[1].last_modified;
    expect((await changeset(`_expected=x&_since="${since}"`)).body.changes).toMatchObject([
      { id: "0", deleted: true },
      { id: "6" },
    ]);
    expect((await changeset('_expected=x&_since="1"&_limit=1')).body.changes).toHaveLength(1);
    expect((await changeset("_expected=x&_since=1")).body.details[0].description).toContain("between double quotes");
    expect((await changeset("_expected=x", "bob")).status).toBe(403);
    expect((await changeset("_expected=x", null)).status).toBe(401);
    expect((await store.get("/buckets/b/collections/none/changeset?_expected=x")).status).toBe(404);
  });
});
