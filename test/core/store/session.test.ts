import { describe, expect, it } from "@jest/globals";
import type { Page, PageQuery, Store } from "../../../core/ports/store.ts";
import type { ObjectRef } from "../../../core/resources.ts";
import { type Session, SnapshotCache } from "../../../core/store/session.ts";
import { openSession } from "./open-session.ts";
import { BUCKET, COLLECTION, DRAFT, RECORDS, recordOf, stored } from "./open-view.ts";

const [A, B, C] = [recordOf("a"), recordOf("b"), recordOf("c")];

describe("the cache of a session", () => {
  const items = { objects: [A, A, B], parents: [A, BUCKET, BUCKET], clocks: [RECORDS, RECORDS], members: ["m", "m"] };
  const unique = { objects: [A, B], parents: [BUCKET], clocks: [RECORDS], members: ["m"] };
  const NONE = { objects: [], parents: [], clocks: [], members: [] };

  it("requests each item once", () => {
    const cache = new SnapshotCache();
    expect(cache.requested).toEqual(NONE);
    expect(cache.addMissing(items)).toEqual(unique);

    expect(cache.addMissing(items)).toBeUndefined();
    expect(cache.addMissing({ objects: [B], clocks: [] })).toBeUndefined();
    expect(cache.requested).toEqual(unique);
  });

  it.each([
    { objects: [A] },
    { parents: [A] },
    { clocks: [RECORDS] },
    { members: ["m"] },
    { clocks: [RECORDS], members: ["m"] },
  ])("requests some items only (%#)", (request) => {
    expect(new SnapshotCache().addMissing({ objects: [], clocks: [], ...request })).toEqual({ ...NONE, ...request });
  });

  it("requests heads of what it has not requested as a whole", () => {
    const cache = new SnapshotCache();
    cache.addMissing({ objects: [A], parents: [COLLECTION], clocks: [] });
    const request = { objects: [A, B, B], parents: [COLLECTION, BUCKET] };

    expect(cache.addMissingHeads(request)).toEqual({ objects: [B], parents: [BUCKET] });
    expect(cache.addMissingHeads(request)).toBeUndefined();
    expect(cache.addMissingHeads({ objects: [A, C] })).toEqual({ objects: [C], parents: [] });
    cache.forgetHeads();
    expect(cache.addMissingHeads(request)).toEqual({ objects: [B], parents: [BUCKET] });
  });
});

describe("the heads of a session", () => {
  it("are read once, with the size of the objects, until they are forgotten", async () => {
    const readHeads: Store["readHeads"] = async ({ objects }) => ({
      ...{ heads: new Map(objects.map(({ uri }) => [uri, stored()])), bytes: 4096 },
    });
    const { session, calls } = openSession({ readHeads });
    const read = () => session.readHeads({ objects: [A] });

    expect([await read(), await read(), calls.length]).toEqual([4096, 0, 1]);
    expect(session.view.head(A)).toEqual(stored());
    session.forgetHeads();
    expect(session.view.head(A)).toBeUndefined();
    expect([await read(), calls.length]).toEqual([4096, 2]);
  });

  it("of a list come in parts, with pending changes", async () => {
    const heads = [A, B].map(({ id }) => [id, stored()] as const);
    const walkHeads: Store["walkHeads"] = async () => ({ heads, bytes: 7, next: "c" });
    const { session } = openSession({ walkHeads }, [A, C]);
    for (const id of ["0", "aa", "b", "c", "d"]) session.view.put(recordOf(id), DRAFT);
    session.view.delete(A, "me");
    const walk = async (after?: string) => {
      const { refs, ...rest } = await session.walkHeads(RECORDS, { parentGeneration: "c1", after, limit: 2 });
      return { ids: refs.map(({ id }) => id).toSorted(), ...rest };
    };

    expect(await walk()).toEqual({ ids: ["0", "aa", "b", "c"], bytes: 7, next: "c" });
    expect(await walk("0")).toEqual({ ids: ["aa", "b", "c"], bytes: 7, next: "c" });
    const { session: last } = openSession({ walkHeads: async () => ({ heads, bytes: 7 }) });
    last.view.put(recordOf("z"), DRAFT);
    const page = await last.walkHeads(RECORDS, { parentGeneration: "c1", limit: 2 });
    expect(page).toEqual({ refs: [A, B, recordOf("z")], bytes: 7 });
    expect(last.view.head(B)).toEqual(stored());
  });
});

