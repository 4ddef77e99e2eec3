import { beforeEach, describe, expect, it } from "@jest/globals";
import { type Bucket, type Collection, createRecords, getTitles } from "./client.ts";
import { createSyncedCollection, type LocalCollection, readLocalStatus } from "./offline.ts";

/** All records of the server. */
const exportRecords = async () =>
  (await remote.listRecords()).data as object[] as Parameters<LocalCollection["importBulk"]>[0];

let bucket: Bucket;
let remote: Collection;
let local: LocalCollection;
beforeEach(async () => {
  ({ bucket, remote, local } = await createSyncedCollection());
});

/** Leaves an empty collection whose timestamp is later than all that its devices know. */
const recreateCollection = async () => {
  await bucket.deleteCollection("articles");
  await bucket.createCollection("articles");
  await createRecords(remote, ["lost"]);
  await bucket.deleteCollection("articles");
  await bucket.createCollection("articles");
};

describe("a collection which was deleted and created again on the server", () => {
  beforeEach(async () => {
    await local.create({ title: "one" });
    await local.sync();
    await recreateCollection();
  });

  it("rejects a sync, because the server has lost the device's records", async () => {
    await expect(local.sync()).rejects.toMatchObject({
      message: expect.stringContaining("Server has been flushed."),
      clientTimestamp: local.lastModified,
    });
    await expect(readLocalStatus(local)).resolves.toEqual({ one: "synced" });
  });

  it("gets all local records by a sync after resetSyncStatus", async () => {
    await expect(local.resetSyncStatus()).resolves.toBe(1);
    expect(local.lastModified).toBeNull();

    await expect(local.sync()).resolves.toMatchObject({ ok: true, published: [{ title: "one" }] });
    expect(getTitles(await remote.listRecords())).toEqual(["one"]);
  });
});

describe("resetSyncStatus", () => {
  it("drops records which were deleted locally", async () => {
    const { data } = await local.create({ title: "one" });
    await local.sync();
    await local.delete(data.id);

    await local.resetSyncStatus();

    await expect(readLocalStatus(local)).resolves.toEqual({});
    await expect(local.sync()).resolves.toMatchObject({ ok: true, created: [{ title: "one" }] });
  });
});

describe("clear", () => {
  it("removes records, timestamp and metadata", async () => {
    await createRecords(remote, ["one"]);
    await local.sync();

    await local.clear();

    await expect(readLocalStatus(local)).resolves.toEqual({});
    await expect(local.db.getLastModified()).resolves.toBeNull();
    await expect(local.metadata()).resolves.toBeNull();
  });
});

describe("importBulk", () => {
  it("loads records which the server exported, and sync brings them up to date", async () => {
    await local.sync();
    const [one, two, three] = await createRecords(remote, ["one", "two", "three"]);
    const dump = await exportRecords();
    await remote.updateRecord({ id: String(one?.id), title: "changed" });
    await remote.deleteRecord(String(two?.id));

    await local.importBulk(dump);
    await expect(readLocalStatus(local)).resolves.toEqual({ one: "synced", two: "synced", three: "synced" });
    await expect(local.sync()).resolves.toMatchObject({
      ok: true,
      created: [],
      updated: [{ new: { title: "changed" } }],
      deleted: [{ id: two?.id }],
    });

    const { data } = await local.list({ order: "title" });
    expect(data).toMatchObject([{ title: "changed" }, { title: "three", last_modified: three?.last_modified }]);
  });

  it("keeps local changes", async () => {
    const [one] = await createRecords(remote, ["one"]);
    await local.sync();
    await local.update({ id: String(one?.id), title: "local" });

    const imported = await local.importBulk([
      { id: String(one?.id), title: "dump", last_modified: Number(one?.last_modified) + 1 },
    ]);

    expect(imported).toEqual([]);
    await expect(local.sync()).resolves.toMatchObject({ ok: true, published: [{ title: "local" }] });
  });

  it("is named loadDump, too", async () => {
    const [one] = await createRecords(remote, ["one"]);

    await local.loadDump(await exportRecords());

    await expect(local.get(String(one?.id))).resolves.toMatchObject({ data: { title: "one" } });
  });
});

describe("pullChanges, gatherLocalChanges and pushChanges", () => {
  it("are the steps of a sync", async () => {
    await createRecords(remote, ["remote"]);
    await local.create({ title: "local" });
    const { constructor: SyncResult } = await local.sync();
    const result = new (SyncResult as new () => Awaited<ReturnType<typeof local.sync>>)();
    await createRecords(remote, ["remote too"]);
    await local.create({ title: "local too" });

    await local.pullMetadata(remote);
    await local.pullChanges(remote, result);
    const changes = await local.gatherLocalChanges();
    await local.pushChanges(remote, changes, result);

    expect(changes).toMatchObject([{ title: "local too", _status: "created" }]);
    expect(result).toMatchObject({ ok: true, created: [{ title: "remote too" }], published: [{ title: "local too" }] });
    await expect(remote.getTotalRecords()).resolves.toBe(4);
  });
});
