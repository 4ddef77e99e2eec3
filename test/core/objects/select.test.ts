import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { SelectionCursor } from "../../../core/objects/select.ts";
import { createSelector, pageLimit } from "../../../core/objects/select.ts";
import type { StoredObject } from "../../../core/ports/store.ts";
import type { JsonObject } from "../../../lib/json.ts";
import { openUseCases } from "./open-use-cases.ts";

const OWNER = "basicauth:owner";
const GUEST = "basicauth:guest";
const LIST = "/buckets/a/collections/c/records";

let store: Awaited<ReturnType<typeof openUseCases>>;
let times: Readonly<Record<string, number>>;
const uriOf = (id: string) => `${LIST}/${id}`;

beforeAll(async () => {
  store = await openUseCases({ settings: { paginateBy: 6 } });
  await store.put("/buckets/a");
  await store.put("/buckets/a/collections/c", { acl: { write: [OWNER] } });
  // From old to new. The guest may read those of an odd number.
  for (const n of [1, 2, 3, 4, 5, 6, 7, 8])
    await store.put(uriOf(`r${n}`), {
      data: { n, third: n % 3, name: `name ${9 - n}` },
      acl: n % 2 === 1 ? { read: [GUEST] } : {},
    });
  await store.put(uriOf("gone"), { acl: { read: [GUEST] } });
  await store.remove(uriOf("gone"));
  const { entries } = await store.as(OWNER).list(LIST, "_since=0&_limit=9");
  const { entries: more } = await store.as(OWNER).list(LIST, "_sort=last_modified");
  times = Object.fromEntries([...entries, ...more].map(({ id, last_modified }) => [id, last_modified]));
});
afterAll(() => store[Symbol.asyncDispose]());

const withTimes = (query: string) => query.replace(/\{(\w+)\}/g, (_, id: string) => String(times[id]));

