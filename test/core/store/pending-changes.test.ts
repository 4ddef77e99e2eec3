import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import type { Acl, PageCursor } from "../../../core/ports/store.ts";
import { listRef, RESOURCES } from "../../../core/resources.ts";
import { isBehind, newestFirst, type Session } from "../../../core/store/session.ts";
import { transact } from "../../../core/store/transact.ts";
import { parentsOf, readsForWrite } from "../../../core/store/view.ts";
import { openObjects } from "../open-objects.ts";

const USER = "basicauth:one";
const LIST_URI = "/buckets/a/collections/c/records";
const group = (id: string) => `/buckets/a/groups/${id}`;

let objects: Awaited<ReturnType<typeof openObjects>>;
beforeAll(async () => {
  objects = await openObjects();
});
afterAll(() => objects[Symbol.asyncDispose]());
beforeEach(async () => {
  await objects.put("/buckets/a");
  await objects.put("/buckets/a/collections/c");
  for (const id of ["a", "b", "c", "d", "e", "f"])
    await objects.put(`${LIST_URI}/${id}`, { data: { id }, acl: id < "d" ? { read: [USER] } : {} });
  await objects.put(group("g"), { data: { members: [USER] } });
  await objects.put(group("h"), { data: { members: [USER] } });
});

/** All that a session returns about the records and groups. */
const readAll = async (session: Session) => {
  const collection = objects.refOf("/buckets/a/collections/c");
  const list = listRef(RESOURCES.core.record, collection);
  const { view } = session;
  await session.read({ objects: [], parents: parentsOf(list), clocks: [list] });
  const parentGeneration = view.parentGeneration(list) ?? "";
  const pages = async (limit: number, options: { tombstones: boolean; since?: number; before?: number }) => {
    const found: (readonly string[])[] = [];
    let after: PageCursor | undefined;
    do {
      const page = await session.readPage(list, { parentGeneration, limit, after, ...options });
      expect(page.entries.length).toBeLessThanOrEqual(limit);
      found.push(page.entries.map(({ id, json }) => `${id} ${json}`));
      after = page.next;
    } while (after !== undefined);
    return found;
  };
  const [newest, , third] = (await session.readPage(list, { parentGeneration, limit: 10, tombstones: false })).entries;
  const bounds = { since: third?.last_modified ?? 0, before: newest?.last_modified ?? 0 };

  const walked: string[] = [];
  let after: string | undefined;
  do {
    const part = await session.walkHeads(list, { parentGeneration, after, limit: 2 });
    walked.push(...part.refs.map(({ id }) => id));
    after = part.next;
  } while (after !== undefined);

  const granted: string[] = [];
  let position: string | undefined;
  do {
    const part = await session.findGrants([USER], { list, after: position, limit: 2 });
    for (const { id } of part.grants) {
      const ref = objects.refOf(`${LIST_URI}/${id}`);
      await session.readHeads({ objects: [ref] });
      if (view.head(ref)?.acl.read?.includes(USER)) granted.push(id);
    }
    position = part.next;
  } while (position !== undefined);

  const memberships = [
    ...(await session.readMemberships(USER, undefined)).groups,
    ...(await session.findMemberships(USER, new Set([group("g"), group("h"), group("i")]))),
  ];
  return {
    pages: await pages(10, { tombstones: false }),
    small: (await pages(2, { tombstones: false })).flat(),
    tombstones: (await pages(3, { tombstones: true })).flat(),
    bounded: await pages(10, { tombstones: true, ...bounds }),
    count: (await session.count(list, { parentGeneration })).count,
    boundedCount: (await session.count(list, { parentGeneration, ...bounds })).count,
    clock: view.clock(list)?.count,
    walked: walked.toSorted(),
    granted: granted.toSorted(),
    memberships: memberships.map((membership) => membership.group).toSorted(),
  };
};

type Change = readonly [uri: string, change: "delete" | { readonly acl?: Acl; readonly members?: readonly string[] }];

