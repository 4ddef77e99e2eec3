import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { grantKey, type Item, keyOf, memberKey, parentKey } from "../../../../adapters/store/dynamodb/items.ts";
import { DynamoDbError, readAll, type Send, writeAll } from "../../../../adapters/store/dynamodb/operations.ts";
import { BUCKETS, listRef, type ObjectRef, objectRef, RESOURCES } from "../../../../core/resources.ts";
import { createTransactionContext, transact } from "../../../../core/store/transact.ts";
import { readsForWrite } from "../../../../core/store/view.ts";
import type { JsonObject } from "../../../../lib/json.ts";
import { afterCall, beforeCall, type Intercept, openTable, rejectCalls } from "./open-table.ts";

let table: Awaited<ReturnType<typeof openTable>>;
beforeAll(async () => {
  table = await openTable();
});
afterAll(() => table[Symbol.asyncDispose]());

const { group, record, collection } = RESOURCES.core;
const put = (ref: ObjectRef, data: JsonObject = {}, read: readonly string[] = []) =>
  transact(createTransactionContext(table.store), { ...readsForWrite(ref), writes: [] }, ({ view }) =>
    view.put(ref, { data, acl: { read }, changedBy: "u" }),
  );
const remove = (ref: ObjectRef) =>
  transact(createTransactionContext(table.store), { ...readsForWrite(ref), writes: [] }, ({ view }) =>
    view.delete(ref, "u"),
  );
let counter = 0;
const newBucket = async () => {
  const bucket = objectRef(BUCKETS, `b${counter++}`);
  return { bucket, generation: (await put(bucket)).ownGeneration ?? "" };
};
const present = async (keys: readonly Item[]) => {
  const items = await readAll(table.send, "kintoun", keys);
  return keys.map(({ pk, sk }) => items.some((item) => item.pk?.S === pk?.S && item.sk?.S === sk?.S));
};
const purge = (list: ObjectRef["list"], generation: string, intercept?: Intercept) =>
  table.record(() => table.store.purge(list, generation, () => false), intercept);

describe("the purge of a list", () => {
  it("removes objects with what leads to them", async () => {
    const { bucket, generation } = await newBucket();
    const ref = objectRef(listRef(group, bucket), "g");
    await put(ref, { members: ["m", "n"] }, ["p", "p", "q"]);
    const keys = [
      keyOf(ref),
      ...["p", "q"].map((one) => grantKey(one, ref)),
      ...["m", "n"].map((one) => memberKey(one, ref)),
    ];
    expect(await present(keys)).toEqual([true, true, true, true, true]);
    const { result, calls } = await purge(ref.list, generation);

    expect(result).toBe(true);
    expect(await present(keys)).toEqual([false, false, false, false, false]);
    expect(calls.filter(({ operation }) => operation === "DeleteItem")).toHaveLength(5);
  });

  it("does not take the members of a record for those of a group", async () => {
    const { bucket } = await newBucket();
    const parent = objectRef(listRef(collection, bucket), "c");
    const { ownGeneration = "" } = await put(parent);
    const ref = objectRef(listRef(record, parent), "r");
    await put(ref, { members: ["m"] });

    expect(
      (await purge(ref.list, ownGeneration)).calls.filter(({ operation }) => operation === "DeleteItem"),
    ).toHaveLength(1);
  });

  it("keeps what leads to objects that were created again", async () => {
    const { bucket, generation } = await newBucket();
    const ref = objectRef(listRef(group, bucket), "g");
    await put(ref, { members: ["m"] }, ["p"]);
    const keys = [keyOf(ref), grantKey("p", ref), memberKey("m", ref)];
    const replace = async (send: Send) => {
      const items = (await readAll(send, "kintoun", keys)).map((item) => ({
        ...{ ...item, of: { S: "new" } },
        ...(item.at && { at: { S: "new.o.1.g" } }),
      }));
      await writeAll(
        send,
        "kintoun",
        items.map((Item) => ({ PutRequest: { Item } })),
      );
    };

    expect((await purge(ref.list, generation, afterCall("BatchGetItem", replace))).result).toBe(true);
    expect(await present(keys)).toEqual([true, true, true]);
  });

  it("skips objects that have been created again since they were listed", async () => {
    const { bucket, generation } = await newBucket();
    const ref = objectRef(listRef(group, bucket), "g");
    await put(ref, {}, ["p"]);
    const replace = async () => {
      await remove(bucket);
      await put(bucket);
      await put(ref, {}, ["p"]);
    };
    const { result, calls } = await purge(ref.list, generation, beforeCall("BatchGetItem", replace));

    expect(result).toBe(true);
    expect(calls.some(({ operation }) => operation === "DeleteItem")).toBe(false);
    expect(await present([keyOf(ref), grantKey("p", ref)])).toEqual([true, true]);
  });

  it("removes both items of a bucket that was deleted and is created again during a flush", async () => {
    const bucket = objectRef(BUCKETS, "again");
    await put(bucket);
    await remove(bucket);
    const flushed = await table.record(
      () => table.store.flush([BUCKETS], () => false),
      beforeCall("DeleteItem", () => put(bucket)),
    );

    expect(flushed.result).toBe(true);
    expect(await present([keyOf(bucket), parentKey(bucket)])).toEqual([false, false]);
  });

  it("keeps the parent item of a collection that was created again", async () => {
    const { bucket, generation } = await newBucket();
    const ref = objectRef(listRef(collection, bucket), "c");
    await put(ref);
    const replace = (send: Send) =>
      send("UpdateItem", {
        TableName: "kintoun",
        Key: keyOf(ref),
        UpdateExpression: "SET #own = :new, #of = :new, #at = :at",
        ExpressionAttributeNames: { "#own": "own", "#of": "of", "#at": "at" },
        ExpressionAttributeValues: { ":new": { S: "new" }, ":at": { S: "new.o.1.c" } },
      });

    expect((await purge(ref.list, generation, beforeCall("TransactWriteItems", replace))).result).toBe(true);
    expect(await present([keyOf(ref), parentKey(ref)])).toEqual([true, true]);
  });

  it("is rejected with the errors of the table", async () => {
    const error = new DynamoDbError("AccessDeniedException", "no");
    const { bucket, generation } = await newBucket();
    const ref = objectRef(listRef(collection, bucket), "c");
    await put(ref);

    await expect(purge(ref.list, generation, rejectCalls("TransactWriteItems", error))).rejects.toBe(error);
  });

  it("keeps the list's timestamp and number of objects, under no generation", async () => {
    const { bucket, generation } = await newBucket();
    const list = listRef(group, bucket);
    const { last_modified } = await put(objectRef(list, "g"));
    const clockOf = async () => (await table.store.read({ objects: [], clocks: [list] })).clocks.get(list.uri);
    await purge(list, "another");
    expect(await clockOf()).toMatchObject({ parentGeneration: generation, timestamp: last_modified });
    await purge(list, generation);

    expect(await clockOf()).toEqual({
      parentGeneration: "ended",
      timestamp: last_modified,
      count: 1,
      untouched: false,
    });
    const never = listRef(record, objectRef(listRef(collection, bucket), "none"));
    await purge(never, generation);
    expect((await table.store.read({ objects: [], clocks: [never] })).clocks.get(never.uri)).toMatchObject({
      timestamp: 0,
      count: 0,
    });
  });
});
