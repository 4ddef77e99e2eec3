import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { toItem } from "../../../../adapters/store/dynamodb/items.ts";
import type { ChangeCursor, ChangesQuery } from "../../../../core/ports/store.ts";
import { type ListRef, objectRef } from "../../../../core/resources.ts";
import { afterCall, keysOf, openTable } from "./open-table.ts";
import { newList, objectAt, putObjects } from "./put-objects.ts";

let table: Awaited<ReturnType<typeof openTable>>;
beforeAll(async () => {
  table = await openTable();
});
afterAll(() => table[Symbol.asyncDispose]());

const object = (last_modified: number, revision = last_modified, changes: Parameters<typeof objectAt>[1] = {}) =>
  objectAt(last_modified, { json: '{"n":1}', revision, ...changes });
const put = (list: ListRef, objects: Parameters<typeof putObjects>[2]) => putObjects(table.send, list, objects);
const read = (list: ListRef, query: Partial<ChangesQuery> = {}) =>
  table.store.readChanges(list, { parentGeneration: "g", after: { revision: 0 }, limit: 100, ...query });

const DELETED = { deleted: true };
/** In the order of revisions: a to h. */
const OBJECTS = {
  a: object(1),
  b: object(2, 2, DELETED),
  c: object(1, 3),
  d: object(9, 4),
  e: object(5),
  "e-1": object(5),
  f: object(1, 6, DELETED),
  g: object(7, 7, DELETED),
  h: object(2, 8),
  other: object(4, 4, { parentGeneration: "f" }),
};
const IDS = ["a", "b", "c", "d", "e", "e-1", "f", "g", "h"];

describe("a page of changes", () => {
  let list: ListRef;
  beforeAll(async () => {
    list = newList();
    await put(list, OBJECTS);
  });

  it("has objects and tombstones as they are", async () => {
    const { changes, next } = await read(list);

    expect(changes.map(({ id }) => id)).toEqual(IDS);
    expect(next).toBeUndefined();
    for (const { id, ...change } of changes) {
      const { json, last_modified, revision, deleted } = OBJECTS[id as keyof typeof OBJECTS];
      expect(change).toEqual({ json, last_modified, revision, deleted });
    }
  });

  it.each<[ChangeCursor, string]>([
    [{ revision: 1 }, "b"],
    [{ revision: 3 }, "d"],
    [{ revision: 5 }, "f"],
    [{ revision: 5, id: "e" }, "e-1"],
    [{ revision: 5, id: "d" }, "e"],
    [{ revision: 6, id: "f" }, "g"],
  ])("after %j begins with %s", async (after, first) => {
    const { changes } = await read(list, { after });

    expect(changes.map(({ id }) => id)).toEqual(IDS.slice(IDS.indexOf(first)));
  });

  it.each([1, 2, 3, 4, 8, 9])("of at most %j is continued by the next one", async (limit) => {
    const found: string[] = [];
    let after: ChangeCursor | undefined = { revision: 0 };
    while (after !== undefined) {
      const { changes, next }: Awaited<ReturnType<typeof read>> = await read(list, { after, limit });
      expect(changes.length).toBeLessThanOrEqual(limit);
      found.push(...changes.map(({ id }) => id));
      after = next;
    }

    expect(found).toEqual(IDS);
  });

  it("ends where one kind of changes is unread", async () => {
    const many = newList();
    const imported = [3, 4, 5].map((n) => [`i${n}`, object(100, n)] as const);
    await put(many, { first: object(2), last: object(9), ...Object.fromEntries(imported) });

    expect(await read(many, { limit: 2 })).toMatchObject({
      changes: [{ id: "first" }, { id: "i3" }],
      next: { id: "i3", revision: 3 },
    });
  });

  it("is of one generation", async () => {
    expect((await read(list, { parentGeneration: "f" })).changes.map(({ id }) => id)).toEqual(["other"]);
    expect(await read(list, { parentGeneration: "none" })).toEqual({ changes: [] });
  });
});

describe("large objects in a page of changes", () => {
  const large = (revision: number) => object(revision, revision, { json: `{"t":"${"x".repeat(250_000)}"}` });

  it("are read, unless they have changed since and come later", async () => {
    const list = newList();
    await put(list, { a: large(1), b: large(2), c: object(3), d: large(4) });
    const change = afterCall("Query", async (send) => {
      await send("PutItem", { TableName: "kintoun", Item: toItem(objectRef(list, "b"), object(9)) });
      await send("DeleteItem", { TableName: "kintoun", Key: { pk: { S: list.uri }, sk: { S: "d" } } });
    });
    const { result, calls } = await table.record(() => read(list), change);

    expect(result.changes.map(({ id, json }) => [id, json.length])).toEqual([
      ["a", 250_008],
      ["c", 7],
    ]);
    expect(keysOf(calls.at(-1))).toEqual(["a", "b", "d"].map((id) => `${list.uri} ${id}`));
  });

  it("end a page when they are too large together", async () => {
    const list = newList();
    await put(list, Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`r${n}`, large(n + 1)])));
    const { changes, next } = await read(list);

    expect([changes.length, next]).toEqual([7, { revision: 7, id: "r6" }]);
    expect((await table.record(() => read(list, { parentGeneration: "none" }))).calls).toHaveLength(3);
  });
});
