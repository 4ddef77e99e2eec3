import { describe, expect, it } from "@jest/globals";
import { createCollection, createRecords, getTitles, matchError } from "./client.ts";

describe("createRecord", () => {
  it("creates a record with an id which the server chooses", async () => {
    const { collection, client } = await createCollection();

    const { data, permissions } = await collection.createRecord({ title: "one" });

    expect(data).toEqual({ id: expect.any(String), title: "one", last_modified: expect.any(Number) });
    expect(permissions).toEqual({ write: [(await client.fetchUser())?.id] });
  });

  it("creates a record with the id and permissions that are passed", async () => {
    const { collection } = await createCollection();

    const { data, permissions } = await collection.createRecord(
      { id: "first", title: "one" },
      { permissions: { read: ["system.Everyone"] } },
    );

    expect(data.id).toBe("first");
    expect(permissions).toMatchObject({ read: ["system.Everyone"] });
  });

  it.each([
    ["nested objects and lists", { author: { name: "Ada", tags: ["a", ["b"], null] } }],
    ["text of all scripts", { title: "naïve 日本語 🦊\u0000" }],
    ["numbers of all sizes", { big: 1e21, small: -1.5e-7, zero: 0 }],
  ])("stores %s unchanged", async (_kind, record) => {
    const { collection } = await createCollection();

    const { data } = await collection.createRecord(record);

    await expect(collection.getRecord(data.id)).resolves.toMatchObject({ data: record });
  });
});

describe("getRecord", () => {
  it("returns data and permissions", async () => {
    const { collection } = await createCollection();
    const created = await collection.createRecord({ title: "one" });

    await expect(collection.getRecord(created.data.id)).resolves.toEqual(created);
  });

  it("returns only the fields that are asked for", async () => {
    const { collection } = await createCollection();
    await collection.createRecord({ id: "first", title: "one", author: { name: "Ada", age: 36 } });

    const { data } = await collection.getRecord("first", { fields: ["author.name"] });

    expect(data).toEqual({ id: "first", author: { name: "Ada" }, last_modified: expect.any(Number) });
    await expect(collection.getRecord("first", { query: { _fields: "title" } })).resolves.not.toHaveProperty(
      "data.author",
    );
  });
});

describe("updateRecord", () => {
  it("replaces the data", async () => {
    const { collection } = await createCollection();
    const { data: before } = await collection.createRecord({ title: "one", draft: true });

    const { data: after } = await collection.updateRecord({ id: before.id, title: "two" });

    expect(after).toEqual({ id: before.id, title: "two", last_modified: expect.any(Number) });
    expect(after.last_modified).toBeGreaterThan(before.last_modified);
  });

  it("keeps the other fields with `patch`", async () => {
    const { collection } = await createCollection();
    const { data } = await collection.createRecord({ title: "one", draft: true });

    await expect(collection.updateRecord({ id: data.id, title: "two" }, { patch: true })).resolves.toMatchObject({
      data: { title: "two", draft: true },
    });
  });

  it("creates a record which does not exist", async () => {
    const { collection } = await createCollection();

    await collection.updateRecord({ id: "first", title: "one" });

    await expect(collection.getRecord("first")).resolves.toMatchObject({ data: { title: "one" } });
  });

  it("sets permissions and keeps the data if only an id is passed", async () => {
    const { collection } = await createCollection();
    const { data } = await collection.createRecord({ title: "one" });

    await expect(
      collection.updateRecord({ id: data.id }, { permissions: { read: ["system.Everyone"] }, patch: true }),
    ).resolves.toMatchObject({ data: { title: "one" }, permissions: { read: ["system.Everyone"] } });
  });

  it("keeps a last_modified which is later than the record's", async () => {
    const { collection } = await createCollection();
    const { data } = await collection.createRecord({ title: "one" });
    const last_modified = data.last_modified + 10_000;

    await expect(collection.updateRecord({ ...data, last_modified })).resolves.toMatchObject({
      data: { last_modified },
    });
  });
});

describe("deleteRecord", () => {
  it("leaves a tombstone in the list of changes", async () => {
    const { collection } = await createCollection();
    const { data: created } = await collection.createRecord({ title: "one" });

    const { data: deleted } = await collection.deleteRecord(created.id);

    expect(deleted).toEqual({ id: created.id, deleted: true, last_modified: expect.any(Number) });
    await expect(collection.getRecord(created.id)).rejects.toMatchObject(matchError(404, 110));
    await expect(collection.listRecords()).resolves.toMatchObject({ data: [] });
    await expect(collection.listRecords({ since: String(created.last_modified) })).resolves.toMatchObject({
      data: [deleted],
    });
  });

  it("accepts the data of the record instead of the id", async () => {
    const { collection } = await createCollection();
    const { data } = await collection.createRecord({ title: "one" });

    await expect(collection.deleteRecord(data)).resolves.toMatchObject({ data: { id: data.id, deleted: true } });
  });
});

describe("deleteRecords", () => {
  it("deletes all records of a page, or of all pages", async () => {
    const { collection } = await createCollection();
    await createRecords(collection, ["one", "two", "three", "four"]);

    const { data } = await collection.deleteRecords({ limit: 2, sort: "last_modified" });
    expect(data).toHaveLength(2);
    expect(getTitles(await collection.listRecords({ sort: "last_modified" }))).toEqual(["three", "four"]);

    await collection.deleteRecords({ pages: Number.POSITIVE_INFINITY });
    await expect(collection.getTotalRecords()).resolves.toBe(0);
  });

  it("deletes only the records that a filter matches", async () => {
    const { collection } = await createCollection();
    await createRecords(collection, ["one", "two"]);

    await collection.deleteRecords({ filters: { title: "one" } });

    expect(getTitles(await collection.listRecords())).toEqual(["two"]);
  });
});

describe("getTotalRecords", () => {
  it("counts the records of all pages", async () => {
    const { collection } = await createCollection();
    await expect(collection.getTotalRecords()).resolves.toBe(0);

    await createRecords(
      collection,
      Array.from({ length: 12 }, (_, i) => `record ${i}`),
    );

    await expect(collection.getTotalRecords()).resolves.toBe(12);
  });
});

describe("getRecordsTimestamp", () => {
  it("is the timestamp of the last change", async () => {
    const { collection } = await createCollection();
    const { data: created } = await collection.createRecord({ title: "one" });
    await expect(collection.getRecordsTimestamp()).resolves.toBe(`"${created.last_modified}"`);

    const { data: deleted } = await collection.deleteRecord(created.id);

    await expect(collection.getRecordsTimestamp()).resolves.toBe(`"${deleted.last_modified}"`);
  });
});
