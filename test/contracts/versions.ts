import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { Store } from "../../core/ports/store.ts";
import type { Version, Versions } from "../../core/ports/versions.ts";
import { BUCKETS, listRef, type ObjectRef, objectRef, RESOURCES } from "../../core/resources.ts";
import { createTransactionContext, transact } from "../../core/store/transact.ts";
import { readsForWrite, type View } from "../../core/store/view.ts";
import { createVersions, versionedBucket } from "../../core/versions/create-versions.ts";
import type { OpenedStore } from "./store.ts";

const ALICE = "basicauth:alice";
const KEEP_ALL = { excludedObjects: [], excludedUsers: ["basicauth:robot"] };
const { collection: COLLECTION, record: RECORD } = RESOURCES.core;
let counter = 0;

/** The contract of every implementation of the port. @param open opens a store on an empty table */
export const versionsContract = (
  name: string,
  open: (now: () => number) => Promise<OpenedStore & { readonly versions: Versions }>,
) =>
  describe(`versions on ${name}`, () => {
    let now = 1_700_000_000_000;
    let opened: Awaited<ReturnType<typeof open>>;
    let store: Store;
    let versions: Versions;
    beforeAll(async () => {
      opened = await open(() => now);
      ({ store, versions } = opened);
    });
    afterAll(() => opened[Symbol.asyncDispose]());

    const run = (refs: readonly ObjectRef[], change: (view: View) => void) =>
      transact(
        {
          ...createTransactionContext(store, () => now++),
          createVersions: async (view, changes) => createVersions(KEEP_ALL, view, changes, now),
        },
        {
          objects: refs,
          parents: refs.flatMap((ref) => readsForWrite(ref).parents),
          clocks: refs.flatMap((ref) => readsForWrite(ref).clocks),
          writes: refs.map(({ list }) => list),
        },
        ({ view }) => {
          change(view);
          return view;
        },
      );
    const put = (ref: ObjectRef, data = {}, { by = ALICE, lastModified = undefined as number | undefined } = {}) =>
      run([ref], (view) => view.put(ref, { data, acl: { write: [by] }, changedBy: by, lastModified }));
    const remove = (ref: ObjectRef) => run([ref], (view) => view.delete(ref, ALICE));
    const newRecords = async () => {
      // Lists have clocks of their own: that of the buckets may be ahead.
      now += 10_000;
      const bucket = objectRef(BUCKETS, `v${counter++}`);
      const view = await put(bucket);
      const collection = objectRef(listRef(COLLECTION, bucket), "c");
      const of = await put(collection);
      const records = listRef(RECORD, collection);
      const kept = versionedBucket(view, bucket);
      if (kept === undefined) throw new Error("the bucket was not created");
      return { bucket, collection, records, kept, parentGeneration: of.parentGeneration(records) ?? "none" };
    };
    const all = async (bucket: Version["bucket"], descending = false) =>
      (await versions.list(bucket, { descending, limit: 200 })).versions;
    const uris = (found: readonly Version[]) => found.map(({ action, uri }) => `${action} ${uri.split("/").at(-1)}`);

    it("takes over versions of another store, and the same ones again without an effect", async () => {
      const [from, to] = [await newRecords(), await newRecords()];
      await put(objectRef(from.records, "r"), { n: 1 });
      const moved = (await all(from.kept)).slice(2).map((version) => ({ ...version, bucket: to.kept }));
      await versions.put(moved);
      await versions.put(moved);

      expect((await all(to.kept)).filter(({ uri }) => uri.endsWith("/r"))).toEqual(moved);
    });

    it("keeps what each change has made, in its transaction", async () => {
      const { records, kept, parentGeneration } = await newRecords();
      const record = objectRef(records, "r");
      await put(record, { n: 1 });
      const updated = (await put(record, { n: 2 })).object(record);
      const deleted = await remove(record);

      const found = (await all(kept)).slice(2);
      expect(uris(found)).toEqual(["create r", "update r", "delete r"]);
      expect(found[1]).toEqual({
        bucket: kept,
        uri: record.uri,
        resourceName: "record",
        action: "update",
        user: ALICE,
        date: expect.any(Number),
        revision: updated?.revision,
        last_modified: updated?.last_modified,
        replaced: { revision: found[0]?.revision, existed: true },
        json: updated?.json,
        acl: { write: [ALICE] },
        parentGeneration,
      });
      expect(found[2]).toMatchObject({ json: updated?.json, last_modified: deleted.changes[0]?.after.last_modified });
      await put(record);
      expect((await all(kept, true))[0]).toMatchObject({
        action: "create",
        replaced: { revision: found[2]?.revision, existed: false },
      });
    });

    it("keeps nothing of excluded users, and of what was created and deleted at once", async () => {
      const { records, kept } = await newRecords();
      await put(objectRef(records, "r"), {}, { by: "basicauth:robot" });
      const short = objectRef(records, "short");
      await run([short], (view) => {
        view.put(short, { data: {}, acl: {}, changedBy: ALICE });
        view.delete(short, ALICE);
      });

      expect(uris(await all(kept))).toEqual([`create ${kept.uri.split("/").at(-1)}`, "create c"]);
    });

    it("does not write versions of a commit that fails", async () => {
      const { records, kept } = await newRecords();
      const record = objectRef(records, "r");
      const view = await put(record);
      const [change] = view.changes;
      if (change === undefined) throw new Error("nothing was changed");

      const late = createVersions(KEEP_ALL, view, [change], now);
      expect(await store.commit({ changes: [change], clocks: [], outbox: [], versions: late })).toEqual({
        kind: "stale",
      });
      expect(await all(kept)).toHaveLength(3);
    });

    it("reads pages in both orders and within bounds", async () => {
      const { records, kept } = await newRecords();
      for (let i = 0; i < 5; i++) await put(objectRef(records, `r${i}`));
      const list = (await all(kept)).slice(2);
      const [first, , third, , last] = list;
      const bounds = { since: first?.revision, before: last?.revision };

      const page = await versions.list(kept, { descending: true, limit: 2, ...bounds });
      expect(uris(page.versions)).toEqual(["create r3", "create r2"]);
      expect(page.next).toEqual({ revision: third?.revision, uri: third?.uri });
      expect(page.bytes).toBeGreaterThan(0);
      const rest = await versions.list(kept, { descending: true, limit: 2, ...bounds, after: page.next });
      expect(uris(rest.versions)).toEqual(["create r1"]);
      expect(rest.next).toBeUndefined();
      const none = { since: first?.revision, before: first?.revision };
      expect((await versions.list(kept, { descending: false, limit: 2, ...none })).versions).toEqual([]);
    });

    it("finds the versions of an object by revision, also those with an imported time", async () => {
      const { records, kept, parentGeneration } = await newRecords();
      const [record, longer] = [objectRef(records, "r"), objectRef(records, "r-1")];
      await put(record, { n: 1 }, { lastModified: 1000 });
      await put(longer);
      await put(record, { n: 2 }, { lastModified: 2000 });
      const of = { list: records.uri, parentGeneration };

      const { found } = await versions.find(kept, { ...of, id: "r" }, { limit: 10 });
      const [first, second] = found;
      expect(found.map(({ uri, replaced }) => [uri, replaced])).toEqual([
        [record.uri, { revision: 0, existed: false }],
        [record.uri, { revision: first?.revision, existed: true }],
      ]);
      const next = await versions.find(kept, { ...of, id: "r" }, { since: first?.revision, limit: 1 });
      expect(next).toMatchObject({ found: [second], hasMore: expect.any(Boolean) });
      const { versions: read } = await versions.get(kept, [...found, { revision: 1, uri: record.uri }]);
      expect(read.map(({ json }) => JSON.parse(json)).toSorted((a, b) => a.n - b.n)).toEqual([
        { n: 1, id: "r", last_modified: 1000 },
        { n: 2, id: "r", last_modified: 2000 },
      ]);
    });

    it("finds the versions of a list without those of its objects' lists", async () => {
      const { bucket, collection, records, kept, parentGeneration } = await newRecords();
      await put(objectRef(records, "a"));
      await put(objectRef(records, "b"));
      await remove(collection);
      await put(collection);
      await put(objectRef(records, "c"));

      const of = { list: records.uri };
      const page = await versions.find(kept, of, { limit: 1 });
      expect(page).toMatchObject({ found: [{ id: "a", parentGeneration }], hasMore: true });
      const rest = await versions.find(kept, of, { limit: 5, after: page.found[0] });
      expect(rest).toMatchObject({ found: [{ id: "b" }, { id: "c" }], hasMore: false });
      expect(rest.found[1]?.parentGeneration).not.toBe(parentGeneration);
      expect((await versions.find(kept, { ...of, id: "c" }, { limit: 5 })).found).toEqual([rest.found[1]]);
      const lists = { list: listRef(COLLECTION, bucket).uri };
      expect((await versions.find(kept, lists, { limit: 9 })).found.map(({ id }) => id)).toEqual(["c", "c", "c"]);
    });

    it("keeps large content, compressed", async () => {
      const { records, kept } = await newRecords();
      const record = objectRef(records, "r");
      const text = randomBytes(140_000).toString("hex");
      await put(record, { text, ["__proto__"]: [] });

      const [version] = await all(kept, true);
      expect(JSON.parse(version?.json ?? "")).toMatchObject({ text });
      expect(version?.json).toContain('"__proto__"');
    });

    it.each(["buckets", "collections"])("writes 25 new %s in one transaction", async (resource) => {
      const bucket = objectRef(BUCKETS, `v${counter++}`);
      await put(bucket);
      const list = resource === "buckets" ? BUCKETS : listRef(COLLECTION, bucket);
      const refs = Array.from({ length: 25 }, () => objectRef(list, `v${counter++}`));
      const view = await run(refs, (changed) => {
        for (const ref of refs) changed.put(ref, { data: {}, acl: { write: [ALICE] }, changedBy: ALICE });
      });

      const last = refs[24] as ObjectRef;
      const kept = versionedBucket(view, last);
      if (kept === undefined) throw new Error("the bucket was not created");
      expect((await all(kept)).map(({ uri }) => uri)).toContain(last.uri);
    });

    it("deletes some versions, and remembers when", async () => {
      const { records, kept, parentGeneration } = await newRecords();
      const record = objectRef(records, "r");
      await put(record);
      expect(await versions.deletedAt(kept)).toBe(0);
      expect(await versions.count(kept)).toBe(3);
      const [version] = await all(kept, true);
      await versions.delete(kept, [version as Version], now);

      expect(uris(await all(kept))).not.toContain("create r");
      expect(await versions.count(kept)).toBe(2);
      const of = { list: records.uri, parentGeneration };
      expect(await versions.find(kept, of, { limit: 9 })).toMatchObject({ found: [], hasMore: false });
      expect(await versions.deletedAt(kept)).toBe(now);
    });

    it("has nothing of a bucket that was deleted and created again, and removes the old versions", async () => {
      const { bucket, records, kept } = await newRecords();
      await put(objectRef(records, "r"));
      await remove(bucket);
      const view = await put(bucket);

      const renewed = versionedBucket(view, bucket);
      expect(renewed?.generation).not.toBe(kept.generation);
      expect(uris(await all(renewed ?? kept))).toEqual([`create ${bucket.id}`]);
      expect(await all(kept)).toHaveLength(3);
      expect(await versions.purge(kept, () => false)).toBe(true);
      expect(await all(kept)).toEqual([]);
      expect(await all(renewed ?? kept)).toHaveLength(1);
    });
  });
