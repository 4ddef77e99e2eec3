import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { openTable } from "./open-table.ts";
import { newList, objectAt, putObjects } from "./put-objects.ts";

let table: Awaited<ReturnType<typeof openTable>>;
beforeAll(async () => {
  table = await openTable();
});
afterAll(() => table[Symbol.asyncDispose]());

describe("a walk through a list", () => {
  it("returns objects of a generation with their data or heads, and the bytes that were read", async () => {
    const list = newList();
    const all = {
      a: objectAt(3, { chars: 9000 }),
      b: objectAt(2, { deleted: true }),
      c: objectAt(1),
      d: objectAt(1, { parentGeneration: "f" }),
    };
    await putObjects(table.send, list, all);
    const walk = { parentGeneration: "g", limit: 3 };
    const { json: _, ...head } = all.a;

    expect(await table.store.walk(list, { ...walk, limit: 10 })).toEqual({
      objects: [
        ["a", all.a],
        ["c", all.c],
      ],
    });
    expect(await table.store.walk(list, { ...walk, limit: 2 })).toEqual({ objects: [["a", all.a]], next: "b" });
    expect(await table.store.walk(list, { ...walk, after: "a" })).toMatchObject({ objects: [["c", all.c]] });
    const { heads, bytes, next } = await table.store.walkHeads(list, { ...walk, limit: 2 });
    expect([heads, next]).toEqual([[["a", head]], "b"]);
    expect(bytes % 4096).toBe(0);
    expect(bytes).toBeGreaterThan(8192);
    expect(await table.store.walkHeads(list, { ...walk, after: "c", limit: 10 })).toMatchObject({ heads: [] });
    expect(await table.store.walkHeads(list, { ...walk, after: "c", limit: 10 })).not.toHaveProperty("next");
  });
});
