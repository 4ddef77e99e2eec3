import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { writeCommit } from "../../../../adapters/store/dynamodb/commit.ts";
import { DynamoDbError, type Send } from "../../../../adapters/store/dynamodb/operations.ts";
import type { Change, ClockUpdate, Commit, ListClock, StoredObject } from "../../../../core/ports/store.ts";
import { objectRef } from "../../../../core/resources.ts";
import { openTable } from "./open-table.ts";
import { newList } from "./put-objects.ts";

let table: Awaited<ReturnType<typeof openTable>>;
beforeAll(async () => {
  table = await openTable();
});
afterAll(() => table[Symbol.asyncDispose]());

const clock = (timestamp: number, changes: Partial<ListClock> = {}): ListClock => ({
  ...{ parentGeneration: "g", timestamp, count: 1, untouched: false },
  ...changes,
});
const object = (last_modified: number, revision: number, changes: Partial<StoredObject> = {}): StoredObject => ({
  ...{ json: "{}", last_modified, revision, deleted: false, acl: {}, changedBy: "u", parentGeneration: "g" },
  ...changes,
});
const toCommit = (commit: Partial<Commit>): Commit => ({ changes: [], clocks: [], outbox: [], ...commit });

describe("the clock of a list", () => {
  const update = async (list = newList(), ...updates: readonly Omit<ClockUpdate, "list">[]) => {
    let kind = "";
    for (const one of updates) ({ kind } = await table.store.commit(toCommit({ clocks: [{ list, ...one }] })));
    const { clocks } = await table.store.read({ objects: [], clocks: [list] });
    return { kind, clock: clocks.get(list.uri) };
  };
  const other = (timestamp: number, changes = {}) => clock(timestamp, { parentGeneration: "h", ...changes });
  const empty = { count: 0, untouched: true };

  it.each<[string, ListClock | undefined, ListClock | undefined, ListClock, Partial<ClockUpdate>, string, ListClock]>([
    ["is created", undefined, undefined, clock(5), {}, "done", clock(5)],
    ["is created untouched", undefined, undefined, clock(5, empty), {}, "done", clock(5, empty)],
    ["was created meanwhile", clock(5), undefined, clock(6), {}, "moved", clock(5)],
    ["advances", clock(5), clock(5), clock(6, { count: 3 }), {}, "done", clock(6, { count: 3 })],
    ["is touched", clock(5, empty), clock(5, empty), clock(6), {}, "done", clock(6)],
    [
      "advances from where it has moved",
      clock(5, { count: 9 }),
      clock(4),
      clock(6, { count: 2 }),
      {},
      "done",
      clock(6, { count: 10 }),
    ],
    ["has moved as far", clock(6), clock(5), clock(6), {}, "moved", clock(6)],
    ["must not have moved", clock(5), clock(4), clock(6), { requireUnchanged: true }, "stale", clock(5)],
    ["has not moved", clock(5), clock(5), clock(6), { requireUnchanged: true }, "done", clock(6)],
    ["is set back", clock(9), clock(9), clock(5), { requireUnchanged: true }, "done", clock(5)],
    ["is of another generation", other(4), clock(4), clock(6), {}, "moved", other(4)],
    ["starts a generation", clock(5, { count: 9 }), clock(5), other(6), {}, "done", other(6)],
    ["starts an untouched generation", clock(5), clock(5), other(6, empty), {}, "done", other(6, empty)],
    ["starts a touched generation", clock(5, empty), clock(5, empty), other(6), {}, "done", other(6)],
    [
      "starts a generation where it was",
      clock(5, empty),
      clock(5, empty),
      other(5, empty),
      {},
      "done",
      other(5, empty),
    ],
    ["starts a generation where it was, and has moved", clock(6), clock(5), other(5, empty), {}, "moved", clock(6)],
    ["starts a generation, and has moved less far", clock(6), clock(5), other(7), {}, "done", other(7)],
    ["starts a generation, and has moved as far", clock(6), clock(5), other(6), {}, "moved", clock(6)],
    [
      "starts a generation, as another does",
      other(5),
      clock(5),
      clock(6, { parentGeneration: "i" }),
      {},
      "moved",
      other(5),
    ],
  ])("%s", async (_, stored, before, after, more, kind, present) => {
    const list = newList();
    if (stored !== undefined) await update(list, { before: undefined, after: stored, requireUnchanged: false });

    expect(await update(list, { before, after, requireUnchanged: false, ...more })).toEqual({ kind, clock: present });
  });
});

