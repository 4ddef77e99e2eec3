import { beforeEach, describe, expect, it } from "@jest/globals";
import {
  type Bucket,
  type Collection,
  createRecordingFetch,
  createRecords,
  getServerUrl,
  getTitles,
  matchError,
} from "./client.ts";
import { createSyncedCollection, type LocalCollection, PULL_ONLY, readLocalStatus } from "./offline.ts";

let bucket: Bucket;
let remote: Collection;
let local: LocalCollection;
let addDevice: Awaited<ReturnType<typeof createSyncedCollection>>["addDevice"];
beforeEach(async () => {
  ({ bucket, remote, local, addDevice } = await createSyncedCollection());
});

/** The requests which the collection sends from now on. */
const recordRequests = (collection: LocalCollection) => {
  const { requests, fetchFunc } = createRecordingFetch();
  collection.api.http.fetchFunc = fetchFunc;
  return requests;
};

describe("sync with PULL_ONLY", () => {
  it("imports the server's changes and publishes nothing", async () => {
    await createRecords(remote, ["remote"]);
    await local.create({ title: "local" });

    await expect(local.sync({ strategy: PULL_ONLY })).resolves.toMatchObject({
      ok: true,
      created: [{ title: "remote" }],
      published: [],
    });
    expect(getTitles(await remote.listRecords())).toEqual(["remote"]);
    await expect(readLocalStatus(local)).resolves.toEqual({ local: "created", remote: "synced" });
  });

  it("replaces records which were changed locally", async () => {
    const [one, two] = await createRecords(remote, ["one", "two"]);
    await local.sync();
    await local.update({ id: String(one?.id), title: "local" });
    await local.update({ id: String(two?.id), title: "local too" });
    await remote.updateRecord({ id: String(one?.id), title: "remote" });
    await remote.deleteRecord(String(two?.id));

    await expect(local.sync({ strategy: PULL_ONLY })).resolves.toMatchObject({ ok: true, conflicts: [] });
    await expect(readLocalStatus(local)).resolves.toEqual({ remote: "synced" });
  });
});

describe("sync options", () => {
  it("`expectedTimestamp` is sent with each read", async () => {
    await createRecords(remote, ["one"]);
    const requests = recordRequests(local);

    const { ok } = await local.sync({ expectedTimestamp: '"1234"' });

    expect(ok).toBe(true);
    expect(requests.map(({ url }) => new URL(url).searchParams.get("_expected"))).toEqual(['"1234"', '"1234"']);
  });

  it("`headers` are sent with each request", async () => {
    await local.create({ title: "one" });
    const requests = recordRequests(local);

    await local.sync({ headers: { "X-Device": "7" } });

    expect(requests.length).toBeGreaterThanOrEqual(3);
    const reads = requests.filter(({ url }) => url.includes("/collections/"));
    for (const { init } of reads) expect(init.headers).toMatchObject({ "X-Device": "7" });
  });

  it("`bucket` and `collection` name another collection on the server", async () => {
    await bucket.createCollection("archive");
    await local.create({ title: "one" });

    await local.sync({ bucket: bucket.name, collection: "archive" });

    await expect(bucket.collection("archive").getTotalRecords()).resolves.toBe(1);
    await expect(remote.getTotalRecords()).resolves.toBe(0);
  });

  it("`remote` names another server for one sync", async () => {
    const device = addDevice();
    device.api.remote = "http://127.0.0.1:9/v1";

    await expect(device.sync({ remote: getServerUrl() })).resolves.toMatchObject({ ok: true });
    expect(device.api.remote).toBe("http://127.0.0.1:9/v1");
  });
});

describe("sync requests", () => {
  it("ask for what has changed since the last sync", async () => {
    await createRecords(remote, ["one"]);
    const { lastModified } = await local.sync();
    const requests = recordRequests(local);

    await local.sync();

    expect(requests.map(({ url }) => new URL(url).searchParams.get("_since"))).toEqual([null, String(lastModified)]);
  });

  it("leave out what was just published from the last pull", async () => {
    const { data } = await local.create({ title: "one" });
    const requests = recordRequests(local);

    await local.sync();

    expect(new URL(String(requests.at(-1)?.url)).searchParams.get("exclude_id")).toBe(data.id);
  });
});

describe("sync of many records", () => {
  const TITLES = Array.from({ length: 60 }, (_, i) => `record ${String(i).padStart(2, "0")}`);

  it("publishes more than one batch can hold", async () => {
    for (const title of TITLES) await local.create({ title });
    const requests = recordRequests(local);

    const { published } = await local.sync();

    expect(published).toHaveLength(60);
    expect(requests.filter(({ url }) => url.endsWith("/batch"))).toHaveLength(3);
    await expect(remote.getTotalRecords()).resolves.toBe(60);
  });

  it("imports all pages of the server", async () => {
    await remote.batch((batch) => {
      for (const title of TITLES) void batch.createRecord({ title });
    });

    const { created } = await local.sync();

    expect(created).toHaveLength(60);
    expect(getTitles(await local.list({ order: "title" }))).toEqual(TITLES);
  });
});

describe("sync errors", () => {
  it("are reported for records which the server rejects", async () => {
    await remote.setData({ schema: { type: "object", properties: { title: { maxLength: 3 } } } });
    await local.create({ title: "too long" });
    await local.create({ title: "ok" });

    await expect(local.sync()).resolves.toMatchObject({
      ok: false,
      errors: [{ type: "outgoing", error: { errno: 107 }, sent: { body: { data: { title: "too long" } } } }],
      published: [{ title: "ok" }],
    });
    await expect(readLocalStatus(local)).resolves.toEqual({ ok: "synced", "too long": "created" });
  });

  it("reject the sync without access to the collection", async () => {
    await expect(local.sync({ headers: { Authorization: `Basic ${btoa("other:secret")}` } })).rejects.toMatchObject(
      matchError(403, 121),
    );
  });
});

describe("sync events", () => {
  it("announce success and failure with the options of the sync", async () => {
    const events: [string, { bucket?: string; error?: unknown; result?: unknown }][] = [];
    const emit = (type: string, event: (typeof events)[0][1]) => events.push([type, event]);
    const device = addDevice({}, { events: { emit, on: () => {}, off: () => {} } });

    await device.sync();
    await device.sync({ headers: { Authorization: "Basic !" } }).catch(() => {});

    expect(events.filter(([type]) => type.startsWith("sync:"))).toMatchObject([
      ["sync:success", { bucket: bucket.name, result: { ok: true } }],
      ["sync:error", { bucket: bucket.name, error: { data: { code: 401 } } }],
    ]);
  });
});