describe("a list", () => {
  it.each<[string, readonly (readonly string[])[], readonly (readonly string[])[]]>([
    [
      "",
      [
        ["r8", "r7", "r6", "r5", "r4", "r3"],
        ["r2", "r1"],
      ],
      [["r7", "r5", "r3", "r1"]],
    ],
    [
      "_limit=20",
      [
        ["r8", "r7", "r6", "r5", "r4", "r3"],
        ["r2", "r1"],
      ],
      [["r7", "r5", "r3", "r1"]],
    ],
    [
      "_limit=3",
      [
        ["r8", "r7", "r6"],
        ["r5", "r4", "r3"],
        ["r2", "r1"],
      ],
      [["r7", "r5", "r3"], ["r1"]],
    ],
    [
      "_limit=4",
      [
        ["r8", "r7", "r6", "r5"],
        ["r4", "r3", "r2", "r1"],
      ],
      [["r7", "r5", "r3", "r1"]],
    ],
    ["_limit=2&third=1", [["r7", "r4"], ["r1"]], [["r7", "r1"]]],
    ["_limit=3&third=1", [["r7", "r4", "r1"]], [["r7", "r1"]]],
    ["_limit=1&min_n=6", [["r8"], ["r7"], ["r6"]], [["r7"]]],
    ["n=99", [[]], [[]]],
    [
      "_sort=n",
      [
        ["r1", "r2", "r3", "r4", "r5", "r6"],
        ["r7", "r8"],
      ],
      [["r1", "r3", "r5", "r7"]],
    ],
    [
      "_sort=n&_limit=8",
      [
        ["r1", "r2", "r3", "r4", "r5", "r6"],
        ["r7", "r8"],
      ],
      [["r1", "r3", "r5", "r7"]],
    ],
    [
      "_sort=third,-n&_limit=3",
      [
        ["r6", "r3", "r7"],
        ["r4", "r1", "r8"],
        ["r5", "r2"],
      ],
      [["r3", "r7", "r1"], ["r5"]],
    ],
    ["_sort=name&_limit=4&max_n=5", [["r5", "r4", "r3", "r2"], ["r1"]], [["r5", "r3", "r1"]]],
    ["_sort=-n&_limit=1&min_n=7", [["r8"], ["r7"]], [["r7"]]],
    [
      "_sort=last_modified&_limit=6",
      [
        ["r1", "r2", "r3", "r4", "r5", "r6"],
        ["r7", "r8"],
      ],
      [["r1", "r3", "r5", "r7"]],
    ],
    ["_since={r6}", [["gone", "r8", "r7"]], [["r7"]]],
    ["_since={r6}&_limit=2", [["gone", "r8"], ["r7"]], [["r7"]]],
    ["_since={r6}&_before={r8}", [["r7"]], [["r7"]]],
    ["_before={r3}", [["r2", "r1"]], [["r1"]]],
    ["_since={r2}&_sort=n&_limit=9", [["r3", "r4", "r5", "r6", "r7", "r8"], ["gone"]], [["r3", "r5", "r7"]]],
  ])("by %j has the pages %j for its owner and %j for whom it is shared with", async (query, all, shared) => {
    const ids = await store.as(OWNER).listIds(LIST, withTimes(query));
    const sharedIds = await store.as(GUEST).listIds(LIST, withTimes(query));

    expect({ ids, sharedIds }).toEqual({ ids: all, sharedIds: shared });
  });

  it.each<[string, number, number]>([
    ["", 8, 4],
    ["_limit=2", 8, 4],
    ["third=0", 2, 1],
    ["_since={r6}", 2, 1],
    ["_before={r3}", 2, 1],
    ["_since={r6}&_before={r8}", 1, 1],
    ["_since={r6}&n=8", 1, 0],
    ["_since={r6}&has_n=false", 0, 0],
  ])("by %j has %j objects for its owner and %j for whom it is shared with", async (query, all, shared) => {
    expect(await store.as(OWNER).count(LIST, withTimes(query))).toBe(all);
    expect(await store.as(GUEST).count(LIST, withTimes(query))).toBe(shared);
  });

  it("has the objects' data", async () => {
    const { entries } = await store.as(OWNER).list(LIST, "_limit=1");
    const shared = await store.as(GUEST).list(LIST, "_limit=1");

    expect(entries).toEqual([{ id: "r8", n: 8, third: 2, name: "name 1", last_modified: times.r8 }]);
    expect(shared.entries).toEqual([{ id: "r7", n: 7, third: 1, name: "name 2", last_modified: times.r7 }]);
  });

  it("keeps its pages while objects change between them", async () => {
    const other = await openUseCases();
    await other.put("/buckets/a");
    await other.put("/buckets/a/collections/c", { acl: { write: [OWNER] } });
    for (const id of ["a", "b", "c", "d"]) await other.put(uriOf(id), { acl: { read: [GUEST] } });
    const pageOf = async (user: string, after?: SelectionCursor) => {
      const { entries, next } = await other.as(user).list(LIST, "_limit=2", { ...(after && { after }) });
      return { ids: entries.map(({ id }) => id), next };
    };

    const [all, shared] = [await pageOf(OWNER), await pageOf(GUEST)];
    await other.put(uriOf("b"), { acl: {} });
    await other.put(uriOf("e"), { acl: { read: [GUEST] } });
    expect([all.ids, shared.ids]).toEqual([
      ["d", "c"],
      ["d", "c"],
    ]);
    expect(await pageOf(OWNER, all.next)).toEqual({ ids: ["a"], next: undefined });
    expect(await pageOf(GUEST, shared.next)).toEqual({ ids: ["a"], next: undefined });
    expect((await pageOf(OWNER)).ids).toEqual(["e", "b"]);
    await other[Symbol.asyncDispose]();
  });
});

describe("pageLimit", () => {
  it.each([
    [undefined, 6],
    [4, 4],
    [6, 6],
    [7, 6],
  ])("of %j requested entries is %j", (requested, expected) => {
    expect(pageLimit(store.context, requested)).toBe(expected);
  });
});

describe("createSelector", () => {
  const object = (lastModified: number, data: JsonObject = {}): StoredObject => ({
    json: JSON.stringify(data),
    last_modified: lastModified,
    revision: 1,
    deleted: false,
    acl: {},
    changedBy: "test",
    parentGeneration: "g",
  });
  const ANY = { tombstones: false, filters: [], sorts: [] };

  it.each([
    [{}, 0, true],
    [{ since: 5 }, 5, false],
    [{ since: 5 }, 6, true],
    [{ before: 5 }, 5, false],
    [{ before: 5 }, 4, true],
    [{ since: 4, before: 6 }, 5, true],
    [{ since: 4, before: 6 }, 6, false],
  ])("%j matches an object of time %j: %j", (bounds, time, expected) => {
    expect(createSelector({ ...ANY, ...bounds })(object(time))).toBe(expected);
  });

  it("matches objects by filters, and nothing that is missing", () => {
    const matches = createSelector({ ...ANY, filters: [{ field: "a", comparison: "eq", value: 1 }] });

    expect([matches(object(1, { a: 1 })), matches(object(1, { a: 2 })), matches(undefined)]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
