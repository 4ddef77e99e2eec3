import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { FORMAT_KEY } from "../../../../adapters/store/dynamodb/format.ts";
import { HEARTBEAT_KEY, type Item, tokenKey } from "../../../../adapters/store/dynamodb/items.ts";
import { DynamoDbError, readAll } from "../../../../adapters/store/dynamodb/operations.ts";
import { createDynamoDbStore } from "../../../../adapters/store/dynamodb/store.ts";
import type { Store } from "../../../../core/ports/store.ts";
import { BUCKETS, listRef, objectRef, RESOURCES, ROOT_GENERATION } from "../../../../core/resources.ts";
import { createTransactionContext, transact } from "../../../../core/store/transact.ts";
import { readsForWrite } from "../../../../core/store/view.ts";
import { afterCall, keysOf, openTable, repeatCalls } from "./open-table.ts";

const NOW_MS = 1_700_000_000_000;
let table: Awaited<ReturnType<typeof openTable>>;
beforeAll(async () => {
  table = await openTable(() => NOW_MS);
});
afterAll(() => table[Symbol.asyncDispose]());

/** A store of another process on the same table. */
const openStore = () => createDynamoDbStore({ send: table.send, table: "kintoun", now: () => NOW_MS });
const bucket = objectRef(BUCKETS, "b");
const put = (id: string) => {
  const ref = objectRef(BUCKETS, id);
  return transact(createTransactionContext(table.store), { ...readsForWrite(ref), writes: [] }, ({ view }) =>
    view.put(ref, { data: {}, acl: {}, changedBy: "u" }),
  );
};

describe("the format of the table", () => {
  const NEVER = () => false;
  const isKeyRead = (input: object) => JSON.stringify(input).includes('"meta#"');
  const reads: [string, (store: Store) => Promise<unknown>][] = [
    ["read", (store) => store.read({ objects: [bucket], clocks: [] })],
    ["walk", (store) => store.walk(BUCKETS, { parentGeneration: ROOT_GENERATION, limit: 1 })],
    ["ping", (store) => store.ping({ writes: false })],
    ["purge", (store) => store.purge(BUCKETS, "none", NEVER)],
    ["flush", (store) => store.flush([], NEVER)],
  ];

  it.each(reads)("is checked with the first call of a process, if that is %s", async (_, read) => {
    const store = openStore();
    const { calls } = await table.record(async () => {
      await read(store);
      await read(store);
      await store.read({ objects: [], clocks: [BUCKETS] });
    });

    expect(calls.filter(({ input }) => isKeyRead(input))).toHaveLength(1);
  });

  it.each(reads)("must be known to %s", async (_, read) => {
    const store = openStore();
    const newer = { Responses: { kintoun: [{ ...FORMAT_KEY, format: { N: "3" } }] } };
    const { result, calls } = await table.record(
      () => read(store).catch((error: unknown) => error),
      async () => newer,
    );

    expect([result, calls.length]).toEqual([
      expect.objectContaining({ kind: "BACKEND", message: expect.stringContaining("has format 3") }),
      1,
    ]);
  });
});

describe("a token", () => {
  it("is used once, also if the response is lost", async () => {
    const { result } = await table.record(() => table.store.consumeToken("t", NOW_MS + 1500), repeatCalls("PutItem"));

    expect([result, await table.store.consumeToken("t", NOW_MS)]).toEqual([true, false]);
    expect(await table.store.consumeToken("u", NOW_MS)).toBe(true);
    const [item] = await readAll(table.send, "kintoun", [tokenKey("t")]);
    expect(item).toMatchObject({ expires: { N: String(NOW_MS / 1000 + 2) } });
  });
});

describe("a secret", () => {
  it("is generated once, also by two processes", async () => {
    const original = await table.store.getSecret("one");
    const { result } = await table.record(
      () => table.store.getSecret("two"),
      afterCall("GetItem", () => openStore().getSecret("two")),
    );

    expect(await table.store.getSecret("one")).toBe(original);
    expect(await table.store.getSecret("two")).toBe(result);
    expect(result).not.toBe(original);
  });

  it("of another store is taken over, unless there is one", async () => {
    const own = await table.store.getSecret("own");
    expect(await table.store.addSecret("own", "other")).toBe(own);
    expect(await table.store.addSecret("moved", "other")).toBe("other");
    expect(await table.store.getSecret("moved")).toBe("other");
  });
});

describe("a call that the table refuses", () => {
  const refusal = new DynamoDbError("AccessDeniedException", "no");

  it.each<[string, (store: Store) => Promise<unknown>]>([
    ["consumeToken", (store) => store.consumeToken("v", 1)],
    ["getSecret", (store) => store.getSecret("three")],
    ["claim", (store) => store.claim("k", { owner: "o", until: 1 })],
    ["release", (store) => store.release("k", { owner: "o", until: 1 }, { forget: false })],
    ["purge", (store) => store.purge(BUCKETS, "none", () => false)],
  ])("is rejected by %s", async (_, act) => {
    const { result } = await table.record(
      () => act(table.store).catch((error: unknown) => error),
      ({ operation }) => (/^(Put|Update)Item$/.test(operation) ? Promise.reject(refusal) : undefined),
    );

    expect(result).toBe(refusal);
  });
});

describe("a ping", () => {
  it.each([true, false])("reads the table, and writes always the same item: %j", async (writes) => {
    await table.store.ping({ writes });
    const { calls } = await table.record(() => table.store.ping({ writes }));

    expect(calls.map(({ operation }) => operation)).toEqual(["BatchGetItem", ...(writes ? ["PutItem"] : [])]);
    if (writes) expect(calls[1]?.input).toEqual({ TableName: "kintoun", Item: HEARTBEAT_KEY });
  });
});

describe("a flush", () => {
  const exists = async (id: string) => {
    const ref = objectRef(BUCKETS, id);
    return (await table.store.read({ objects: [ref], clocks: [] })).objects.has(ref.uri);
  };

  it("removes also what is created meanwhile, and can be stopped", async () => {
    for (const id of ["a", "b"]) await put(id);
    expect(await table.store.flush([BUCKETS], () => true)).toBe(false);
    await put("c");
    const Item: Item = {
      ...{ pk: { S: "/buckets" }, sk: { S: "late" }, at: { S: "root.o.0000000000000001.late" } },
      ...{ ts: { N: "1" }, json: { S: "{}" }, by: { S: "u" }, of: { S: "root" } },
    };
    const createLate = afterCall("Query", (send) => send("PutItem", { TableName: "kintoun", Item }));
    await table.store.flush([BUCKETS], () => false);
    const { result } = await table.record(() => table.store.flush([BUCKETS], () => false), createLate);

    expect(result).toBe(true);
    expect(await Promise.all(["a", "b", "c", "late"].map(exists))).toEqual([false, false, false, false]);
  });
});

describe("a read of the store", () => {
  it("leaves out addresses at which nothing can be stored, and reads each item once", async () => {
    const collections = (id: string) => listRef(RESOURCES.core.collection, objectRef(BUCKETS, id));
    const { calls } = await table.record(() =>
      table.store.read({
        objects: [bucket, bucket, objectRef(BUCKETS, "#")],
        parents: [bucket, bucket, objectRef(BUCKETS, "")],
        clocks: [BUCKETS, BUCKETS, collections("b"), collections("")],
        members: [],
      }),
    );

    expect(calls).toHaveLength(1);
    expect(keysOf(calls[0]).toSorted()).toEqual([
      "/buckets #clock",
      "/buckets b",
      "/buckets/b/collections #clock",
      "parent#/buckets/b #",
    ]);
  });
});