describe("the pages of a session", () => {
  const QUERY: PageQuery = { parentGeneration: "c1", limit: 2, tombstones: false };
  const entry = (id: string, last_modified: number) => ({ id, json: "{}", last_modified });
  const open = (page: Page, ...objects: readonly ObjectRef[]) => openSession({ readPage: async () => page }, objects);
  const read = async (session: Session, query: Partial<PageQuery> = {}) => {
    const { entries, next } = await session.readPage(RECORDS, { ...QUERY, ...query });
    return { ids: entries.map(({ id }) => id), next };
  };

  it("are those of the store without changes", async () => {
    const page = { entries: [entry("a", 3)], next: entry("a", 3), bytes: 7 };
    const { session, calls } = open(page);

    expect(await session.readPage(RECORDS, QUERY)).toBe(page);
    expect(calls).toEqual([["readPage", RECORDS, QUERY]]);
  });

  it("have as many entries of the store as changes may hide", async () => {
    const { session, calls } = open({ entries: [entry("a", 8), entry("b", 7), entry("c", 6)], bytes: 7 }, A, B);
    for (const ref of [A, B]) session.view.delete(ref, "me");

    expect(await read(session)).toEqual({ ids: ["c"], next: undefined });
    expect(calls).toEqual([["readPage", RECORDS, { ...QUERY, limit: 4 }]]);
  });

  it("leave out changes behind what was read, which come with a later page", async () => {
    const { session } = open(
      { entries: [entry("c", 8), entry("d", 7)], next: { last_modified: 7, id: "d" }, bytes: 7 },
      A,
    );
    for (const [ref, lastModified] of [
      [A, 7.5],
      [B, 5],
    ] as const)
      session.view.put(ref, { ...DRAFT, lastModified });

    expect(await read(session, { limit: 9 })).toEqual({ ids: ["c", "a", "d"], next: { last_modified: 7, id: "d" } });
    expect(await read(session)).toEqual({ ids: ["c", "a"], next: { last_modified: 7.5, id: "a" } });
  });

  it("are empty without a next one when all is deleted", async () => {
    const { session } = open({ entries: [entry("a", 8)], bytes: 7 }, A);
    session.view.delete(A, "me");

    expect(await session.readPage(RECORDS, QUERY)).toEqual({ entries: [], bytes: 7 });
  });
});

describe("the count of a session", () => {
  const stored10 = { count: 10, isComplete: false, bytes: 7 };
  it("includes pending changes of the generation within the bounds", async () => {
    const { session, cache, calls } = openSession({ count: async () => stored10 }, [A, B]);
    cache.objects.set(C.uri, stored({ parentGeneration: "c0" }));
    session.view.delete(A, "me");
    session.view.put(B, { ...DRAFT, lastModified: 7 });
    session.view.put(C, { ...DRAFT, lastModified: 6 });
    const count = async (bounds: object) => (await session.count(RECORDS, { parentGeneration: "c1", ...bounds })).count;

    expect(await session.count(RECORDS, { parentGeneration: "c1" })).toEqual(stored10);
    expect(calls).toEqual([["count", RECORDS, { parentGeneration: "c1", tombstones: false }]]);
    expect([await count({ since: 5 }), await count({ since: 6 }), await count({ before: 6 })]).toEqual([12, 11, 8]);
    expect(await count({ parentGeneration: "c0" })).toBe(9);
  });
});

describe("objects that a session reads without keeping them", () => {
  it("are the pending or stored ones", async () => {
    const found = new Map([A, B, C].map(({ uri }) => [uri, stored()]));
    found.set(recordOf("d").uri, stored({ parentGeneration: "c0" }));
    const none = { parents: new Map(), clocks: new Map(), memberships: new Map() };
    const { session, cache } = openSession({ read: async () => ({ objects: found, bytes: 7, ...none }) }, [A, B]);
    const after = session.view.put(A, DRAFT);
    session.view.delete(B, "me");

    const read = await session.readOnce([A, B, C, recordOf("d"), recordOf("e")]);
    expect(read).toEqual({
      objects: [
        [A, after],
        [C, stored()],
      ],
      bytes: 7,
    });
    expect(cache.objects.has(C.uri)).toBe(false);
  });
});
