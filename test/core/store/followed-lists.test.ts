import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import type { Store } from "../../../core/ports/store.ts";
import { FollowedLists } from "../../../core/store/followed-lists.ts";
import { PageCache } from "../../../core/store/page-cache.ts";
import { repairClockStep } from "../../../core/store/repair-clock.ts";
import { createTransactionContext, transact } from "../../../core/store/transact.ts";
import { readsForWrite } from "../../../core/store/view.ts";
import { openUseCases } from "../objects/open-use-cases.ts";

const OWNER = "basicauth:owner";
const COLLECTION = "/buckets/a/collections/c";
const DAY_MS = 24 * 3600 * 1000;
const LIST = `${COLLECTION}/records`;

let store: Awaited<ReturnType<typeof openUseCases>>;
let reads = { pages: 0, changes: 0, calls: 0 };

const countReads = (counted: Store): Store => ({
  ...counted,
  readPage: (...query) => {
    reads.pages++;
    return counted.readPage(...query);
  },
  readChanges: (...query) => {
    reads.changes++;
    return counted.readChanges(...query);
  },
  read: (request) => {
    reads.calls++;
    return counted.read(request);
  },
});

beforeEach(async () => {
  store = await openUseCases({ wrap: countReads });
  await store.put("/buckets/a");
  await store.put(COLLECTION, { acl: { write: [OWNER] } });
  for (const n of [3, 1, 2]) await store.put(`${LIST}/r${n}`, { data: { n } });
});
afterEach(() => store[Symbol.asyncDispose]());

const listSorted = async (followed: FollowedLists, query = "_sort=n") => {
  reads = { pages: 0, changes: 0, calls: 0 };
  const { entries } = await store.as(OWNER, undefined, { followed, pages: new PageCache() }).list(LIST, query);
  return { ids: entries.map(({ id }) => id), pages: reads.pages, changes: reads.changes };
};

describe("followed lists", () => {
  it("are read once, and then only what has changed", async () => {
    const lists = new FollowedLists();

    expect(await listSorted(lists)).toEqual({ ids: ["r1", "r2", "r3"], pages: 1, changes: 0 });
    expect(await listSorted(lists, "_sort=-n")).toEqual({ ids: ["r3", "r2", "r1"], pages: 0, changes: 0 });
    await store.put(`${LIST}/r2`, { data: { n: 9 } });
    await store.remove(`${LIST}/r1`);
    expect(await listSorted(lists)).toEqual({ ids: ["r3", "r2"], pages: 0, changes: 1 });
    expect(await listSorted(lists)).toEqual({ ids: ["r3", "r2"], pages: 0, changes: 0 });
  });

  it("are read again after their collection was deleted and created", async () => {
    const lists = new FollowedLists();
    await listSorted(lists);

    await store.remove(COLLECTION);
    await store.put(COLLECTION, { acl: { write: [OWNER] } });
    await store.put(`${LIST}/new`, { data: { n: 1 } });

    expect(await listSorted(lists)).toEqual({ ids: ["new"], pages: 1, changes: 0 });
  });

  it("are read again after their timestamp was set back", async () => {
    const lists = new FollowedLists();
    const list = store.listOf(LIST);
    const ahead = createTransactionContext(store.store, () => Date.now() + 2 * DAY_MS);
    const ref = store.refOf(`${LIST}/r4`);
    await transact(ahead, { ...readsForWrite(ref), writes: [list] }, ({ view }) =>
      view.put(ref, { data: { n: 4 }, acl: {}, changedBy: OWNER }),
    );
    expect((await listSorted(lists)).ids).toEqual(["r1", "r2", "r3", "r4"]);

    const present = createTransactionContext(store.store);
    expect(await repairClockStep(present, list, Date.now())).toEqual({ changed: 1 });
    expect(await repairClockStep(present, list, Date.now())).toEqual({ isDone: true });
    await store.put(`${LIST}/r5`, { data: { n: 0 } });

    expect(await listSorted(lists)).toMatchObject({ ids: ["r5", "r1", "r2", "r3", "r4"], pages: 1 });
  });

  it("are used for filters when a query has looked through many entries", async () => {
    const lists = new FollowedLists();

    expect(await listSorted(lists, "n=2")).toMatchObject({ ids: ["r2"], pages: 1 });
    expect(await listSorted(lists, "n=1")).toMatchObject({ ids: ["r1"], pages: 1 });
    lists.want(store.listOf(LIST));
    expect(await listSorted(lists, "n=1")).toMatchObject({ ids: ["r1"], pages: 1 });
    expect(await listSorted(lists, "n=3")).toMatchObject({ ids: ["r3"], pages: 0 });
  });

  it("are not kept when they are too large", async () => {
    const lists = new FollowedLists(400);

    expect(await listSorted(lists)).toMatchObject({ ids: ["r1", "r2", "r3"], pages: 2 });
    // The second query knows.
    expect(await listSorted(lists)).toMatchObject({ ids: ["r1", "r2", "r3"], pages: 1 });
  });

  it("leave the memory when others need it", async () => {
    const lists = new FollowedLists(1200);
    const other = "/buckets/a/collections/d";
    await store.put(other, { acl: { write: [OWNER] } });
    for (const n of [1, 2, 3]) await store.put(`${other}/records/r${n}`, { data: { n } });
    await listSorted(lists);

    await store.as(OWNER, undefined, { followed: lists }).list(`${other}/records`, "_sort=n");

    expect((await listSorted(lists)).pages).toBe(1);
  });
});
