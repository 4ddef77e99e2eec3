import { describe, expect, it } from "@jest/globals";
import { createClient, createCollection, createRecords, matchError } from "./client.ts";

describe("createCollection", () => {
  it("creates a collection with the id, data and permissions that are passed", async () => {
    const { bucket, client } = await createCollection();

    const { data, permissions } = await bucket.createCollection("photos", {
      data: { color: "green" },
      permissions: { "record:create": ["system.Authenticated"] },
    });

    expect(data).toEqual({ id: "photos", color: "green", last_modified: expect.any(Number) });
    expect(permissions).toEqual({
      "record:create": ["system.Authenticated"],
      write: [(await client.fetchUser())?.id],
    });
  });

  it("lets the server choose the id", async () => {
    const { bucket } = await createCollection();

    const { data } = await bucket.createCollection();

    await expect(bucket.collection(data.id).getData()).resolves.toEqual(data);
  });
});

describe("collection data", () => {
  it("is returned by getData", async () => {
    const { collection } = await createCollection();
    const { data } = await collection.setData({ color: "green", size: 3 });

    await expect(collection.getData()).resolves.toEqual(data);
    await expect(collection.getData({ fields: ["size"] })).resolves.not.toHaveProperty("color");
    await expect(collection.getData({ query: { _fields: "color" } })).resolves.not.toHaveProperty("size");
  });

  it("is replaced by setData", async () => {
    const { collection } = await createCollection();
    await collection.setData({ color: "green" });

    const { data } = await collection.setData({ size: 3 });

    expect(data).toEqual({ id: "articles", size: 3, last_modified: expect.any(Number) });
  });

  it("is merged by setData with `patch`", async () => {
    const { collection } = await createCollection();
    await collection.setData({ color: "green" });

    await expect(collection.setData({ size: 3 }, { patch: true })).resolves.toMatchObject({
      data: { color: "green", size: 3 },
    });
  });

  it("is set together with permissions", async () => {
    const { collection } = await createCollection();

    await expect(
      collection.setData({ size: 3 }, { permissions: { read: ["system.Everyone"] } }),
    ).resolves.toMatchObject({ permissions: { read: ["system.Everyone"] } });
  });

  it("creates the collection if it does not exist", async () => {
    const { bucket } = await createCollection();

    await bucket.collection("photos").setData({ color: "green" });

    await expect(bucket.collection("photos").getData()).resolves.toMatchObject({ color: "green" });
  });
});

describe("a collection of the default bucket", () => {
  it("exists as soon as a record is created in it", async () => {
    const bucket = createClient().bucket("default");
    const notes = bucket.collection("notes");

    const { data } = await notes.createRecord({ title: "one" });
    await notes.updateRecord({ id: data.id, size: 3 }, { patch: true });

    await expect(notes.getRecord(data.id)).resolves.toMatchObject({ data: { title: "one", size: 3 } });
    await expect(notes.setData({ color: "green" })).resolves.toMatchObject({ data: { id: "notes" } });
    await notes.deleteRecord(data.id);
    await expect(notes.getTotalRecords()).resolves.toBe(0);
  });

  it("is the user's own", async () => {
    await createClient().bucket("default").collection("notes").createRecord({ title: "one" });

    await expect(createClient().bucket("default").collection("notes").getTotalRecords()).resolves.toBe(0);
  });

  it("exists as soon as its records are listed", async () => {
    const { client } = await createCollection();
    const bucket = client.bucket("default");

    await expect(bucket.collection("notes").listRecords()).resolves.toMatchObject({ data: [] });
    await expect(bucket.listCollections()).resolves.toMatchObject({ data: [{ id: "notes" }] });
  });
});

describe("getCollectionsTimestamp", () => {
  it("rises with every change of the list", async () => {
    const { bucket } = await createCollection();
    const timestamps = [await bucket.getCollectionsTimestamp()];

    await bucket.createCollection("photos");
    timestamps.push(await bucket.getCollectionsTimestamp());
    await bucket.deleteCollection("photos");
    timestamps.push(await bucket.getCollectionsTimestamp());

    expect(timestamps).toEqual([...new Set(timestamps)].sort());
    expect(timestamps[2]).toBe(`"${(await bucket.listCollections()).last_modified}"`);
  });
});

describe("deleteCollection", () => {
  it("deletes the collection and its records", async () => {
    const { bucket, collection } = await createCollection();
    await createRecords(collection, ["one"]);

    const { data } = await bucket.deleteCollection("articles");

    expect(data).toEqual({ id: "articles", deleted: true, last_modified: expect.any(Number) });
    await expect(collection.getData()).rejects.toMatchObject(matchError(404, 110));
    await bucket.createCollection("articles");
    await expect(collection.listRecords()).resolves.toMatchObject({ data: [] });
  });

  it("accepts the data of the collection instead of the id", async () => {
    const { bucket } = await createCollection();
    const { data } = await bucket.createCollection("photos");

    await expect(bucket.deleteCollection(data)).resolves.toMatchObject({ data: { id: "photos", deleted: true } });
  });
});

describe("deleteCollections", () => {
  it("deletes all collections of the bucket", async () => {
    const { bucket } = await createCollection();
    await bucket.createCollection("photos");

    const { data } = await bucket.deleteCollections();

    expect(data.map(({ id }) => id).sort()).toEqual(["articles", "photos"]);
    await expect(bucket.listCollections()).resolves.toMatchObject({ data: [] });
  });

  it("deletes only the collections that a filter matches", async () => {
    const { bucket } = await createCollection();
    await bucket.createCollection("photos");

    await bucket.deleteCollections({ filters: { id: "photos" } });

    await expect(bucket.listCollections()).resolves.toMatchObject({ data: [{ id: "articles" }] });
  });
});

describe("a collection with a schema", () => {
  const schema = { type: "object", properties: { title: { type: "string" } }, required: ["title"] };

  it("rejects records which do not match it", async () => {
    const { collection } = await createCollection();
    await collection.setData({ schema });

    await expect(collection.createRecord({ title: 1 })).rejects.toMatchObject({
      data: { errno: 107, details: [{ location: "body", name: "title" }] },
    });
    await expect(collection.createRecord({ title: "one" })).resolves.toMatchObject({ data: { title: "one" } });
  });

  it("marks valid records with the schema's timestamp", async () => {
    const { collection } = await createCollection();
    const { data } = await collection.setData({ schema });

    await expect(collection.createRecord({ title: "one" })).resolves.toMatchObject({
      data: { schema: data.last_modified },
    });
  });
});
