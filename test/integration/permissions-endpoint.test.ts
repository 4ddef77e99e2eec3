import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { startStore, type TestStore } from "../start-store.ts";

interface Entry {
  readonly uri: string;
  readonly resource_name: string;
  readonly permissions: readonly string[];
}

const ROOT = { uri: "/", resource_name: "root", permissions: ["bucket:create"] };
const WRITE = {
  bucket: ["collection:create", "group:create", "read", "read:attributes", "write"],
  collection: ["read", "read:attributes", "record:create", "write"],
};

let store: TestStore;
beforeAll(async () => {
  store = await startStore();
  const bob = await store.userId("bob");
  await store.put("/buckets/p");
  await store.put("/buckets/p/groups/g", { data: { members: [bob] } });
  await store.put("/buckets/p/collections/c", { permissions: { "record:create": ["/buckets/p/groups/g"] } });
  await store.put("/buckets/p/collections/c/records/r", { permissions: { read: ["system.Everyone"] } });
  await store.put("/buckets/p/collections/d", { permissions: { write: [bob], read: ["system.Authenticated"] } });
  await store.put("/buckets/p/collections/hidden");
});
afterAll(() => store.close());

const list = async (query = "", as: string | null = "bob", from: TestStore = store): Promise<Entry[]> =>
  (await from.get(`/permissions${query}`, { as })).body.data;
const uris = async (query = "", as: string | null = "bob", from: TestStore = store) =>
  (await list(query, as, from)).map(({ uri }) => uri);
const permissionsAt = async (uri: string, as: string | null = "bob", from: TestStore = store) =>
  (await list("", as, from)).find((entry) => entry.uri === uri)?.permissions.toSorted();

const BOBS = ["/buckets/p/collections/d", "/buckets/p/collections/c/records/r", "/buckets/p/collections/c", "/"];

describe("permissions endpoint", () => {
  it("lists a user's permissions by objects, the implied ones, and the root", async () => {
    expect(await uris()).toEqual(BOBS);
    expect((await list()).at(-1)).toEqual(ROOT);
    expect((await list())[1]).toEqual({
      uri: "/buckets/p/collections/c/records/r",
      resource_name: "record",
      id: "r",
      bucket_id: "p",
      collection_id: "c",
      record_id: "r",
      permissions: ["read"],
    });
    expect((await list())[2]).toMatchObject({
      resource_name: "collection",
      id: "c",
      bucket_id: "p",
      collection_id: "c",
    });
    expect(await permissionsAt("/buckets/p/collections/d")).toEqual(WRITE.collection);
    expect(await permissionsAt("/buckets/p/collections/c")).toEqual(["read:attributes", "record:create"]);
    expect(await permissionsAt("/buckets/p", "alice")).toEqual(WRITE.bucket);
    expect(await permissionsAt("/buckets/p/groups/g", "alice")).toEqual(["read", "write"]);
    expect(await uris("", "carol")).toEqual(["/buckets/p/collections/d", "/buckets/p/collections/c/records/r", "/"]);
    expect(await permissionsAt("/buckets/p/collections/d", "carol")).toEqual(["read", "read:attributes"]);
  });

  it("lists to anonymous users what is shared with everyone", async () => {
    expect(await list("", null)).toMatchObject([{ uri: "/buckets/p/collections/c/records/r", permissions: ["read"] }]);
  });

  it("filters, sorts and selects fields", async () => {
    expect(await uris("?resource_name=collection")).toEqual(["/buckets/p/collections/d", "/buckets/p/collections/c"]);
    expect(await uris("?bucket_id=p&collection_id=c")).toEqual(BOBS.slice(1, 3));
    expect(await uris("?in_resource_name=root,record")).toEqual(BOBS.slice(1).filter((_, i) => i !== 1));
    expect(await uris("?_sort=uri")).toEqual(BOBS.toReversed());
    expect(await uris("?_sort=resource_name,id")).toEqual([
      "/buckets/p/collections/c",
      "/buckets/p/collections/d",
      "/buckets/p/collections/c/records/r",
      "/",
    ]);
    expect(await uris("?_sort=resource_name,-id")).toEqual([
      "/buckets/p/collections/d",
      "/buckets/p/collections/c",
      "/buckets/p/collections/c/records/r",
      "/",
    ]);
    expect((await list("?_fields=uri")).map((entry) => Object.keys(entry).toSorted().join())).toEqual([
      "id,uri",
      "id,uri",
      "id,uri",
      "uri",
    ]);
    expect(await uris("?id=none")).toEqual([]);
  });

  it("counts entries and links to the next page", async () => {
    const head = await store.request("/permissions", { method: "HEAD", as: "bob" });
    expect([head.status, head.headers.get("total-objects"), head.headers.get("total-records")]).toEqual([
      200,
      "4",
      "4",
    ]);
    expect(
      (await store.request("/permissions?resource_name=record", { method: "HEAD", as: "bob" })).headers.get(
        "total-objects",
      ),
    ).toBe("1");
    for (const [query, expected] of [
      ["_limit=1", BOBS],
      ["_limit=3", BOBS],
      ["_limit=1&_sort=uri", BOBS.toReversed()],
      ["_limit=1&resource_name=collection", ["/buckets/p/collections/d", "/buckets/p/collections/c"]],
    ] as const) {
      const seen: string[] = [];
      for (let next: string | null = `/permissions?${query}`; next !== null; ) {
        const { status, body, headers } = await store.get(next, { as: "bob" });
        expect(status).toBe(200);
        seen.push(...body.data.map(({ uri }: Entry) => uri));
        next = headers.get("next-page");
      }
      expect(seen).toEqual(expected);
    }
  });

  it("is not cached, is read-only and validates its query", async () => {
    expect((await store.get("/permissions")).headers.get("cache-control")).toBe("no-cache, no-store");
    expect(await store.post("/permissions", {})).toMatchObject({ status: 405 });
    expect(await store.get("/permissions?foo=1")).toMatchObject({
      status: 400,
      body: { message: "Unknown filter field 'foo'" },
    });
    expect(await store.get("/permissions?permissions=read")).toMatchObject({ status: 400 });
    expect(await store.get("/permissions?_sort=foo")).toMatchObject({
      status: 400,
      body: { message: "querystring: Unknown sort field 'foo'" },
    });
    expect(await store.get("/permissions?_fields=foo")).toMatchObject({ status: 400 });
    expect(await store.get("/permissions?_token=x")).toMatchObject({ status: 400 });
    expect((await store.get("/")).body.capabilities).toHaveProperty("permissions_endpoint");
  });

  it("omits permissions of groups that the user left and of deleted objects", async () => {
    const dave = await store.userId("dave");
    await store.put("/buckets/q");
    await store.put("/buckets/q/groups/g", { data: { members: [dave] } });
    await store.put("/buckets/q/collections/c", { permissions: { read: ["/buckets/q/groups/g"] } });
    await store.put("/buckets/q/collections/e", { permissions: { read: [dave] } });
    expect(await uris("?bucket_id=q", "dave")).toEqual(["/buckets/q/collections/e", "/buckets/q/collections/c"]);
    await store.patch("/buckets/q/groups/g", { data: { members: [] } });
    expect(await uris("?bucket_id=q", "dave")).toEqual(["/buckets/q/collections/e"]);
    await store.delete("/buckets/q/collections/e");
    expect(await uris("?bucket_id=q", "dave")).toEqual([]);
    await store.put("/buckets/q/collections/f", { permissions: { read: [dave] } });
    await store.delete("/buckets/q");
    expect(await uris("?bucket_id=q", "dave")).toEqual([]);
    await store.put("/buckets/q");
    await store.drain();
    expect(await uris("?bucket_id=q", "dave")).toEqual([]);
  });
});

