import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { ListRef } from "../../../../core/resources.ts";
import { openTable } from "./open-table.ts";
import { newList, objectAt, putObjects } from "./put-objects.ts";

let table: Awaited<ReturnType<typeof openTable>>;
beforeAll(async () => {
  table = await openTable();
});
afterAll(() => table[Symbol.asyncDispose]());

describe("the bytes of a list", () => {
  const BYTES_PER_CALL = 1_048_576;
  const query = { parentGeneration: "g", limit: 100, tombstones: true };
  let list: ListRef;
  beforeAll(async () => {
    list = newList();
    const entries = Array.from({ length: 16 }, (_, n) => [`r${10 + n}`, objectAt(n, { chars: 150_000 })] as const);
    await putObjects(table.send, list, { ...Object.fromEntries(entries), gone: objectAt(1, { deleted: true }) });
  });

  it("are read in several calls, and reported with what was not returned", async () => {
    const { result, calls } = await table.record(() => table.store.readPage(list, query));

    expect([result.entries.length, result.next]).toEqual([17, undefined]);
    expect(result.bytes).toBeGreaterThan(16 * 150_000);
    expect(result.bytes).toBeLessThan(2 * 16 * 150_000);
    expect(calls.length).toBeGreaterThan(3);
  });

  it("of a page can be limited", async () => {
    const page = (maxBytes: number) => table.store.readPage(list, { ...query, maxBytes });
    const { entries, next } = await page(500_000);
    expect([entries.length, next]).toEqual([3, { last_modified: 13, id: "r23" }]);
    expect((await page(1)).entries).toHaveLength(1);
    const { calls } = await table.record(() => page(300));

    // An entry has at least 28 bytes.
    expect(calls.map(({ input }) => input.Limit)).toEqual([12, 12]);
  });

  it("are counted in several calls, until a limit", async () => {
    const count = (maxBytes?: number) => table.store.count(list, { ...query, ...(maxBytes && { maxBytes }) });
    const all = await count();
    expect([all.count, all.isComplete]).toEqual([17, true]);
    expect(all.bytes).toBeGreaterThan(16 * 150_000);
    const part = await count(1);

    expect(part.isComplete).toBe(false);
    expect(part.count).toBeGreaterThan(1);
    expect(part.count).toBeLessThan(10);
    expect(part.bytes).toBeLessThan(2 * BYTES_PER_CALL);
    expect(await count(all.bytes + 1)).toEqual(all);
  });

  it("of large entries are reported too", async () => {
    const large = newList();
    await putObjects(table.send, large, { a: objectAt(1, { chars: 250_000 }) });

    expect((await table.store.readPage(large, query)).bytes).toBeGreaterThan(250_000);
  });
});