describe("a session", () => {
  it.each<[readonly Change[]]>([
    [[]],
    [[[`${LIST_URI}/new`, {}]]],
    [[[`${LIST_URI}/c`, {}]]],
    [[[`${LIST_URI}/c`, "delete"]]],
    [
      [
        [`${LIST_URI}/a`, { acl: {} }],
        [`${LIST_URI}/f`, { acl: { read: [USER] } }],
      ],
    ],
    [
      [
        [`${LIST_URI}/f`, "delete"],
        [`${LIST_URI}/f`, {}],
      ],
    ],
    [
      [
        [`${LIST_URI}/new`, { acl: { read: [USER] } }],
        [`${LIST_URI}/new`, "delete"],
      ],
    ],
    [["a", "b", "c", "d", "e", "f"].map((id): Change => [`${LIST_URI}/${id}`, "delete"])],
    [["0", "aa", "zz"].map((id): Change => [`${LIST_URI}/${id}`, { acl: { read: [USER] } }])],
    [
      [
        [group("g"), { members: [] }],
        [group("i"), { members: [USER] }],
      ],
    ],
    [
      [
        [group("g"), "delete"],
        [group("h"), { members: [USER, "basicauth:two"] }],
      ],
    ],
  ])("returns the pending changes %j as it will after the commit", async (changes) => {
    const before = await readAll(objects.newSession());
    const refs = changes.map(([uri]) => objects.refOf(uri));
    const [first = objects.refOf(`${LIST_URI}/a`)] = refs;
    const pending = await transact(
      objects.transactions,
      { ...readsForWrite(first), writes: [...refs, first].map(({ list }) => list) },
      async (session) => {
        for (const [uri, change] of changes) {
          const ref = objects.refOf(uri);
          await session.read(readsForWrite(ref));
          if (change === "delete") session.view.delete(ref, "test");
          else {
            const { acl = {}, members } = change;
            const data = { changed: true, ...(members && { members: [...members] }) };
            session.view.put(ref, { data, acl, changedBy: "test" });
          }
        }
        return readAll(session);
      },
    );

    const after = await readAll(objects.newSession());
    expect(pending).toEqual(after);
    if (changes.length > 0) expect(after).not.toEqual(before);
  });

  it("reads each item once", async () => {
    const requests: string[][] = [];
    const store = {
      ...objects.store,
      read: (request: Parameters<typeof objects.store.read>[0]) => {
        requests.push(request.objects.map(({ uri }) => uri));
        return objects.store.read(request);
      },
      readHeads: (request: Parameters<typeof objects.store.readHeads>[0]) => {
        requests.push(["heads"]);
        return objects.store.readHeads(request);
      },
    };
    const [a, b] = [objects.refOf(`${LIST_URI}/a`), objects.refOf(`${LIST_URI}/b`)];
    await transact({ ...objects.transactions, store }, { objects: [a], clocks: [], writes: [] }, async (session) => {
      await session.read({ objects: [a], clocks: [] });
      await session.read({ objects: [a, b, b], clocks: [] });
      await session.read({ objects: [a, b], clocks: [a.list] });
      await session.read({ objects: [a, b], clocks: [a.list] });
      expect(await session.readHeads({ objects: [a, b] })).toBe(0);
    });

    expect(requests).toEqual([[a.uri], [b.uri], []]);
  });
});

describe("the order of a list", () => {
  it.each([
    [{ last_modified: 2, id: "a" }, { last_modified: 1, id: "b" }, -1],
    [{ last_modified: 1, id: "a" }, { last_modified: 2, id: "a" }, 1],
    [{ last_modified: 1, id: "b" }, { last_modified: 1, id: "a" }, -1],
    [{ last_modified: 1, id: "a" }, { last_modified: 1, id: "b" }, 1],
    [{ last_modified: 1, id: "a" }, { last_modified: 1, id: "a" }, 0],
  ])("of %j and %j: %j", (a, b, expected) => {
    expect(Math.sign(newestFirst(a, b))).toBe(expected);
    expect(isBehind(a, b)).toBe(expected > 0);
  });
});
