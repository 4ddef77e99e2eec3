import { beforeEach, describe, expect, it } from "@jest/globals";
import { type Collection, createRecords, getTitles } from "./client.ts";
import {
  type Article,
  CLIENT_WINS,
  createSyncedCollection,
  type LocalCollection,
  readLocalStatus,
  SERVER_WINS,
} from "./offline.ts";

let remote: Collection;
let addDevice: Awaited<ReturnType<typeof createSyncedCollection>>["addDevice"];
beforeEach(async () => {
  ({ remote, addDevice } = await createSyncedCollection());
});

const mapTitle = (change: (title: string) => string) => (record: Article) =>
  record.title === undefined ? record : { ...record, title: change(record.title) };

describe("remote transformers", () => {
  /** Titles are in upper case on the server only. */
  const encode = mapTitle((title) => title.toUpperCase());
  const decode = mapTitle((title) => title.toLowerCase());
  let local: LocalCollection;
  beforeEach(() => {
    local = addDevice({ remoteTransformers: [{ encode, decode }] });
  });

  it("encode what is published, and leave local records as they are", async () => {
    await local.create({ title: "abc" });

    await expect(local.sync()).resolves.toMatchObject({ ok: true, published: [{ title: "abc" }] });
    expect(getTitles(await remote.listRecords())).toEqual(["ABC"]);
    await expect(readLocalStatus(local)).resolves.toEqual({ abc: "synced" });
  });

  it("decode what is imported", async () => {
    await createRecords(remote, ["ABC"]);

    await expect(local.sync()).resolves.toMatchObject({ ok: true, created: [{ title: "abc" }] });
  });

  it("may be asynchronous", async () => {
    const device = addDevice({
      remoteTransformers: [
        { encode: async (record: Article) => encode(record), decode: async (record: Article) => decode(record) },
      ],
    });
    await device.create({ title: "abc" });

    await device.sync();

    expect(getTitles(await remote.listRecords())).toEqual(["ABC"]);
  });

  it("are applied in order", async () => {
    const append = (suffix: string) => ({
      encode: mapTitle((title) => title + suffix),
      decode: mapTitle((title) => title.slice(0, -suffix.length)),
    });
    const device = addDevice({ remoteTransformers: [append("1"), append("2")] });
    await device.create({ title: "abc" });

    await device.sync();

    expect(getTitles(await remote.listRecords())).toEqual(["abc12"]);
  });

  it.each([
    [CLIENT_WINS, "LOCAL", "local"],
    [SERVER_WINS, "REMOTE", "remote"],
  ])("apply to conflicts with %s", async (strategy, remoteTitle, localTitle) => {
    const [record] = await createRecords(remote, ["OLD"]);
    const id = String(record?.id);
    await local.sync();
    await local.update({ id, title: "local" });
    await remote.updateRecord({ id, title: "REMOTE" });

    await expect(local.sync({ strategy })).resolves.toMatchObject({ ok: true });
    expect(getTitles(await remote.listRecords())).toEqual([remoteTitle]);
    await expect(readLocalStatus(local)).resolves.toEqual({ [localTitle]: "synced" });
  });

  it("can turn a local deletion into an update of the server's record", async () => {
    const device = addDevice({
      remoteTransformers: [
        {
          encode: (record: Article) =>
            record._status === "deleted" ? { ...record, draft: true, _status: "updated" } : record,
          decode: (record: Article) => (record.draft === true ? { ...record, deleted: true } : record),
        },
      ],
    });
    const [record] = await createRecords(remote, ["kept"]);
    await device.sync();
    await device.delete(String(record?.id));

    await expect(device.sync()).resolves.toMatchObject({ ok: true });
    await expect(remote.getRecord(String(record?.id))).resolves.toMatchObject({ data: { title: "kept", draft: true } });
    await expect(readLocalStatus(device)).resolves.toEqual({});
  });
});

describe("id schemas", () => {
  it("generate the ids of published records", async () => {
    let next = 1;
    const local = addDevice({
      idSchema: { generate: () => `article-${next++}`, validate: (id) => /^article-\d+$/.test(id) },
    });
    await local.create({ title: "one" });
    await local.create({ title: "two" });

    await expect(local.sync()).resolves.toMatchObject({ ok: true });
    const { data } = await remote.listRecords({ sort: "id" });
    expect(data).toMatchObject([
      { id: "article-1", title: "one" },
      { id: "article-2", title: "two" },
    ]);
  });

  it("accept ids which another client chose", async () => {
    const local = addDevice({ idSchema: { generate: () => "generated", validate: () => true } });
    await remote.createRecord({ id: "about_us", title: "one" });

    await local.sync();

    await expect(local.getAny("about_us")).resolves.toMatchObject({ data: { title: "one", _status: "synced" } });
  });
});

describe("local fields", () => {
  it("are not published", async () => {
    const local = addDevice({ localFields: ["draft"] });
    const { data } = await local.create({ title: "one", draft: true });

    await expect(local.sync()).resolves.toMatchObject({ ok: true, published: [{ title: "one" }] });
    await expect(remote.getRecord(data.id)).resolves.not.toHaveProperty("data.draft");
  });

  it("survive a change on the server, and cause no publication when they alone change", async () => {
    const local = addDevice({ localFields: ["draft"] });
    const [record] = await createRecords(remote, ["one"]);
    const id = String(record?.id);
    await local.sync();
    await local.update({ id, title: "one", draft: true });
    await remote.updateRecord({ id, title: "two" });

    await expect(local.sync()).resolves.toMatchObject({ ok: true, published: [] });
    await expect(local.get(id)).resolves.toMatchObject({ data: { title: "two", draft: true } });
  });
});

describe("the hook `incoming-changes`", () => {
  it("chooses which of the server's changes are imported", async () => {
    const local = addDevice({
      hooks: {
        "incoming-changes": [
          async (payload) => ({
            ...payload,
            changes: payload.changes.filter(({ title }: Article) => title !== "secret"),
          }),
        ],
      },
    });
    await createRecords(remote, ["secret", "public"]);

    await expect(local.sync()).resolves.toMatchObject({ ok: true, created: [{ title: "public" }] });
    await expect(readLocalStatus(local)).resolves.toEqual({ public: "synced" });
  });
});
