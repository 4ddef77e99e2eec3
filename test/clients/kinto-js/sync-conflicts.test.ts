import { beforeEach, describe, expect, it } from "@jest/globals";
import { type Collection, createRecords, getTitles, matchError } from "./client.ts";
import {
  CLIENT_WINS,
  createSyncedCollection,
  type LocalCollection,
  MANUAL,
  readLocalStatus,
  SERVER_WINS,
} from "./offline.ts";

let remote: Collection;
let local: LocalCollection;
/** The record which both sides have after the first sync. */
let id: string;
let lastModified: number | null | undefined;
beforeEach(async () => {
  ({ remote, local } = await createSyncedCollection());
  const [record] = await createRecords(remote, ["old"]);
  id = String(record?.id);
  ({ lastModified } = await local.sync());
});

const updateBoth = async () => {
  await local.update({ id, title: "local" });
  return (await remote.updateRecord({ id, title: "remote" })).data;
};

describe("a record which was updated on both sides", () => {
  it("is reported as a conflict by MANUAL, which changes neither side", async () => {
    const remoteRecord = await updateBoth();

    const result = await local.sync({ strategy: MANUAL });

    expect(result).toMatchObject({
      ok: false,
      errors: [],
      conflicts: [{ type: "incoming", local: { id, title: "local" }, remote: remoteRecord }],
      published: [],
      updated: [],
      resolved: [],
    });
    expect(local.lastModified).toBe(lastModified);
    await expect(readLocalStatus(local)).resolves.toEqual({ local: "updated" });
    await expect(remote.getRecord(id)).resolves.toMatchObject({ data: remoteRecord });
  });

  it("is reported again by each MANUAL sync until it is resolved", async () => {
    await updateBoth();

    const [first, second] = [await local.sync(), await local.sync()];

    expect(second.conflicts).toEqual(first.conflicts);
    expect(second.ok).toBe(false);
  });

  it("is published with the local data by CLIENT_WINS", async () => {
    await updateBoth();

    const result = await local.sync({ strategy: CLIENT_WINS });

    expect(result).toMatchObject({
      ok: true,
      conflicts: [],
      resolved: [{ id, accepted: { title: "local" } }],
      published: [{ id, title: "local" }],
    });
    await expect(remote.getRecord(id)).resolves.toMatchObject({ data: { title: "local" } });
    await expect(readLocalStatus(local)).resolves.toEqual({ local: "synced" });
    expect(local.lastModified).toBeGreaterThan(Number(lastModified));
  });

  it("is replaced by the remote data by SERVER_WINS", async () => {
    const remoteRecord = await updateBoth();

    const result = await local.sync({ strategy: SERVER_WINS });

    expect(result).toMatchObject({
      ok: true,
      conflicts: [],
      resolved: [{ accepted: { title: "remote" }, rejected: { title: "local" } }],
      published: [],
    });
    await expect(remote.getRecord(id)).resolves.toMatchObject({ data: remoteRecord });
    await expect(readLocalStatus(local)).resolves.toEqual({ remote: "synced" });
    expect(local.lastModified).toBe(remoteRecord.last_modified);
  });

  it("is no conflict if both updates are equal", async () => {
    await local.update({ id, title: "equal" });
    await remote.updateRecord({ id, title: "equal" });

    await expect(local.sync({ strategy: MANUAL })).resolves.toMatchObject({ ok: true, published: [] });
    await expect(readLocalStatus(local)).resolves.toEqual({ equal: "synced" });
  });

  it("does not keep other records from being imported", async () => {
    await updateBoth();
    await createRecords(remote, ["other"]);

    await expect(local.sync({ strategy: MANUAL })).resolves.toMatchObject({
      ok: false,
      created: [{ title: "other" }],
    });
    await expect(readLocalStatus(local)).resolves.toEqual({ local: "updated", other: "synced" });
  });
});