describe("an object", () => {
  const [plain, later, imported] = [object(5, 5), object(7, 7), object(5, 7)];

  it.each<[string, StoredObject | undefined, StoredObject | undefined, string]>([
    ["is created", undefined, undefined, "done"],
    ["was created meanwhile", plain, undefined, "stale"],
    ["was removed meanwhile", undefined, plain, "stale"],
    ["has not changed", plain, plain, "done"],
    ["has changed", later, plain, "stale"],
    ["was imported with the same last_modified", imported, plain, "stale"],
    ["was imported and has not changed", imported, imported, "done"],
    ["was imported and has changed", later, imported, "stale"],
    ["was imported and has got another revision", object(5, 8), imported, "stale"],
  ])("%s since it was read", async (_, stored, before, kind) => {
    const ref = objectRef(newList(), "r");
    const write = (change: Pick<Change, "before" | "after">) =>
      table.store.commit(toCommit({ changes: [{ ref, ...change }] }));
    if (stored !== undefined) await write({ before: undefined, after: stored });
    const after = object(9, 9);

    expect(await write({ before, after })).toEqual({ kind });
    const { objects } = await table.store.read({ objects: [ref], clocks: [] });
    expect(objects.get(ref.uri)).toEqual(kind === "done" ? after : stored);
  });
});

describe("a commit", () => {
  const cancel = (...codes: readonly (string | { readonly last: number })[]): Send => {
    const reasons = codes.map((code) =>
      typeof code === "string"
        ? { Code: code }
        : { Code: "ConditionalCheckFailed", Item: { of: { S: "g" }, last: { N: String(code.last) }, n: { N: "1" } } },
    );
    return () => Promise.reject(new DynamoDbError("TransactionCanceledException", "cancelled", reasons));
  };
  const [one, two] = [newList(), newList()];
  const clockUpdate = (list = one, requireUnchanged = false) => ({
    list,
    before: clock(1),
    after: clock(9),
    requireUnchanged,
  });
  const change = { ref: objectRef(one, "r"), before: undefined, after: object(9, 9) };
  const failing = toCommit({ changes: [change], clocks: [clockUpdate(), clockUpdate(two, true)] });
  const NONE = "None";
  const FAILED = "ConditionalCheckFailed";

  it.each<[string, Send, unknown]>([
    [
      "only a clock has moved",
      cancel({ last: 5 }, NONE, NONE),
      { kind: "moved", clocks: new Map([[one.uri, clock(5)]]) },
    ],
    ["a clock has moved that must not", cancel({ last: 5 }, { last: 6 }, NONE), { kind: "stale" }],
    ["a clock has gone", cancel(FAILED, NONE, NONE), { kind: "stale" }],
    ["an object has changed", cancel(NONE, NONE, FAILED), { kind: "stale" }],
    ["an object and a clock have changed", cancel({ last: 5 }, NONE, FAILED), { kind: "stale" }],
    ["another transaction is in progress", cancel(NONE, "TransactionConflict", NONE), { kind: "conflict" }],
    [
      "a clock has moved beside another transaction",
      cancel({ last: 5 }, NONE, "TransactionConflict"),
      { kind: "moved", clocks: new Map([[one.uri, clock(5)]]) },
    ],
  ])("fails because %s", async (_, send, outcome) => {
    expect(await writeCommit(send, "t", failing, undefined)).toEqual(outcome);
  });

  it.each<[string, Send, object]>([
    [
      "the list is full",
      cancel(NONE, NONE, "ItemCollectionSizeLimitExceeded"),
      {
        kind: "REQUEST_TOO_LARGE",
        message: "The list has reached its size limit of 10 GB. Delete objects, or use another collection.",
      },
    ],
    ["an item is invalid", cancel(NONE, NONE, "ValidationError"), { name: "TransactionCanceledException" }],
    [
      "the table is gone",
      () => Promise.reject(new DynamoDbError("ResourceNotFoundException", "gone")),
      { name: "ResourceNotFoundException" },
    ],
  ])("is rejected because %s", async (_, send, error) => {
    await expect(writeCommit(send, "t", failing, undefined)).rejects.toMatchObject(error);
  });
});
