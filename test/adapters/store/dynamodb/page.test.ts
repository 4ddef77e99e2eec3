import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { toItem } from "../../../../adapters/store/dynamodb/items.ts";
import { countFitting } from "../../../../adapters/store/dynamodb/page.ts";
import type { PageQuery } from "../../../../core/ports/store.ts";
import { type ListRef, objectRef } from "../../../../core/resources.ts";
import { afterCall, keysOf, openTable } from "./open-table.ts";
import { newList, objectAt, putObjects } from "./put-objects.ts";

let table: Awaited<ReturnType<typeof openTable>>;
beforeAll(async () => {
  table = await openTable();
});
afterAll(() => table[Symbol.asyncDispose]());

const MAX_BYTES = 2_800_000;
const LARGE_BYTES = 400_000;
const put = (list: ListRef, objects: Parameters<typeof putObjects>[2]) => putObjects(table.send, list, objects);
const page = async (list: ListRef, query: Partial<PageQuery> = {}) => {
  const { entries, next } = await table.store.readPage(list, {
    ...{ parentGeneration: "g", limit: 100, tombstones: false },
    ...query,
  });
  return { ids: entries.map(({ id }) => id), next };
};

describe("a page of a list", () => {
  const objects = {
    a: objectAt(1),
    b: objectAt(2),
    c: objectAt(2),
    d: objectAt(3),
    old: objectAt(2, { parentGeneration: "f" }),
  };
  const tombstones = {
    x: objectAt(1, { deleted: true }),
    y: objectAt(2, { deleted: true }),
    z: objectAt(9, { deleted: true }),
  };

  it.each<[Partial<PageQuery>, readonly string[]]>([
    [{}, ["d", "c", "b", "a"]],
    [{ tombstones: true }, ["z", "d", "y", "c", "b", "x", "a"]],
    [{ since: 1 }, ["d", "c", "b"]],
    [{ before: 3 }, ["c", "b", "a"]],
    [{ since: 1, before: 3, tombstones: true }, ["y", "c", "b"]],
    [{ since: 2, before: 3 }, []],
    [{ since: 2, before: 2 }, []],
    [{ before: 0 }, []],
    [{ before: 1, tombstones: true }, []],
    [{ after: { last_modified: 2, id: "c" } }, ["b", "a"]],
    [{ after: { last_modified: 2, id: "c" }, tombstones: true }, ["b", "x", "a"]],
    [{ after: { last_modified: 2, id: "b" }, since: 1 }, []],
    [{ parentGeneration: "f" }, ["old"]],
    [{ parentGeneration: "none" }, []],
  ])("with %j has %j, and the count of all pages too", async (query, ids) => {
    const list = newList();
    await put(list, { ...objects, ...tombstones });

    expect(await page(list, query)).toEqual({ ids, next: undefined });
    const { after, ...bounds } = query;
    const total = await table.store.count(list, { parentGeneration: "g", tombstones: false, ...bounds });
    expect(total.isComplete).toBe(true);
    expect(total.count).toBe(after === undefined ? ids.length : (await page(list, bounds)).ids.length);
    for (const limit of [1, 2, 3]) {
      const found: string[] = [];
      let next = query.after;
      do {
        const part = await page(list, { ...query, limit, after: next });
        expect(part.ids.length).toBeLessThanOrEqual(limit);
        found.push(...part.ids);
        next = part.next;
      } while (next !== undefined);
      expect(found).toEqual(ids);
    }
  });

  it("makes no calls for times that nothing can have", async () => {
    const { calls } = await table.record(async () => {
      await page(newList(), { since: 5, before: 6 });
      await table.store.count(newList(), { parentGeneration: "g", since: 5, before: 6, tombstones: true });
    });
    expect(calls).toEqual([]);
    expect((await table.record(() => page(newList(), { since: 5, before: 7 }))).calls).toHaveLength(1);
  });

  it("leaves out large objects that are deleted meanwhile", async () => {
    const list = newList();
    await put(list, {
      a: objectAt(1),
      b: objectAt(2, { chars: 250_000 }),
      c: objectAt(3, { chars: 250_000 }),
      d: objectAt(4, { chars: 250_000 }),
    });
    const [b, c] = [objectAt(9, { deleted: true }), objectAt(8, { chars: 10 })];
    const change = afterCall("Query", async (send) => {
      for (const [id, one] of [
        ["b", b],
        ["c", c],
      ] as const)
        await send("PutItem", { TableName: "kintoun", Item: toItem(objectRef(list, id), one) });
      await send("DeleteItem", { TableName: "kintoun", Key: { pk: { S: list.uri }, sk: { S: "d" } } });
    });
    const query = { parentGeneration: "g", limit: 10, tombstones: false };
    const { result, calls } = await table.record(() => table.store.readPage(list, query), change);

    expect(result.entries.map(({ id, json, last_modified }) => [id, json.length, last_modified])).toEqual([
      ["c", c.json.length, 8],
      ["a", 8, 1],
    ]);
    expect(keysOf(calls.at(-1))).toEqual(["d", "c", "b"].map((id) => `${list.uri} ${id}`));
  });

  it("is read in one call if it fits", async () => {
    const list = newList();
    await put(list, objects);

    for (const [limit, tombstones, count] of [
      [100, false, 1],
      [2, false, 1],
      [4, true, 2],
    ] as const)
      expect((await table.record(() => page(list, { limit, tombstones }))).calls).toHaveLength(count);
  });

  it("stops reading when it is full", async () => {
    const list = newList();
    const large = Array.from({ length: 20 }, (_, n) => [`r${n}`, objectAt(n, { chars: 250_000 })] as const);
    await put(list, Object.fromEntries(large));
    const { result, calls } = await table.record(() => page(list));

    expect(result).toMatchObject({ ids: ["r19", "r18", "r17", "r16", "r15", "r14", "r13"], next: { id: "r13" } });
    expect(calls.filter(({ operation }) => operation === "Query")).toHaveLength(1);
  });
});

describe("the entries that fit into a page", () => {
  const entry = (bytes: number) => ({ json: "x".repeat(bytes) });

  it.each<[string, readonly { readonly json: string | undefined }[], number]>([
    ["none of none", [], 0],
    ["all", [entry(1), entry(MAX_BYTES - 1)], 2],
    ["all but the one too many", [entry(1), entry(MAX_BYTES - 1), entry(1)], 2],
    ["bytes, not characters", [entry(MAX_BYTES - 1), { json: "é" }], 1],
    ["at least one", [entry(MAX_BYTES + 1), entry(1)], 1],
    ["7 large ones", Array.from({ length: 10 }, () => ({ json: undefined })), MAX_BYTES / LARGE_BYTES],
  ])("are %s", (_, entries, count) => {
    expect(countFitting(entries)).toBe(count);
  });
});
