import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { definePlugin, type Plugin } from "@kintoun/kit";
import type { Send } from "../../../adapters/store/dynamodb/operations.ts";
import { readConfig } from "../../../config/config.ts";
import { basicauth } from "../../../plugins/basicauth/index.ts";
import { defaultBucket } from "../../../plugins/default-bucket/index.ts";
import { history } from "../../../plugins/history/index.ts";
import { startStore, type TestResponse, type TestStore } from "../../start-store.ts";

let store: TestStore;
let counter = 0;
beforeAll(async () => {
  const excluded = { excludeResources: ["/buckets/excluded", "/buckets/partly/collections/private"] };
  store = await startStore({ plugins: [basicauth(), defaultBucket(), history(excluded)] });
});
afterAll(() => store.close());

type Entry = {
  id: string;
  uri: string;
  action: string;
  last_modified: number;
  target: { data: Record<string, unknown>; permissions: object };
} & Record<string, unknown>;

const newCollection = async (permissions: Record<string, string[]> = {}) => {
  const bucket = `/buckets/h${counter++}`;
  await store.put(bucket, { permissions });
  await store.put(`${bucket}/collections/c`);
  return { bucket, records: `${bucket}/collections/c/records`, history: `${bucket}/history` };
};
const entriesAt = async (path: string, as?: string): Promise<Entry[]> => {
  const { status, body } = await store.get(path, as === undefined ? {} : { as });
  expect([status, body.message]).toEqual([200, undefined]);
  return body.data;
};
const names = (entries: readonly Entry[]) => entries.map(({ action, uri }) => `${action} ${uri.split("/").at(-1)}`);
const total = async (path: string) => (await store.request(path, { method: "HEAD" })).headers.get("total-objects");
const etagOf = ({ headers }: TestResponse) => Number(JSON.parse(headers.get("etag") ?? "0"));