describe("permissions by settings", () => {
  let permissive: TestStore;
  beforeAll(async () => {
    permissive = await startStore({
      settings: {
        bucketCreatePrincipals: ["system.Everyone"],
        bucketReadPrincipals: ["system.Authenticated"],
        collectionCreatePrincipals: ["system.Everyone"],
        groupWritePrincipals: ["/buckets/p/groups/admins"],
      },
    });
    await permissive.put("/buckets/p");
    await permissive.put("/buckets/p/groups/admins", { data: { members: [await permissive.userId("bob")] } });
    await permissive.put("/buckets/p/collections/c");
  });
  afterAll(() => permissive.close());

  it("are listed for each object", async () => {
    expect(await list("", null, permissive)).toEqual([
      {
        uri: "/buckets/p",
        resource_name: "bucket",
        id: "p",
        bucket_id: "p",
        permissions: expect.arrayContaining(["collection:create", "read:attributes"]),
      },
      ROOT,
    ]);
    expect(await permissionsAt("/buckets/p", "carol", permissive)).toEqual([
      "collection:create",
      "read",
      "read:attributes",
    ]);
    expect(await permissionsAt("/buckets/p/groups/admins", "carol", permissive)).toBeUndefined();
    expect(await permissionsAt("/buckets/p/groups/admins", "bob", permissive)).toEqual(["read", "write"]);
  });
});

it("permissions endpoint › is limited to the principals in the settings", async () => {
  await using closed = await startStore({ settings: { permissionsReadPrincipals: ["system.Authenticated"] } });
  expect((await closed.get("/permissions", { as: null })).status).toBe(401);
  expect(await list("", "bob", closed)).toEqual([ROOT]);
});

it("permissions endpoint › returns 404 when it is disabled", async () => {
  await using without = await startStore({
    settings: { experimentalPermissionsEndpoint: false, bucketCreatePrincipals: [] },
  });
  expect((await without.get("/permissions")).status).toBe(404);
  expect((await without.get("/")).body.capabilities).not.toHaveProperty("permissions_endpoint");
});
