import { beforeEach, describe, expect, it } from "@jest/globals";
import { type Collection, createRecords, getTitles } from "./client.ts";
import { type Article, createSyncedCollection, type LocalCollection, readLocalStatus } from "./offline.ts";

let remote: Collection;
let local: LocalCollection;
let addDevice: () => LocalCollection;
beforeEach(async () => {
  ({ remote, local, addDevice } = await createSyncedCollection());
});

const NOTHING = { ok: true, errors: [], conflicts: [], skipped: [], resolved: [] };
const NO_CHANGES = { ...NOTHING, created: [], updated: [], deleted: [], published: [] };

describe("sync", () => {
  it("publishes records which were created locally", async () => {
    const { data } = await local.create({ title: "one" });

    const result = await local.sync();

    expect(result).toMatchObject({ ...NO_CHANGES, published: [{ id: data.id, title: "one" }] });
    await expect(remote.getRecord(data.id)).resolves.toMatchObject({ data: { title: "one" } });
    await expect(readLocalStatus(local)).resolves.toEqual({ one: "synced" });
  });

  it("publishes records which were updated, patched or upserted locally", async () => {
    const [one, two, three] = await createRecords(remote, ["one", "two", "three"]);
    await local.sync();
    await local.update({ id: String(one?.id), title: "changed one" });
    await local.update({ id: String(two?.id), draft: true } as Article, { patch: true });
    await local.upsert({ id: String(three?.id), title: "changed three" });

    const { published } = await local.sync();

    expect(published).toHaveLength(3);
    const { data } = await remote.listRecords({ sort: "title" });
    expect(data).toMatchObject([{ title: "changed one" }, { title: "changed three" }, { title: "two", draft: true }]);
    await expect(readLocalStatus(local)).resolves.toEqual({
      "changed one": "synced",
      "changed three": "synced",
      two: "synced",
    });
  });

  it("publishes deletions", async () => {
    const [one, two, three] = await createRecords(remote, ["one", "two", "three"]);
    await local.sync();
    await local.delete(String(one?.id));
    await local.deleteAny(String(two?.id));

    const { published } = await local.sync();

    expect(published).toMatchObject([{ deleted: true }, { deleted: true }]);
    expect(getTitles(await remote.listRecords())).toEqual(["three"]);
    await expect(readLocalStatus(local)).resolves.toEqual({ three: "synced" });
    expect((await local.getAny(String(three?.id))).data).toMatchObject({ last_modified: three?.last_modified });
  });

  it("publishes the deletion of all records", async () => {
    await createRecords(remote, ["one", "two"]);
    await local.sync();
    await local.deleteAll();

    await local.sync();

    await expect(remote.getTotalRecords()).resolves.toBe(0);
    await expect(readLocalStatus(local)).resolves.toEqual({});
  });

  it("does not send records which were created and deleted locally", async () => {
    const { data } = await local.create({ title: "one" });
    await local.delete(data.id);

    await expect(local.sync()).resolves.toMatchObject(NO_CHANGES);
    await expect(remote.listRecords({ since: "1" })).resolves.toMatchObject({ data: [] });
  });

  it("publishes all operations of a local transaction", async () => {
    const [one] = await createRecords(remote, ["one"]);
    await local.sync();
    const id = String(one?.id);
    await local.execute(
      (transaction) => {
        transaction.create({ id: "11111111-1111-4111-8111-111111111111", title: "two", _status: "created" });
        transaction.update({ id, title: "changed" });
      },
      { preloadIds: [id] },
    );

    await local.sync();

    expect(getTitles(await remote.listRecords({ sort: "title" }))).toEqual(["changed", "two"]);
  });

  it("imports records which were created on the server", async () => {
    const [record] = await createRecords(remote, ["one"]);

    const result = await local.sync();

    expect(result).toMatchObject({ ...NO_CHANGES, created: [{ ...record, _status: "synced" }] });
    await expect(local.get(String(record?.id))).resolves.toMatchObject({ data: { ...record, _status: "synced" } });
  });

  it("imports records which were updated on the server", async () => {
    const [before] = await createRecords(remote, ["one"]);
    await local.sync();
    const { data: after } = await remote.updateRecord({ id: String(before?.id), title: "two" });

    const result = await local.sync();

    expect(result).toMatchObject({ ...NO_CHANGES, updated: [{ old: before, new: after }] });
    await expect(readLocalStatus(local)).resolves.toEqual({ two: "synced" });
  });

  it("imports deletions", async () => {
    const [record] = await createRecords(remote, ["one"]);
    await local.sync();
    await remote.deleteRecord(String(record?.id));

    await expect(local.sync()).resolves.toMatchObject({ ...NO_CHANGES, deleted: [record] });
    await expect(readLocalStatus(local)).resolves.toEqual({});
  });

  it("skips deletions of records which it does not have", async () => {
    await createRecords(remote, ["kept"]);
    await local.sync();
    const [record] = await createRecords(remote, ["one"]);
    const { data: tombstone } = await remote.deleteRecord(String(record?.id));

    await expect(local.sync()).resolves.toMatchObject({ ...NO_CHANGES, skipped: [tombstone] });
  });

  it("accepts a record which was deleted on both sides", async () => {
    const [record] = await createRecords(remote, ["one"]);
    await local.sync();
    await remote.deleteRecord(String(record?.id));
    await local.delete(String(record?.id));

    await expect(local.sync()).resolves.toMatchObject({ ok: true, conflicts: [], errors: [] });
    await expect(readLocalStatus(local)).resolves.toEqual({});
    await expect(local.sync()).resolves.toMatchObject(NO_CHANGES);
  });

  it("changes nothing when nothing has changed", async () => {
    await createRecords(remote, ["one"]);
    const { lastModified } = await local.sync();

    await expect(local.sync()).resolves.toMatchObject({ ...NO_CHANGES, lastModified });
  });

  it("brings two devices to the same state", async () => {
    const other = addDevice();
    const { data: one } = await local.create({ title: "one" });
    await other.create({ title: "two" });
    for (const device of [local, other, local]) await device.sync();
    await local.update({ id: one.id, title: "changed" });
    for (const device of [local, other]) await device.sync();

    const [mine, theirs] = await Promise.all([local, other].map((device) => device.list({ order: "title" })));

    expect(mine?.data).toEqual(theirs?.data);
    expect(getTitles({ data: mine?.data ?? [] })).toEqual(["changed", "two"]);
  });
});

describe("lastModified", () => {
  it("is the list's timestamp after a sync", async () => {
    await createRecords(remote, ["one"]);
    expect(local.lastModified).toBeNull();

    const { lastModified } = await local.sync();

    expect(lastModified).toBe(Number((await remote.listRecords()).last_modified));
    expect(local.lastModified).toBe(lastModified);
  });

  it("rises to the timestamp of what was published", async () => {
    await local.sync();
    const { data } = await local.create({ title: "one" });

    const { lastModified } = await local.sync();

    expect(lastModified).toBe((await local.get(data.id)).data.last_modified);
  });

  it("is kept in the local database", async () => {
    await createRecords(remote, ["one"]);
    const { lastModified } = await local.sync();

    await expect(local.db.getLastModified()).resolves.toBe(lastModified);
  });
});

describe("metadata", () => {
  it("is the collection's data of the last sync", async () => {
    const { data } = await remote.setData({ color: "green" });

    await local.sync();

    await expect(local.metadata()).resolves.toEqual(data);
  });
});