describe("the history of a bucket", () => {
  it("has each change with its user, data and permissions, newest first", async () => {
    const { bucket, records, history: path } = await newCollection();
    const alice = await store.userId("alice");
    const record = `${records}/r`;
    const created = (await store.put(record, { data: { n: 1 }, permissions: { read: ["system.Everyone"] } })).body.data;
    await store.patch(record, { data: { n: 2 } });
    const deleted = (await store.delete(record)).body.data;
    await store.put(`${bucket}/groups/g`, { data: { members: [] } });

    const entries = await entriesAt(path);
    expect(names(entries)).toEqual([
      "create g",
      "delete r",
      "update r",
      "create r",
      "create c",
      `create ${bucket.slice(9)}`,
    ]);
    expect(entries[1]).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
      last_modified: deleted.last_modified,
      action: "delete",
      date: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}\+00:00$/),
      user_id: alice,
      resource_name: "record",
      uri: record,
      collection_id: "c",
      record_id: "r",
      target: { data: deleted, permissions: {} },
    });
    expect(entries[3]?.target).toEqual({
      data: created,
      permissions: { read: ["system.Everyone"], write: [alice] },
    });
    expect(entries[5]).toMatchObject({ bucket_id: bucket.slice(9), resource_name: "bucket" });
    expect(entries[4]).not.toHaveProperty("bucket_id");

    await store.patch(`${bucket}/collections/c`, { permissions: { write: ["system.Everyone"] } });
    await store.put(record, {}, { as: null });
    expect((await entriesAt(path))[0]).toMatchObject({ uri: record, user_id: null });
  });

  it("is filtered, sorted, paged and reduced to fields as lists are", async () => {
    const { bucket, records, history: path } = await newCollection();
    for (const id of ["1", "b", "d"]) await store.put(`${records}/${id}`, { data: { id, n: 1 } });
    await store.patch(`${records}/1`, { data: { n: 2 } });

    expect(names(await entriesAt(`${path}?record_id=1`))).toEqual(["update 1", "create 1"]);
    expect(names(await entriesAt(`${path}?uri=${records}/1&_sort=last_modified`))).toEqual(["create 1", "update 1"]);
    expect(names(await entriesAt(`${path}?target.data.n=2`))).toEqual(["update 1"]);
    expect(names(await entriesAt(`${path}?resource_name=collection`))).toEqual(["create c"]);
    expect(names(await entriesAt(`${path}?_sort=-record_id,last_modified&resource_name=record&_limit=2`))).toEqual([
      "create d",
      "create b",
    ]);
    expect((await entriesAt(`${path}?_fields=uri&_limit=1`)).map((entry) => Object.keys(entry).toSorted())).toEqual([
      ["id", "last_modified", "uri"],
    ]);
    expect(await total(path)).toBe("6");
    expect(await total(`${path}?action=create&collection_id=c`)).toBe("4");
    expect((await store.get(`${path}?movie=bourne`)).status).toBe(400);
    expect((await store.get(`${path}?_token=x`)).status).toBe(400);
    const all = await entriesAt(path);
    expect(names(await entriesAt(`${path}?_since=${all[2]?.last_modified}`))).toEqual(names(all.slice(0, 2)));
    expect(names(await entriesAt(`${path}?_before=${all[2]?.last_modified}`))).toEqual(names(all.slice(3)));

    for (const query of [
      "_limit=2",
      "_limit=2&_sort=uri",
      `_limit=1&uri=${records}/1`,
      "_limit=2&_sort=last_modified",
    ]) {
      const found: Entry[] = [];
      let next: string | null = `${path}?${query}`;
      while (next !== null) {
        const page: TestResponse = await store.get(next);
        expect([page.status, page.body.data.length <= 2]).toEqual([200, true]);
        found.push(...page.body.data);
        next = page.headers.get("next-page");
        expect(next ?? store.url).toContain(store.url);
      }
      expect(found).toEqual(await entriesAt(`${path}?${query.replace(/_limit=\d/, "")}`));
    }
    const page = new URL((await store.get(`${path}?_limit=1`)).headers.get("next-page") ?? "");
    for (const query of ["action=create", `_before=${all[1]?.last_modified}`]) {
      const other = await store.get(`${path}?_limit=1&${query}&_token=${page.searchParams.get("_token")}`);
      expect([other.status, other.body.message]).toEqual([400, expect.stringContaining("that of another query")]);
    }
    for (const query of ["_fields=unknown", "_sort=unknown", "_limit=x"])
      expect((await store.request(`${path}?${query}`, { method: "HEAD" })).status).toBe(400);
    expect((await store.put(path, {})).status).toBe(405);
    expect(bucket).toBeTruthy();
  });

  it("has an ETag that changes with each entry and deletion", async () => {
    const { records, history: path } = await newCollection();
    const first = await store.get(path);
    expect((await store.get(path, { headers: { "if-none-match": `"${etagOf(first)}"` } })).status).toBe(304);
    await store.put(`${records}/r`);
    const second = await store.get(path);
    expect(etagOf(second)).toBeGreaterThan(etagOf(first));

    const refused = await store.delete(path, { headers: { "if-match": `"${etagOf(first)}"` } });
    expect([refused.status, refused.body.message]).toEqual([412, "Resource was modified meanwhile"]);
    expect(etagOf(refused)).toBe(etagOf(second));
    const before = second.body.data[0].last_modified;
    const deleted = await store.delete(`${path}?_before=${before}`);
    expect(deleted.body.data).toHaveLength(2);
    expect(deleted.body.data[0]).toEqual({
      id: second.body.data[1].id,
      last_modified: etagOf(deleted),
      deleted: true,
    });
    const rest = await store.get(path);
    expect([names(rest.body.data), etagOf(rest)]).toEqual([["create r"], etagOf(deleted)]);
    expect((await store.delete(path, { as: "bob" })).status).toBe(403);
    expect((await store.delete(`${path}?_limit=1`)).body.data).toHaveLength(1);
    expect(await entriesAt(path)).toEqual([]);
  });

  it("shows users what they may read now, or could read in what is gone", async () => {
    const [bob, carol] = [await store.userId("bob"), await store.userId("carol")];
    const { bucket, records, history: path } = await newCollection();
    await store.put(`${records}/mine`, { permissions: { write: [bob] } });
    await store.put(`${records}/other`);
    await store.put(`${records}/gone`);
    await store.delete(`${records}/gone`);

    for (const query of ["", "?unknown=1", "?_limit=x", "?_token=x"]) {
      expect((await store.get(path + query, { as: "carol" })).status).toBe(403);
      expect((await store.get(path + query, { as: null })).status).toBe(401);
      expect((await store.get(`/buckets/none/history${query}`, { as: "carol" })).status).toBe(403);
    }
    expect((await store.get(`${path}?unknown=1`, { as: "bob" })).status).toBe(400);
    expect(names(await entriesAt(path, "bob"))).toEqual(["create mine"]);
    expect((await store.get(`${path}?record_id=other`, { as: "bob" })).body.data).toEqual([]);
    await store.patch(`${bucket}/collections/c`, { permissions: { read: [carol] } });
    expect(names(await entriesAt(path, "carol"))).toEqual([
      ...["update c", "delete gone", "create gone", "create other", "create mine", "create c"],
    ]);
    await store.patch(`${bucket}/collections/c`, { permissions: { read: [] } });
    expect((await store.get(path, { as: "carol" })).status).toBe(403);
    expect((await store.get("/buckets/none/history")).status).toBe(403);
  });

  it("refuses a deletion by a misspelt parameter, or one without a value", async () => {
    const { history: path } = await newCollection();
    for (const query of ["_limti=1", "_before=null", "_limit=0", "_at=5"])
      expect([query, (await store.delete(`${path}?${query}`)).status]).toEqual([query, 400]);
    expect(await entriesAt(path)).toHaveLength(2);
  });

  it("ends with its bucket, and has no records of a collection that is deleted", async () => {
    const { bucket, records, history: path } = await newCollection();
    await store.put(`${records}/r`);
    await store.delete(`${bucket}/collections/c`);
    expect(names(await entriesAt(`${path}?action=delete`))).toEqual(["delete c"]);

    await store.delete(bucket);
    await store.put(bucket);
    expect(names(await entriesAt(path))).toEqual([`create ${bucket.slice(9)}`]);
    await store.drain();
    expect(names(await entriesAt(path))).toHaveLength(1);
  });

  it("leaves out excluded resources", async () => {
    await store.put("/buckets/excluded");
    expect(await entriesAt("/buckets/excluded/history")).toEqual([]);
    await store.put("/buckets/partly");
    for (const id of ["private", "privately"]) await store.put(`/buckets/partly/collections/${id}/`);
    await store.put("/buckets/partly/collections/private/records/r");
    expect(names(await entriesAt("/buckets/partly/history"))).toEqual(["create privately", "create partly"]);
  });

  it("is that of the own bucket under /buckets/default", async () => {
    await store.put("/buckets/default/collections/tasks/records/r", { data: { n: 1 } }, { as: "dora" });

    const entries = await entriesAt("/buckets/default/history", "dora");
    expect(entries.map(({ resource_name: name }) => name)).toEqual(["record", "collection", "bucket"]);
  });

  it("costs one more item per change, and nothing without the plugin", async () => {
    const countItems = async (plugins: readonly Plugin[]) => {
      const counts: number[] = [];
      const wrap =
        (send: Send): Send =>
        (operation, input) => {
          if ("TransactItems" in input) counts.push(input.TransactItems?.length ?? 0);
          return send(operation, input);
        };
      await using counted = await startStore({ plugins, wrap });
      await counted.put("/buckets/b");
      await counted.put("/buckets/b/collections/c");
      await counted.put("/buckets/b/collections/c/records/r");
      await counted.delete("/buckets/b/collections/c/records/r");
      await counted.get("/buckets/b/collections/c/records");
      return counts;
    };

    const [without, withHistory] = [await countItems([basicauth()]), await countItems([basicauth(), history()])];
    expect(withHistory).toEqual(without.map((items) => items + 1));
  });

  it("shows nothing of an object that was deleted to users who create another one with its id", async () => {
    const bob = await store.userId("bob");
    const { bucket, history: path } = await newCollection({ "collection:create": [bob] });
    const [inbox, secret] = [`${bucket}/collections/inbox`, `${bucket}/collections/secret`];
    await store.put(inbox, { permissions: { "record:create": [bob] } });
    await store.put(`${inbox}/records/r`, { data: { n: 1 } });
    await store.put(`${inbox}/records/s`, { data: { n: 1 } });
    await store.put(secret);
    const time = (await store.put(`${secret}/records/r`, { data: { n: 1 } })).body.data.last_modified;
    store.clock.advance(1000);
    await store.put(`${inbox}/records/s`, { data: { n: 2 }, permissions: { read: [bob] } });
    for (const object of [secret, `${inbox}/records/r`]) await store.delete(object);
    for (const object of [secret, `${inbox}/records/r`]) await store.put(object, {}, { as: "bob" });

    expect(names(await entriesAt(path, "bob")).toSorted()).toEqual(["create r", "create secret", "update s"]);
    for (const object of [secret, `${inbox}/records/r`, `${inbox}/records/s`, `${secret}/records/r`]) {
      const { status } = await store.get(`${object}?_at=${time}`, { as: "bob" });
      expect([object, status]).toEqual([object, 403]);
    }
    for (const list of [inbox, secret])
      expect((await store.get(`${list}/records?_at=${time}`, { as: "bob" })).body.data).toEqual([]);
    const snapshot = `${bucket}/snapshot/collections/secret@${time}`;
    expect((await store.get(snapshot, { as: "bob" })).body.data).toEqual([]);
    await store.post(`${inbox}/records/r/actions/revert`, { at: time }, { as: "bob" });
    await store.drain();
    expect((await store.get(`${inbox}/records/r`)).body.data).not.toHaveProperty("n");
    expect((await store.get(`${secret}/records?_at=${time}`)).body.data).toHaveLength(1);
  });

  it("must be kept by one plugin only, of objects that can exist", () => {
    const other = definePlugin({ name: "other", about: "Keeps versions too.", versions: { buckets: () => ["a b"] } });
    expect(() => readConfig({ plugins: [history(), other()] })).toThrow(
      /other\.versions: the plugin 'history' keeps versions too[\s\S]*other\.versions\.buckets: must return a list of ids/,
    );
    const unknown = history({ excludeResources: ["/buckets/a/nothing/b"] });
    expect(() => readConfig({ plugins: [unknown] })).toThrow(
      "versions.excludedObjects[0]: '/buckets/a/nothing/b' is not the URI of an object.",
    );
    expect(() => readConfig({ plugins: [history({ excludeResources: ["blog"] })] })).toThrow("must be the URI");
    expect(() => readConfig({ plugins: [history({ maxAgeDays: 0 })] })).toThrow("maxAgeDays");
  });

  it("is announced as a capability", async () => {
    expect((await store.get("/")).body.capabilities.history).toMatchObject({
      description: expect.any(String),
      excluded_resources: [{ bucket: "excluded" }, { bucket: "partly", collection: "private" }],
    });
  });
});
