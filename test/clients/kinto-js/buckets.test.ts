import { describe, expect, it } from "@jest/globals";
import { createClient, createCollection, createId, matchError } from "./client.ts";

/** A user who need not exist. What all users may read would be listed in other tests. */
const READER = "basicauth:reader";

describe("createBucket", () => {
  it("creates a bucket with the id, data and permissions that are passed", async () => {
    const client = createClient();
    const id = createId("bucket");

    const { data, permissions } = await client.createBucket(id, {
      data: { color: "green" },
      permissions: { read: [READER] },
    });

    expect(data).toEqual({ id, color: "green", last_modified: expect.any(Number) });
    expect(permissions).toEqual({ read: [READER], write: [(await client.fetchUser())?.id] });
  });

  it("lets the server choose the id", async () => {
    const client = createClient();

    const { data } = await client.createBucket(null);

    expect(data.id).toEqual(expect.any(String));
    await expect(client.bucket(data.id).getData()).resolves.toEqual(data);
  });

  it("replaces the data of a bucket which exists", async () => {
    const client = createClient();
    const { data: before } = await client.createBucket(createId("bucket"), { data: { color: "green" } });

    const { data: after } = await client.createBucket(before.id, { data: { size: 3 } });

    expect(after).toEqual({ id: before.id, size: 3, last_modified: expect.any(Number) });
    expect(after.last_modified).toBeGreaterThan(before.last_modified);
  });
});

describe("bucket data", () => {
  it("is returned by getData", async () => {
    const { bucket } = await createCollection();
    await bucket.setData({ color: "green", size: 3 });

    await expect(bucket.getData()).resolves.toMatchObject({ id: bucket.name, color: "green", size: 3 });
    await expect(bucket.getData({ fields: ["size"] })).resolves.toEqual({
      id: bucket.name,
      size: 3,
      last_modified: expect.any(Number),
    });
    await expect(bucket.getData({ query: { _fields: "color" } })).resolves.not.toHaveProperty("size");
  });

  it("is replaced by setData", async () => {
    const { bucket } = await createCollection();
    await bucket.setData({ color: "green" });

    const { data } = await bucket.setData({ size: 3 });

    expect(data).toEqual({ id: bucket.name, size: 3, last_modified: expect.any(Number) });
  });

  it("is merged by setData with `patch`", async () => {
    const { bucket } = await createCollection();
    await bucket.setData({ color: "green" });

    const { data } = await bucket.setData({ size: 3 }, { patch: true });

    expect(data).toMatchObject({ color: "green", size: 3 });
  });

  it("is set together with permissions", async () => {
    const { bucket } = await createCollection();

    const { permissions } = await bucket.setData({ size: 3 }, { permissions: { read: [READER] } });

    expect(permissions).toMatchObject({ read: [READER] });
  });

  it("is kept for the default bucket of the user", async () => {
    const client = createClient();
    const { data } = await client.bucket("default").setData({ color: "green" });

    expect(data.id).toBe((await client.fetchUser())?.bucket);
    await expect(client.bucket(data.id).getData()).resolves.toMatchObject({ color: "green" });
  });
});

describe("deleteBucket", () => {
  it("deletes the bucket and all that it contains", async () => {
    const { client, bucket } = await createCollection();

    const { data } = await client.deleteBucket(bucket.name);

    expect(data).toEqual({ id: bucket.name, deleted: true, last_modified: expect.any(Number) });
    await expect(bucket.getData()).rejects.toMatchObject(matchError(403, 121));
    await client.createBucket(bucket.name);
    await expect(bucket.listCollections()).resolves.toMatchObject({ data: [] });
  });

  it("accepts the data of the bucket instead of the id", async () => {
    const client = createClient();
    const { data } = await client.createBucket(createId("bucket"));

    await expect(client.deleteBucket(data)).resolves.toMatchObject({ data: { id: data.id, deleted: true } });
  });
});

describe("deleteBuckets", () => {
  it("deletes all buckets which the user may write, and no others", async () => {
    const { client } = await createCollection();
    const other = await createCollection();
    await client.createBucket(createId("bucket"));

    const { data } = await client.deleteBuckets({ pages: Number.POSITIVE_INFINITY });

    expect(data).toEqual([expect.objectContaining({ deleted: true }), expect.objectContaining({ deleted: true })]);
    await expect(client.listBuckets()).resolves.toMatchObject({ data: [] });
    await expect(other.bucket.getData()).resolves.toMatchObject({ id: other.bucket.name });
  });

  it("deletes only the buckets that a filter matches", async () => {
    const client = createClient();
    await client.createBucket(createId("bucket"), { data: { size: 1 } });
    const { data: kept } = await client.createBucket(createId("bucket"), { data: { size: 2 } });

    await client.deleteBuckets({ filters: { max_size: 1 } });

    await expect(client.listBuckets()).resolves.toMatchObject({ data: [kept] });
  });
});
