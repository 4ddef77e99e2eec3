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
let id: string;
let lastModified: number | null | undefined;
/** Runs once, after the next sync has pulled the server's changes and before it publishes its own. */
let beforePush: (() => Promise<unknown>) | undefined;

beforeEach(async () => {
  const created = await createSyncedCollection();
  ({ remote } = created);
  beforePush = undefined;
  local = created.addDevice({
    hooks: {
      "incoming-changes": [
        async (payload) => {
          const run = beforePush;
          beforePush = undefined;
          await run?.();
          return payload;
        },
      ],
    },
  });
  const [record] = await createRecords(remote, ["old"]);
  id = String(record?.id);
  ({ lastModified } = await local.sync());
});

describe("a record which the server updates between pull and push", () => {
  beforeEach(async () => {
    await local.update({ id, title: "local" });
    beforePush = () => remote.updateRecord({ id, title: "remote" });
  });

  it("is reported as an outgoing conflict by MANUAL, which changes neither side", async () => {
    const result = await local.sync({ strategy: MANUAL });

    expect(result).toMatchObject({
      ok: false,
      errors: [],
      conflicts: [{ type: "outgoing", local: { id, title: "local" }, remote: { id, title: "remote" } }],
      published: [],
      resolved: [],
    });
    expect(local.lastModified).toBe(lastModified);
    await expect(readLocalStatus(local)).resolves.toEqual({ local: "updated" });
    expect(getTitles(await remote.listRecords())).toEqual(["remote"]);
  });

  it("is an incoming conflict of the next sync", async () => {
    await local.sync({ strategy: MANUAL });

    await expect(local.sync({ strategy: MANUAL })).resolves.toMatchObject({
      ok: false,
      conflicts: [{ type: "incoming", local: { title: "local" }, remote: { title: "remote" } }],
    });
  });

  it("is published with the local data by CLIENT_WINS", async () => {
    await expect(local.sync({ strategy: CLIENT_WINS })).resolves.toMatchObject({
      ok: true,
      conflicts: [],
      published: [{ id, title: "local" }],
    });
    expect(getTitles(await remote.listRecords())).toEqual(["local"]);
    await expect(readLocalStatus(local)).resolves.toEqual({ local: "synced" });
  });

  it("is replaced by the remote data by SERVER_WINS", async () => {
    await expect(local.sync({ strategy: SERVER_WINS })).resolves.toMatchObject({
      ok: true,
      conflicts: [],
      published: [],
      resolved: [{ id, accepted: { title: "remote" }, rejected: { title: "local" } }],
    });
    expect(getTitles(await remote.listRecords())).toEqual(["remote"]);
    await expect(readLocalStatus(local)).resolves.toEqual({ remote: "synced" });
  });

  it("does not keep other records from being published", async () => {
    await local.create({ title: "other" });

    await expect(local.sync({ strategy: MANUAL })).resolves.toMatchObject({
      ok: false,
      published: [{ title: "other" }],
    });
    expect(getTitles(await remote.listRecords({ sort: "title" }))).toEqual(["other", "remote"]);
  });
});

describe("a record which the server deletes between pull and push", () => {
  beforeEach(async () => {
    await local.update({ id, title: "local" });
    beforePush = () => remote.deleteRecord(id);
  });

  it("is reported without a remote record by MANUAL", async () => {
    await expect(local.sync({ strategy: MANUAL })).resolves.toMatchObject({
      ok: false,
      conflicts: [{ type: "outgoing", local: { id, title: "local" }, remote: null }],
    });
    await expect(readLocalStatus(local)).resolves.toEqual({ local: "updated" });
  });

  it("is created again by CLIENT_WINS", async () => {
    await expect(local.sync({ strategy: CLIENT_WINS })).resolves.toMatchObject({ ok: true, conflicts: [] });
    await expect(remote.getRecord(id)).resolves.toMatchObject({ data: { title: "local" } });
    await expect(readLocalStatus(local)).resolves.toEqual({ local: "synced" });
  });

  it("is deleted locally by SERVER_WINS", async () => {
    await expect(local.sync({ strategy: SERVER_WINS })).resolves.toMatchObject({
      ok: true,
      conflicts: [],
      resolved: [{ id, accepted: null, rejected: { title: "local" } }],
    });
    await expect(remote.getRecord(id)).rejects.toMatchObject(matchError(404, 110));
    await expect(readLocalStatus(local)).resolves.toEqual({});
  });
});

describe("a deletion which meets a change between pull and push", () => {
  beforeEach(() => local.delete(id));

  it("is reported by MANUAL if the server updates the record", async () => {
    beforePush = () => remote.updateRecord({ id, title: "remote" });

    await expect(local.sync({ strategy: MANUAL })).resolves.toMatchObject({
      ok: false,
      conflicts: [{ type: "outgoing", local: { id }, remote: { id, title: "remote" } }],
    });
    expect(getTitles(await remote.listRecords())).toEqual(["remote"]);
  });

  it("is complete if the server deletes the record", async () => {
    beforePush = () => remote.deleteRecord(id);

    await expect(local.sync({ strategy: MANUAL })).resolves.toMatchObject({ ok: true, conflicts: [] });
    await expect(readLocalStatus(local)).resolves.toEqual({});
  });
});

describe("a record which the server creates between pull and push", () => {
  it("is imported by the same sync if something was published", async () => {
    await local.create({ title: "local" });
    beforePush = () => remote.createRecord({ title: "remote" });

    await expect(local.sync()).resolves.toMatchObject({
      ok: true,
      created: [{ title: "remote" }],
      published: [{ title: "local" }],
    });
    await expect(readLocalStatus(local)).resolves.toEqual({ local: "synced", old: "synced", remote: "synced" });
  });

  it("is a conflict if it has the id of a local record", async () => {
    const newId = "11111111-1111-4111-8111-111111111111";
    await local.create({ id: newId, title: "local" }, { useRecordId: true });
    beforePush = () => remote.createRecord({ id: newId, title: "remote" });

    await expect(local.sync()).resolves.toMatchObject({
      ok: false,
      conflicts: [{ type: "outgoing", local: { title: "local" }, remote: { id: newId, title: "remote" } }],
    });
  });
});
