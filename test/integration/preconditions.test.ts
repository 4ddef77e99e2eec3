import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { defaultBucket } from "../../plugins/default-bucket/index.ts";
import type { TestResponse } from "../../testing/client.ts";
import { startStore, type TestStore } from "../start-store.ts";

const CREATE_ONLY = { "if-none-match": "*" };

let store: TestStore;
let counter = 0;
beforeAll(async () => {
  store = await startStore({ plugins: [basicauth(), defaultBucket()] });
});
afterAll(() => store.close());

const etag = ({ headers }: TestResponse) => headers.get("etag") ?? "";

/** A bucket in which bob can create objects of each kind. Like any permission, these let bob read the bucket itself. */
const openForCreation = async () => {
  const bucket = `/buckets/drop${counter++}`;
  const bob = await store.userId("bob");
  await store.put(bucket, { permissions: { "collection:create": [bob], "group:create": [bob] } });
  await store.put(`${bucket}/collections/c`, { permissions: { "record:create": [bob] } });
  return bucket;
};

describe("a 412 response", () => {
  const places: readonly (readonly [string, (bucket: string) => string])[] = [
    ["bucket", (bucket) => `${bucket}-secret`],
    ["group", (bucket) => `${bucket}/groups/secret`],
    ["collection", (bucket) => `${bucket}/collections/secret`],
    ["record", (bucket) => `${bucket}/collections/c/records/secret`],
  ];

  it.each(places)("does not show a %s to users who may only create one", async (_, place) => {
    const path = place(await openForCreation());
    await store.put(path, { data: { card: "4111" } });
    const request = { method: "PUT", as: "bob", body: { data: {} }, headers: CREATE_ONLY };
    const refused = await store.request(path, request);
    expect([refused.status, refused.body.errno, refused.body.details]).toEqual([412, 114, undefined]);
    expect([refused.headers.get("etag"), refused.headers.get("last-modified")]).toEqual([null, null]);
    expect(JSON.stringify(refused.body)).not.toContain("4111");
    expect((await store.get(path)).body.data.card).toBe("4111");

    const shown = await store.request(path, { ...request, as: "alice" });
    expect([shown.status, shown.body.details.existing.card]).toEqual([412, "4111"]);
    expect(etag(shown)).toBe(`"${shown.body.details.existing.last_modified}"`);
  });

  it("does not show an object within a batch", async () => {
    const path = `${await openForCreation()}/collections/c/records/secret`;
    await store.put(path, { data: { card: "4111" } });
    const requests = [{ method: "PUT", path, headers: { "If-None-Match": "*" }, body: { data: {} } }];
    const { body } = await store.post("/batch", { requests }, { as: "bob" });
    expect(body.responses[0].status).toBe(412);
    expect(Object.keys(body.responses[0].headers)).not.toContain("ETag");
    expect(JSON.stringify(body)).not.toMatch(/4111|existing/);
  });

  it("does not show an object of another user's default bucket", async () => {
    const path = "/buckets/default/collections/c/records/secret";
    await store.put(path, { data: { card: "4111" } });
    const { id } = (await store.get("/buckets/default")).body.data;
    const bob = await store.userId("bob");
    await store.patch(`/buckets/${id}/collections/c`, { permissions: { "record:create": [bob] } });
    const options = { as: "bob", headers: CREATE_ONLY };
    const refused = await store.put(path.replace("default", id), { data: {} }, options);
    expect([refused.status, refused.body.details]).toEqual([412, undefined]);
    expect((await store.put(`/buckets/${id}`, {}, options)).body.details).toBeUndefined();
  });

  it("shows an object that is shared with the user", async () => {
    const path = `${await openForCreation()}/collections/c/records/shared`;
    await store.put(path, { data: { n: 1 }, permissions: { read: ["system.Authenticated"] } });
    const refused = await store.put(path, { data: {} }, { as: "bob", headers: CREATE_ONLY });
    expect([refused.status, refused.body.details.existing.n]).toEqual([412, 1]);
  });
});

describe("an entity tag", () => {
  let path: string;
  let list: string;
  let tag: string;
  beforeAll(async () => {
    list = `${await openForCreation()}/collections/c/records`;
    path = `${list}/r`;
    tag = etag(await store.put(path, { data: { n: 1 } }));
  });
  const status = async (target: string, headers: Readonly<Record<string, string>>, method = "GET") =>
    (await store.request(target, { method, headers, ...(method !== "GET" && { body: { data: { n: 1 } } }) })).status;

  it.each([
    ["weak", () => `W/${tag}`],
    ["one of several", () => `"1", W/"2" ,,${tag}`],
    ["weak, and one of several", () => `W/"1",W/${tag}`],
  ])("in If-None-Match matches when it is %s", async (_, header) => {
    for (const target of [path, list]) expect(await status(target, { "if-none-match": header() })).toBe(304);
  });

  it("in If-None-Match does not match another state", async () => {
    for (const target of [path, list])
      for (const header of ['W/"1"', '"1", "2"']) expect(await status(target, { "if-none-match": header })).toBe(200);
  });

  it("in If-Match matches when it is one of several", async () => {
    for (const target of [path, list]) expect(await status(target, { "if-match": `"1",${tag}` })).toBe(200);
    expect(await status(path, { "if-match": '"1","2"' })).toBe(412);
  });

  it("in If-Match never matches when it is weak", async () => {
    for (const target of [path, list]) expect(await status(target, { "if-match": `W/${tag}` })).toBe(412);
    for (const method of ["PUT", "PATCH"]) expect(await status(path, { "if-match": `W/${tag}` }, method)).toBe(412);
    expect((await store.delete(path, { headers: { "if-match": `W/${tag}` } })).status).toBe(412);
    expect((await store.delete(list, { headers: { "if-match": `W/${tag}` } })).status).toBe(412);
    expect(await status(list, { "if-match": `W/${tag}` }, "POST")).toBe(412);
  });

  it.each(["", ",", "abc", "123", '"abc"', 'w/"1"', 'W/1"', '*, "1"', '"1" "2"', '"1", abc', '"1-gzip"'])(
    "that is not a timestamp returns 400: %j",
    async (header) => {
      for (const name of ["If-Match", "If-None-Match"])
        expect(await store.get(path, { headers: { [name.toLowerCase()]: header } })).toMatchObject({
          status: 400,
          body: { errno: 107, details: [{ location: "header", name }] },
        });
    },
  );
});