describe("resolve", () => {
  it("publishes a merged record with the next sync", async () => {
    await updateBoth();
    const { conflicts } = await local.sync();

    for (const conflict of conflicts)
      await local.resolve(conflict, {
        ...conflict.remote,
        title: `${conflict.local.title} and ${conflict.remote.title}`,
      });
    const result = await local.sync();

    expect(result).toMatchObject({ ok: true, conflicts: [], published: [{ id, title: "local and remote" }] });
    await expect(remote.getRecord(id)).resolves.toMatchObject({ data: { title: "local and remote" } });
    await expect(readLocalStatus(local)).resolves.toEqual({ "local and remote": "synced" });
  });

  it("accepts the local record", async () => {
    await updateBoth();
    const [conflict] = (await local.sync()).conflicts;

    await local.resolve(conflict as NonNullable<typeof conflict>, conflict?.local);
    await local.sync();

    await expect(remote.getRecord(id)).resolves.toMatchObject({ data: { title: "local" } });
  });

  it("accepts the remote record, which needs no publication", async () => {
    const remoteRecord = await updateBoth();
    const [conflict] = (await local.sync()).conflicts;

    await local.resolve(conflict as NonNullable<typeof conflict>, conflict?.remote);

    await expect(readLocalStatus(local)).resolves.toEqual({ remote: "synced" });
    await expect(local.sync()).resolves.toMatchObject({ ok: true, published: [], conflicts: [] });
    await expect(remote.getRecord(id)).resolves.toMatchObject({ data: remoteRecord });
  });

  it("leaves other conflicts unresolved", async () => {
    const [second] = await createRecords(remote, ["second"]);
    await local.sync();
    await updateBoth();
    await local.update({ id: String(second?.id), title: "second local" });
    await remote.updateRecord({ id: String(second?.id), title: "second remote" });
    const { conflicts } = await local.sync();
    expect(conflicts).toHaveLength(2);

    const mine = conflicts.find((conflict) => conflict.local.id === id);
    await local.resolve(mine as NonNullable<typeof mine>, mine?.local);

    expect((await local.sync()).conflicts).toMatchObject([{ local: { title: "second local" } }]);
  });
});

describe("a record which was created with the same id on both sides", () => {
  const newId = "11111111-1111-4111-8111-111111111111";
  beforeEach(async () => {
    await remote.deleteRecords();
    await local.clear();
    await local.create({ id: newId, title: "local" }, { useRecordId: true });
    await remote.createRecord({ id: newId, title: "remote" });
  });

  it.each([
    [MANUAL, "remote", { local: "created" }],
    [CLIENT_WINS, "local", { local: "synced" }],
    [SERVER_WINS, "remote", { remote: "synced" }],
  ])("is handled by %s like an update", async (strategy, remoteTitle, status) => {
    const { ok } = await local.sync({ strategy });

    expect(ok).toBe(strategy !== MANUAL);
    expect(getTitles(await remote.listRecords())).toEqual([remoteTitle]);
    await expect(readLocalStatus(local)).resolves.toEqual(status);
  });
});

describe("a record which was updated locally and deleted on the server", () => {
  beforeEach(async () => {
    await local.update({ id, title: "local" });
    await remote.deleteRecord(id);
  });

  it("is reported by MANUAL", async () => {
    await expect(local.sync({ strategy: MANUAL })).resolves.toMatchObject({
      ok: false,
      conflicts: [{ type: "incoming", local: { title: "local" }, remote: { id, deleted: true } }],
    });
    await expect(readLocalStatus(local)).resolves.toEqual({ local: "updated" });
  });

  it("is created again by CLIENT_WINS", async () => {
    await expect(local.sync({ strategy: CLIENT_WINS })).resolves.toMatchObject({ ok: true });
    await expect(remote.getRecord(id)).resolves.toMatchObject({ data: { title: "local" } });
    await expect(readLocalStatus(local)).resolves.toEqual({ local: "synced" });
  });

  it("stays deleted on the server by SERVER_WINS", async () => {
    await expect(local.sync({ strategy: SERVER_WINS })).resolves.toMatchObject({
      ok: true,
      resolved: [{ accepted: { id, deleted: true }, rejected: { title: "local" } }],
      published: [],
    });
    await expect(remote.getRecord(id)).rejects.toMatchObject(matchError(404, 110));
  });
});

describe("a record which was deleted locally and updated on the server", () => {
  beforeEach(async () => {
    await local.delete(id);
    await remote.updateRecord({ id, title: "remote" });
  });

  it("is reported by MANUAL as an outgoing conflict", async () => {
    await expect(local.sync({ strategy: MANUAL })).resolves.toMatchObject({
      ok: false,
      skipped: [{ id, _status: "deleted" }],
      conflicts: [{ type: "outgoing", local: { id }, remote: { id, title: "remote" } }],
    });
  });

  it("is restored locally by SERVER_WINS", async () => {
    await expect(local.sync({ strategy: SERVER_WINS })).resolves.toMatchObject({
      ok: true,
      conflicts: [],
      resolved: [{ accepted: { id, title: "remote" } }],
    });
    await expect(readLocalStatus(local)).resolves.toEqual({ remote: "synced" });
  });

  it("is restored by CLIENT_WINS, which keeps no data of a deleted record", async () => {
    await expect(local.sync({ strategy: CLIENT_WINS })).resolves.toMatchObject({
      ok: true,
      conflicts: [],
      published: [{ id, title: "remote" }],
    });
    await expect(remote.getRecord(id)).resolves.toMatchObject({ data: { title: "remote" } });
    await expect(readLocalStatus(local)).resolves.toEqual({ remote: "synced" });
  });
});
