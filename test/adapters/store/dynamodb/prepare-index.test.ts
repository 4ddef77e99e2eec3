import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { grantKey, type Item, memberKey } from "../../../../adapters/store/dynamodb/items.ts";
import { DynamoDbError, readAll } from "../../../../adapters/store/dynamodb/operations.ts";
import type { Commit, PreparedIndex, StoredObject } from "../../../../core/ports/store.ts";
import { BUCKETS, listRef, objectRef, RESOURCES } from "../../../../core/resources.ts";
import { openTable, rejectCalls } from "./open-table.ts";

let table: Awaited<ReturnType<typeof openTable>>;
beforeAll(async () => {
  table = await openTable();
});
afterAll(() => table[Symbol.asyncDispose]());

const ref = objectRef(listRef(RESOURCES.core.group, objectRef(BUCKETS, "b")), "g");
const other = objectRef(ref.list, "other");
const group = (read: readonly string[], members: readonly string[] = []): StoredObject => ({
  ...{ json: JSON.stringify({ members }), last_modified: 1, revision: 1, deleted: false, acl: { read } },
  ...{ changedBy: "u", parentGeneration: "b1" },
});
const commitOf = (after: StoredObject, before?: StoredObject): Commit => ({
  ...{ clocks: [], outbox: [], changes: [{ ref, before, after }] },
});
const names = (count: number, prefix = "u") => Array.from({ length: count }, (_, index) => `${prefix}${index}`);
const read = async (...keys: readonly Item[]) =>
  (await readAll(table.send, "kintoun", keys)).map(({ pk: _, sk: __, ...attributes }) => attributes);
const prepare = (commit: Commit, prepared?: PreparedIndex) =>
  table.record(() => table.store.prepareIndex(commit, prepared));
const countPuts = (calls: Awaited<ReturnType<typeof prepare>>["calls"]) =>
  calls.flatMap(({ input }) => (input as { RequestItems: { kintoun: unknown[] } }).RequestItems.kintoun).length;

describe("index items that are written before a commit", () => {
  it("are marked: memberships as unverified, removed items with the preparation", async () => {
    const commit = commitOf(group(["p", "q"], ["m"]), { ...group(["p", "r"], ["n"]), parentGeneration: "b1" });
    const { id } = await table.store.prepareIndex(commit);

    expect(await read(grantKey("p", ref))).toEqual([]);
    expect(await read(grantKey("q", ref))).toEqual([{ of: { S: "b1" } }]);
    expect(await read(memberKey("m", ref))).toEqual([{ of: { S: "b1" }, unproven: { BOOL: true } }]);
    expect(await read(grantKey("r", ref))).toEqual([{ of: { S: "b1" }, removing: { S: id } }]);
    expect(await read(memberKey("n", ref))).toEqual([
      { of: { S: "b1" }, unproven: { BOOL: true }, removing: { S: id } },
    ]);
  });

  it("are written again for a new generation, and removed with the old one", async () => {
    const before = { ...group(["s", "t"]), parentGeneration: "b0" };
    const { id } = await table.store.prepareIndex(commitOf(group(["s"]), before));

    expect(await read(grantKey("s", ref))).toEqual([{ of: { S: "b1" } }]);
    expect(await read(grantKey("t", ref))).toEqual([{ of: { S: "b0" }, removing: { S: id } }]);
  });

  it("are written once for several attempts, unless they differ", async () => {
    const { result: prepared, calls } = await prepare(commitOf(group(["a", "b"])));
    expect(countPuts(calls)).toBe(2);
    const { result: again, calls: others } = await prepare(commitOf(group(["a", "b", "c"])), prepared);
    expect([again.id, countPuts(others), again.items.size]).toEqual([prepared.id, 1, 3]);
    const { calls: moved } = await prepare(commitOf({ ...group(["a", "b"]), parentGeneration: "b2" }), again);
    expect(countPuts(moved)).toBe(2);
    const { calls: removed } = await prepare(commitOf(group([]), group(["a"])), again);

    expect(countPuts(removed)).toBe(1);
  });
});

describe("a commit whose index items do not fit into its transaction", () => {
  const write = async (commit: Commit, prepared?: PreparedIndex) => (await table.store.commit(commit, prepared)).kind;

  it("is written after all of its items, for the same generation", async () => {
    const commit = commitOf(group(names(150, "x")));
    expect(await write(commit)).toBe("unprepared");
    const prepared = await table.store.prepareIndex(commit);

    expect(await write(commitOf(group(names(151, "x"))), prepared)).toBe("unprepared");
    expect(await write(commitOf({ ...group(names(150, "x")), parentGeneration: "b2" }), prepared)).toBe("unprepared");
    expect(await write(commitOf(group([]), group(names(150, "x"))), prepared)).toBe("unprepared");
    const two = {
      ...commit,
      changes: [...commit.changes, { ref: other, before: undefined, after: group(["y"]) }],
    };
    expect(await write(two, prepared)).toBe("unprepared");
    expect(await write(commit, prepared)).toBe("done");
  });

  it("may remove a few items in its transaction", async () => {
    const before = group(["one", "two"]);
    await table.store.commit({
      ...commitOf(before),
      changes: [{ ref: other, before: undefined, after: before }],
    });
    const after = { ...group(["one"]), last_modified: 2, revision: 2 };
    await table.store.commit({ ...commitOf(after), changes: [{ ref: other, before, after }] });

    expect(await read(grantKey("one", other), grantKey("two", other))).toEqual([{ of: { S: "b1" } }]);
  });
});

describe("index items that a commit has removed", () => {
  it("are deleted, up to 32 at a time, if they carry its preparation", async () => {
    const [principals, before] = [names(70, "v"), group(names(70, "v"))];
    const commit = commitOf(group([]), before);
    const prepared = await table.store.prepareIndex(commit);
    await table.store.prepareIndex(commitOf(group(["v3"])));
    let [running, most] = [0, 0];
    await table.record(
      () => table.store.cleanIndex(commit, prepared),
      (call, send) => {
        most = Math.max(most, ++running);
        return send(call.operation, call.input as never).finally(() => running--);
      },
    );

    expect(most).toBe(32);
    expect(await read(...principals.map((one) => grantKey(one, ref)))).toEqual([{ of: { S: "b1" } }]);
  });

  it("are reported if they cannot be deleted", async () => {
    const error = new DynamoDbError("AccessDeniedException", "no");
    const commit = commitOf(group([]), group(["w"]));
    const prepared = await table.store.prepareIndex(commit);
    const clean = () => table.store.cleanIndex(commit, prepared);

    await expect(table.record(clean, rejectCalls("DeleteItem", error))).rejects.toBe(error);
    expect(await read(grantKey("w", ref))).toHaveLength(1);
  });
});
