import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { MAX_OBJECT_BYTES } from "../../core/objects/store-object.ts";
import {
  type Commit,
  type ListEntry,
  MAX_MEMBERSHIPS_PER_PAGE,
  type PageQuery,
  type Store,
  type StoredObject,
} from "../../core/ports/store.ts";
import {
  BUCKETS,
  createResources,
  type ListRef,
  listRef,
  type ObjectRef,
  objectRef,
  RESOURCES,
  ROOT_GENERATION,
} from "../../core/resources.ts";
import { createTransactionContext, transact } from "../../core/store/transact.ts";
import { parentsOf, readsForWrite, View } from "../../core/store/view.ts";

export interface OpenedStore {
  readonly store: Store;
  [Symbol.asyncDispose](): Promise<void>;
}

const ALICE = "basicauth:alice";
const { collection: COLLECTION, group: GROUP, record: RECORD } = RESOURCES.core;
let counter = 0;

/** The contract of every implementation of the port. @param open opens a store on an empty table */
export const storeContract = (name: string, open: (now: () => number) => Promise<OpenedStore>) =>
  describe(`store on ${name}`, () => {
    let now = 1_700_000_000_000;
    let opened: OpenedStore;
    let store: Store;

    beforeAll(async () => {
      opened = await open(() => now);
      store = opened.store;
    });
    afterAll(() => opened[Symbol.asyncDispose]());

    const put = (ref: ObjectRef, data = {}, acl: StoredObject["acl"] = { write: [ALICE] }) =>
      transact(createTransactionContext(store), { ...readsForWrite(ref), writes: [ref.list] }, ({ view }) =>
        view.put(ref, { data, acl, changedBy: ALICE }),
      );
    const remove = (ref: ObjectRef) =>
      transact(createTransactionContext(store), { ...readsForWrite(ref), writes: [ref.list] }, ({ view }) =>
        view.delete(ref, ALICE),
      );
    const see = async (...objects: ObjectRef[]) =>
      new View(await store.read({ objects, clocks: objects.map(({ list }) => list) }), now);

    const newBucket = async () => {
      const bucket = objectRef(BUCKETS, `b${counter++}`);
      await put(bucket);
      return bucket;
    };
    const newCollection = async () => {
      const bucket = await newBucket();
      const collection = objectRef(listRef(COLLECTION, bucket), "c");
      await put(collection);
      return { bucket, collection, records: listRef(RECORD, collection) };
    };
    const parentGenerationOf = async (list: ListRef) =>
      new View(await store.read({ objects: [], parents: parentsOf(list), clocks: [] }), now).parentGeneration(list) ??
      "none";
    const page = async (list: ListRef, query: Partial<PageQuery> = {}) =>
      store.readPage(list, {
        parentGeneration: await parentGenerationOf(list),
        limit: 100,
        tombstones: false,
        ...query,
      });
    const grantedIds = async (list: ListRef, principals: string[]) =>
      (await store.findGrants(principals, { list, limit: 100 })).grants.map(({ id }) => id);
    const ids = (entries: readonly ListEntry[]) => entries.map(({ json }) => JSON.parse(json).id);

    describe("read", () => {
      it("returns an object exactly as it was stored", async () => {
        const { records, collection, bucket } = await newCollection();
        const data = {
          text: 'a "quoted" \ud800 \u0000 line',
          nested: { list: [1, null, { deep: true }] },
          ["__proto__"]: { a: 1 },
        };

        const stored = await put(objectRef(records, "r"), data, { write: [ALICE], read: ["system.Everyone"] });

        const view = await see(objectRef(records, "r"), collection, bucket);
        expect(view.object(objectRef(records, "r"))).toEqual(stored);
        expect(JSON.parse(stored.json)).toEqual({ ...data, id: "r", last_modified: stored.last_modified });
      });

      it("skips addresses with invalid ids", async () => {
        const snapshot = await store.read({
          objects: [objectRef(BUCKETS, ""), objectRef(BUCKETS, "#clock"), objectRef(BUCKETS, "x".repeat(5000))],
          clocks: [],
        });

        expect(snapshot.objects.size).toBe(0);
      });

      it("reads more objects than fit into one call", async () => {
        const { records } = await newCollection();
        const refs = Array.from({ length: 130 }, (_, i) => objectRef(records, `r${i}`));
        await Promise.all(refs.slice(0, 10).map((ref) => put(ref)));

        expect((await store.read({ objects: refs, clocks: [] })).objects.size).toBe(10);
      });
    });

    describe("commit", () => {
      const commitOf = async (ref: ObjectRef, act: (view: View) => void): Promise<Commit> => {
        const view = new View(await store.read(readsForWrite(ref)), now);
        act(view);
        return view.buildCommit() as Commit;
      };

      it("rejects a change of an object that has changed since it was read", async () => {
        const { records } = await newCollection();
        const [ref, other] = [objectRef(records, "r"), objectRef(records, "other")];
        await put(ref, { by: "first" });
        const view = new View(await store.read({ ...readsForWrite(ref), objects: [ref, other] }), now);
        view.put(other, { data: {}, acl: {}, changedBy: ALICE });
        view.put(ref, { data: { by: "second" }, acl: {}, changedBy: ALICE });
        await put(ref, { by: "third" });

        expect(await store.commit(view.buildCommit() as Commit)).toEqual({ kind: "stale" });

        const seen = await store.read({ objects: [ref, other], clocks: [] });
        expect(JSON.parse(seen.objects.get(ref.uri)?.json ?? "").by).toBe("third");
        expect(seen.objects.has(other.uri)).toBe(false);
      });

      it("returns the current state of a clock that has moved", async () => {
        const { records } = await newCollection();
        const late = await commitOf(
          objectRef(records, "late"),
          (view) => void view.put(objectRef(records, "late"), { data: {}, acl: {}, changedBy: ALICE }),
        );
        const winner = await put(objectRef(records, "early"));

        const outcome = await store.commit(late);

        expect(outcome).toMatchObject({ kind: "moved" });
        expect(outcome.kind === "moved" && outcome.clocks.get(records.uri)).toMatchObject({
          timestamp: winner.last_modified,
          count: 1,
        });
      });

      it("keeps the number of a list's objects when they are created, changed and deleted", async () => {
        const { records, collection, bucket } = await newCollection();
        for (const id of ["a", "b", "c"]) await put(objectRef(records, id));
        await put(objectRef(records, "b"), { changed: true });
        await remove(objectRef(records, "a"));

        const view = await see(objectRef(records, "b"), collection, bucket);
        expect(view.clock(records)?.count).toBe(2);
      });
    });

    describe("readPage", () => {
      it("returns each entry once, newest first", async () => {
        const { records } = await newCollection();
        for (let i = 0; i < 7; i++) await put(objectRef(records, `r${i}`));

        const first = await page(records, { limit: 3 });
        await put(objectRef(records, "r0"), { moved: "to the front" });
        const second = await page(records, { limit: 3, after: first.next });

        expect([first, second].map(({ entries }) => ids(entries))).toEqual([
          ["r6", "r5", "r4"],
          ["r3", "r2", "r1"],
        ]);
        expect(second.next).toBeUndefined();
      });

      it("applies bounds and merges tombstones when requested", async () => {
        const { records } = await newCollection();
        const stored = [];
        for (let i = 0; i < 6; i++) stored.push(await put(objectRef(records, `r${i}`)));
        await remove(objectRef(records, "r1"));
        await remove(objectRef(records, "r3"));
        const [r0, , , , r4] = stored.map(({ last_modified }) => last_modified);

        expect(ids((await page(records)).entries)).toEqual(["r5", "r4", "r2", "r0"]);
        expect(ids((await page(records, { since: r0, tombstones: true })).entries)).toEqual([
          "r3",
          "r1",
          "r5",
          "r4",
          "r2",
        ]);
        expect(ids((await page(records, { before: r4, tombstones: true })).entries)).toEqual(["r2", "r0"]);
        expect(
          await store.count(records, {
            parentGeneration: await parentGenerationOf(records),
            since: r0,
            tombstones: true,
          }),
        ).toEqual({ count: 5, isComplete: true, bytes: expect.any(Number) });
        const pages = [];
        for (let after: PageQuery["after"], more = true; more; ) {
          const { entries, next } = await page(records, { tombstones: true, limit: 2, after });
          pages.push(...ids(entries));
          [after, more] = [next, next !== undefined];
        }
        expect(pages).toEqual(["r3", "r1", "r5", "r4", "r2", "r0"]);
      });

      it("limits a page to the size of a Lambda response", async () => {
        const { records } = await newCollection();
        for (let i = 0; i < 10; i++) await put(objectRef(records, `r${i}`), { large: "x".repeat(380_000) });

        const first = await page(records);
        const second = await page(records, { after: first.next });

        expect(first.entries.map(({ json }) => json.length).reduce((a, b) => a + b)).toBeLessThan(3_000_000);
        expect([...ids(first.entries), ...ids(second.entries)]).toHaveLength(10);
        expect(second.next).toBeUndefined();
      });

      it("limits a page to the given size, with at least one entry", async () => {
        const { records } = await newCollection();
        for (let i = 0; i < 6; i++) await put(objectRef(records, `r${i}`), { text: "x".repeat(1000) });
        await remove(objectRef(records, "r2"));

        const small = { maxBytes: 2500, tombstones: true };
        const pages: string[][] = [];
        for (let after: PageQuery["after"], more = true; more; ) {
          const { entries, next } = await page(records, { ...small, after });
          pages.push(ids(entries));
          [after, more] = [next, next !== undefined];
        }
        expect(pages).toEqual([["r2", "r5", "r4"], ["r3", "r1"], ["r0"]]);
        expect(ids((await page(records, { maxBytes: 1 })).entries)).toEqual(["r5"]);
      });

      it("returns the size of what the table has read", async () => {
        const { records } = await newCollection();
        for (const [id, length] of [
          ["large", 380_000],
          ["medium", 50_000],
          ["small", 1000],
        ] as const)
          await put(objectRef(records, id), { text: "x".repeat(length) });

        const { bytes } = await page(records);
        expect(bytes).toBeGreaterThanOrEqual(431_000);
        expect(bytes).toBeLessThan(450_000);
        expect((await page(records, { maxBytes: 1 })).bytes).toBeLessThan(bytes);
        expect((await page(records, { since: 9e12 })).bytes).toBeLessThanOrEqual(4096);
        const { bytes: whole } = await store.read({ objects: [objectRef(records, "large")], clocks: [] });
        expect(whole).toBeGreaterThanOrEqual(380_000);
      });
    });

    describe("count", () => {
      it("ends when it has read the given size", async () => {
        const { records } = await newCollection();
        for (let i = 0; i < 12; i++) await put(objectRef(records, `r${i}`), { text: "x".repeat(150_000) });
        const query = { parentGeneration: await parentGenerationOf(records), tombstones: false };

        expect(await store.count(records, query)).toMatchObject({ count: 12, isComplete: true });
        const part = await store.count(records, { ...query, maxBytes: 1 });
        expect(part.isComplete).toBe(false);
        expect(part.count).toBeGreaterThan(0);
        expect(part.count).toBeLessThan(12);
        expect(part.bytes).toBeGreaterThan(150_000);
      });
    });

    it("walk › returns a generation's objects in the order of their ids, without tombstones", async () => {
      const { records } = await newCollection();
      for (const id of ["Z", "a", "b", "c", "d-1"]) await put(objectRef(records, id));
      await remove(objectRef(records, "b"));
      const [met, of] = [[] as string[], await parentGenerationOf(records)];
      for (let after: string | undefined, more = true; more; more = after !== undefined) {
        const { objects, next } = await store.walk(records, { parentGeneration: of, after, limit: 2 });
        for (const [id, stored] of objects) {
          met.push(id);
          expect(JSON.parse(stored.json)).toMatchObject({ id });
        }
        await put(objectRef(records, "a"), { again: met.length });
        after = next;
      }

      expect(met).toEqual(["Z", "a", "c", "d-1"]);
      const { objects } = await store.walk(records, { parentGeneration: of, limit: 100, tombstones: true });
      expect(objects.map(([id, { deleted }]) => [id, deleted])).toContainEqual(["b", true]);
      expect((await store.walk(records, { parentGeneration: "another", limit: 100 })).objects).toEqual([]);
    });

    it("stores an object of the maximum size in a list with the maximum permissions", async () => {
      const { records, collection, bucket } = await newCollection();
      const acl = { write: [ALICE], read: Array.from({ length: 40 }, (_, i) => `${"p".repeat(1400)}${i}`) };
      const roomy = await put(objectRef(records, "a"), { large: "雲".repeat(110_000) }, acl);
      const largest = await put(objectRef(records, "b"), { large: "x".repeat(MAX_OBJECT_BYTES - 200) });
      const between = await put(objectRef(records, "c"), { large: "x".repeat(195_000) });

      const view = await see(objectRef(records, "a"), objectRef(records, "b"), collection, bucket);
      expect([view.object(objectRef(records, "a")), view.object(objectRef(records, "b"))]).toEqual([roomy, largest]);
      expect((await page(records)).entries.map(({ json }) => json)).toEqual([between.json, largest.json, roomy.json]);
    });

    describe("generations and purge", () => {
      it("hides objects of the old generation and keeps timestamps rising", async () => {
        const { bucket, collection, records } = await newCollection();
        const old = await put(objectRef(records, "r"));

        await remove(bucket);
        await put(bucket);
        await put(collection);

        const view = await see(bucket, collection, objectRef(records, "r"));
        expect(view.object(objectRef(records, "r"))).toBeUndefined();
        expect(view.clock(records)?.count).toBe(0);
        expect(view.clock(records)?.timestamp).toBeGreaterThan(old.last_modified);
        expect((await page(records, { tombstones: true })).entries).toEqual([]);
      });

      it("purges the old generation and keeps new objects with the same ids", async () => {
        const { bucket, collection, records } = await newCollection();
        for (let i = 0; i < 60; i++)
          await put(objectRef(records, `r${i}`), {}, { write: [ALICE], read: ["basicauth:bob"] });
        const ended = await parentGenerationOf(records);
        await remove(bucket);
        await put(bucket);
        await put(collection);
        await put(objectRef(records, "r7"), { of: "the new generation" }, { read: ["basicauth:bob"] });

        expect(await store.purge(records, ended, () => true)).toBe(false);
        expect(await store.purge(records, ended, () => false)).toBe(true);

        expect(await grantedIds(records, ["basicauth:bob"])).toEqual(["r7"]);
        const { objects } = await store.read({
          objects: Array.from({ length: 60 }, (_, i) => objectRef(records, `r${i}`)),
          clocks: [],
        });
        expect([...objects.keys()]).toEqual([objectRef(records, "r7").uri]);
      });

      it("rejects a write that started in a generation that was purged meanwhile", async () => {
        const { bucket, records } = await newCollection();
        const ref = objectRef(records, "late");
        const view = new View(await store.read(readsForWrite(ref)), now);
        view.put(ref, { data: {}, acl: {}, changedBy: ALICE });
        const ended = await parentGenerationOf(records);
        await remove(bucket);
        await store.purge(records, ended, () => false);

        expect((await store.commit(view.buildCommit() as Commit)).kind).toBe("moved");
        expect((await store.read({ objects: [ref], clocks: [] })).objects.size).toBe(0);
      });
    });

    it("transact › starts over when the generation was purged meanwhile", async () => {
      const { bucket, collection, records } = await newCollection();
      const ref = objectRef(records, "late");
      const ended = await parentGenerationOf(records);
      let tries = 0;

      const wrote = await transact(
        createTransactionContext(store),
        { ...readsForWrite(ref), writes: [] },
        async ({ view }) => {
          if (view.object(collection) === undefined) return false;
          if (++tries === 1) {
            await remove(bucket);
            await store.purge(records, ended, () => false);
          }
          view.put(ref, { data: {}, acl: {}, changedBy: ALICE });
          return true;
        },
      );

      expect([wrote, tries]).toEqual([false, 1]);
      expect((await store.read({ objects: [ref], clocks: [] })).objects.size).toBe(0);
    });

    it("purge › rejects later writes to a list that had no clock", async () => {
      const { collection } = await newCollection();
      const records = listRef(RESOURCES.core.record, collection);
      const notes = { ...records, uri: `${collection.uri}/notes` };
      const ref = objectRef(notes, "late");
      const view = new View(await store.read(readsForWrite(ref)), now);
      view.put(ref, { data: {}, acl: {}, changedBy: ALICE });

      await store.purge(notes, await parentGenerationOf(records), () => false);

      expect((await store.commit(view.buildCommit() as Commit)).kind).toBe("moved");
      expect((await store.read({ objects: [ref], clocks: [] })).objects.size).toBe(0);
    });

    describe("memberships and shared objects", () => {
      it("updates memberships when a group changes or is deleted", async () => {
        const bucket = await newBucket();
        const group = objectRef(listRef(GROUP, bucket), "editors");
        const [ann, bob] = [`ann${counter}`, `bob${counter}`];
        const memberships = async (member: string) =>
          (await store.read({ objects: [], clocks: [], members: [member] })).memberships
            .get(member)
            ?.groups.map((one) => one.group);

        await put(group, { members: [ann, bob] });
        expect([await memberships(ann), await memberships(bob)]).toEqual([[group.uri], [group.uri]]);
        await put(group, { members: [bob] });
        expect([await memberships(ann), await memberships(bob)]).toEqual([[], [group.uri]]);
        await remove(group);
        expect(await memberships(bob)).toEqual([]);
      });

      it("stores a group whose members do not fit into one transaction, with unverified memberships", async () => {
        const bucket = await newBucket();
        const group = objectRef(listRef(GROUP, bucket), "crowd");
        const members = Array.from({ length: 300 }, (_, i) => `one${counter}-${i}`);
        const row = async (member: string) =>
          (await store.read({ objects: [], clocks: [], members: [member] })).memberships.get(member)?.groups[0];

        await put(group, { members });
        expect(await row(members[299] as string)).toMatchObject({ group: group.uri, unverified: true });
        await put(group, { members: members.slice(0, 10) });
        expect(await row(members[299] as string)).toBeUndefined();
        expect(await row(members[3] as string)).toMatchObject({ group: group.uri });
      });

      it("finds the objects of a list that name a principal", async () => {
        const { bucket, records } = await newCollection();
        const carl = `carl${counter}`;
        await put(objectRef(records, "mine"), {}, { read: [carl] });
        await put(objectRef(records, "not"), {}, {});
        await put(objectRef(listRef(GROUP, bucket), "g"), {}, { read: [carl] });

        expect(await grantedIds(records, [carl, "stranger"])).toEqual(["mine"]);
        await put(objectRef(records, "mine"), {}, {});
        expect(await grantedIds(records, [carl])).toEqual([]);
      });

      it("finds the objects that name one of several principals once each, in pages", async () => {
        const { records } = await newCollection();
        const principals = Array.from({ length: 12 }, (_, n) => `dora${counter}-${n}`);
        const ids = Array.from({ length: 90 }, (_, n) => `r${String(n).padStart(2, "0")}`);
        for (const [n, id] of ids.entries())
          await put(
            objectRef(records, id),
            {},
            // One principal is named by all, so that its items need several calls.
            { read: n % 3 === 0 ? [principals[n % 12] as string] : [], write: [principals[0] as string] },
          );

        for (const limit of [1, 7, 52, 200]) {
          const found: string[] = [];
          let after: string | undefined;
          do {
            const page = await store.findGrants(principals, { list: records, limit, after });
            expect(page.grants.length).toBeLessThanOrEqual(limit);
            found.push(...page.grants.map(({ id }) => id));
            after = page.next;
          } while (after !== undefined);
          expect(found).toEqual(ids.toReversed());
        }
      });

      it("finds the objects of all lists that name a principal", async () => {
        const { bucket, collection, records } = await newCollection();
        const emil = `emil${counter}`;
        for (const ref of [bucket, collection, objectRef(records, "r")]) await put(ref, {}, { read: [emil] });

        const { grants, next } = await store.findGrants([emil], { limit: 10 });
        expect([grants.map(({ list, id }) => `${list}/${id}`).toSorted(), next]).toEqual([
          [bucket.uri, collection.uri, `${records.uri}/r`],
          undefined,
        ]);
      });

      it("reads a member's groups in pages, and some of them by name", async () => {
        const bucket = await newBucket();
        const groups = listRef(GROUP, bucket);
        const member = `fred${counter}`;
        const uris = Array.from({ length: MAX_MEMBERSHIPS_PER_PAGE + 5 }, (_, n) => objectRef(groups, `g${1000 + n}`));
        await Promise.all(
          Array.from({ length: 5 }, async (_, part) => {
            for (const ref of uris.filter((_, n) => n % 5 === part)) await put(ref, { members: [member] }, {});
          }),
        );

        const first = (await store.read({ objects: [], clocks: [], members: [member] })).memberships.get(member);
        expect(first?.groups).toHaveLength(MAX_MEMBERSHIPS_PER_PAGE);
        const rest = await store.readMemberships(member, first?.next ?? "");
        expect([...(first?.groups ?? []), ...rest.groups].map(({ group }) => group)).toEqual(
          uris.map(({ uri }) => uri),
        );
        expect(rest.next).toBeUndefined();
        const [last, none] = [uris.at(-1) as ObjectRef, objectRef(groups, "none")];
        expect((await store.findMemberships(member, [last.uri, none.uri])).map(({ group }) => group)).toEqual([
          last.uri,
        ]);
      });
    });

    describe("heads", () => {
      const text = "x".repeat(100_000);

      it("are objects without their data", async () => {
        const { records } = await newCollection();
        const [object, deleted, none] = ["a", "b", "c"].map((id) => objectRef(records, id)) as [
          ObjectRef,
          ObjectRef,
          ObjectRef,
        ];
        const { json, ...head } = await put(object, { text }, { read: [ALICE] });
        await put(deleted);
        await remove(deleted);
        const { heads, bytes } = await store.readHeads({ objects: [object, deleted, none] });

        expect(json).toContain(text);
        expect(heads.get(object.uri)).toEqual(head);
        expect(heads.get(deleted.uri)?.deleted).toBe(true);
        expect(heads.has(none.uri)).toBe(false);
        expect(bytes).toBeGreaterThanOrEqual(100_000);
      });

      it("of a list are read in the order of ids, in parts, without tombstones", async () => {
        const { records } = await newCollection();
        for (const id of ["c", "a", "e", "b", "d"]) await put(objectRef(records, id), { text });
        await remove(objectRef(records, "b"));
        const parentGeneration = await parentGenerationOf(records);
        const found: string[] = [];
        let after: string | undefined;
        do {
          const page = await store.walkHeads(records, { parentGeneration, after, limit: 2 });
          found.push(...page.heads.map(([id]) => id));
          after = page.next;
        } while (after !== undefined);

        expect(found).toEqual(["a", "c", "d", "e"]);
      });
    });

    describe("parents", () => {
      const readParents = async (...parents: ObjectRef[]) => {
        const [snapshot, { heads }] = await Promise.all([
          store.read({ objects: [], parents, clocks: [] }),
          store.readHeads({ objects: [], parents }),
        ]);
        expect(snapshot.objects.size).toBe(0);
        expect([...heads.keys()].toSorted()).toEqual([...snapshot.parents.keys()].toSorted());
        return snapshot.parents;
      };

      it("equal the objects in their lists, and are absent when deleted", async () => {
        const { bucket, collection } = await newCollection();
        const changed = await put(collection, { schema: { type: "object" } }, { read: [ALICE] });
        const { objects } = await store.read({ objects: [bucket, collection], clocks: [] });

        expect(await readParents(bucket, collection)).toEqual(objects);
        expect(objects.get(collection.uri)).toEqual(changed);
        await remove(collection);
        expect([...(await readParents(bucket, collection)).keys()]).toEqual([bucket.uri]);
        const again = await put(collection);
        expect((await readParents(collection)).get(collection.uri)).toEqual(again);
      });

      it("do not change when a commit fails", async () => {
        const { bucket } = await newCollection();
        const view = new View(await store.read(readsForWrite(bucket)), now);
        view.delete(bucket, ALICE);
        const winner = await put(bucket, { by: "another" });

        expect(await store.commit(view.buildCommit() as Commit)).toEqual({ kind: "stale" });
        expect((await readParents(bucket)).get(bucket.uri)).toEqual(winner);
      });

      it("are removed by the purge of their list", async () => {
        const { bucket, collection } = await newCollection();
        const ended = await parentGenerationOf(collection.list);
        await remove(bucket);

        await store.purge(collection.list, ended, () => false);
        expect((await readParents(collection)).size).toBe(0);
      });

      it("include objects that were created before a plugin added child resources", async () => {
        const comment = { about: "", principals: { create: [], read: [], write: [] } };
        const { parseUri } = createResources([{ ...comment, name: "comment", plural: "comments", parent: "record" }]);
        const { records } = await newCollection();
        const [old, recent, none] = ["old", "recent", "none"].map((id) => `${records.uri}/${id}`) as [
          string,
          string,
          string,
        ];
        const before = await put(objectRef(records, "old"));
        const after = await put(parseUri(recent) as ObjectRef);

        const parents = await readParents(...[old, recent, none].map((uri) => parseUri(uri) as ObjectRef));
        expect(parents).toEqual(
          new Map([
            [recent, after],
            [old, before],
          ]),
        );
      });

      it("fit into the transaction of a batch that creates 25 buckets", async () => {
        const refs = Array.from({ length: 25 }, () => objectRef(BUCKETS, `b${counter++}`));
        const reads = refs.map(readsForWrite);
        await transact(
          createTransactionContext(store),
          {
            objects: refs,
            clocks: reads.flatMap(({ clocks }) => clocks),
            writes: [BUCKETS],
          },
          ({ view }) => {
            for (const ref of refs) view.put(ref, { data: {}, acl: { write: [ALICE] }, changedBy: ALICE });
          },
        );

        expect((await readParents(...refs)).size).toBe(25);
      });
    });

    describe("commits whose index items do not fit into a transaction", () => {
      const many = Array.from({ length: 150 }, (_, n) => `basicauth:${n}`);
      const commitOf = async (ref: ObjectRef, acl: StoredObject["acl"]) => {
        const view = new View(await store.read(readsForWrite(ref)), now);
        view.put(ref, { data: {}, acl, changedBy: ALICE });
        return view.buildCommit() as Commit;
      };

      it("are prepared once for all attempts of the same change", async () => {
        const { records } = await newCollection();
        const ref = objectRef(records, "r");
        const commit = await commitOf(ref, { read: many });
        expect(await store.commit(commit)).toEqual({ kind: "unprepared" });
        const prepared = await store.prepareIndex(commit);
        expect(await grantedIds(records, ["basicauth:149"])).toEqual(["r"]);
        const other = await commitOf(ref, { read: [...many, "basicauth:other"] });
        expect(await store.commit(other, prepared)).toEqual({ kind: "unprepared" });

        expect(await store.commit(commit, prepared)).toEqual({ kind: "done" });
        await store.cleanIndex(commit, prepared);
        expect(await grantedIds(records, ["basicauth:149"])).toEqual(["r"]);
      });

      it("delete the items that they removed, but not those that were added again", async () => {
        const { records } = await newCollection();
        const ref = objectRef(records, "r");
        await put(ref, {}, { read: many });
        const removal = await commitOf(ref, {});
        const prepared = await store.prepareIndex(removal);
        expect(await grantedIds(records, ["basicauth:7"])).toEqual(["r"]);
        expect(await store.commit(removal, prepared)).toEqual({ kind: "done" });
        await put(ref, {}, { read: ["basicauth:7"] });

        await store.cleanIndex(removal, prepared);
        expect(await grantedIds(records, ["basicauth:7"])).toEqual(["r"]);
        expect(await grantedIds(records, ["basicauth:8"])).toEqual([]);
      });
    });

    describe("secrets and claims", () => {
      it("responds to a ping, with and without a write", async () => {
        await store.ping({ writes: false });
        await store.ping({ writes: true });
        await store.ping({ writes: true });
      });

      it("generates a secret once for concurrent callers", async () => {
        const secrets = await Promise.all(Array.from({ length: 8 }, () => store.getSecret(`s${counter}`)));

        expect(new Set(secrets).size).toBe(1);
        expect(secrets[0]).toMatch(/^[0-9a-f]{64}$/);
      });

      it("grants a claim to one worker until it is settled, released or expired", async () => {
        const [one, two] = [
          { owner: "one", until: now + 1000 },
          { owner: "two", until: now + 9000 },
        ];

        expect(await store.claim("k", one)).toEqual({ kind: "taken", tries: 1 });
        expect(await store.claim("k", two)).toEqual({ kind: "busy", until: one.until });
        await store.release("k", two, { forget: true });
        expect(await store.claim("k", two)).toEqual({ kind: "busy", until: one.until });
        await store.release("k", one, { forget: false });
        expect(await store.claim("k", one)).toEqual({ kind: "taken", tries: 2 });
        now += 2000;
        expect(await store.claim("k", two)).toEqual({ kind: "taken", tries: 3 });
        await store.release("k", two, { forget: true });
        expect(await store.claim("k", two)).toEqual({ kind: "taken", tries: 1 });
        await store.settle("k", two);
        await store.release("k", two, { forget: true });
        now += 100_000;
        expect(await store.claim("k", one)).toEqual({ kind: "done" });
      });
    });

    it("gives the list of buckets a permanent generation", async () => {
      const view = await see(await newBucket());
      expect(view.parentGeneration(BUCKETS)).toBe(ROOT_GENERATION);
    });
  });
