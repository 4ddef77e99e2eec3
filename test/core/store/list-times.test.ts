import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { Store } from "../../../core/ports/store.ts";
import { createTransactionContext, transact } from "../../../core/store/transact.ts";
import { readsForWrite } from "../../../core/store/view.ts";
import { createManualTimer } from "../../manual-timer.ts";
import { openObjects } from "../open-objects.ts";

const NOW = 1_900_000_000_000;
const DAY_MS = 24 * 3600 * 1000;
const COLLECTION = "/buckets/a/collections";

let objects: Awaited<ReturnType<typeof openObjects>>;
beforeAll(async () => {
  objects = await openObjects();
  await objects.put("/buckets/a");
});
afterAll(() => objects[Symbol.asyncDispose]());

let counter = 0;
/** A transaction context, and a function that puts a record into a new list. */
const openList = async (store: Partial<Store> = {}) => {
  const uri = `${COLLECTION}/c${counter++}`;
  await objects.put(uri);
  const context = {
    ...createTransactionContext({ ...objects.store, ...store }, () => NOW),
    timer: createManualTimer(),
  };
  const put = (ids: readonly string[] = ["r"], { planned = true, read = [] as readonly string[] } = {}) => {
    const refs = ids.map((id) => objects.refOf(`${uri}/records/${id}`));
    const [first] = refs as [(typeof refs)[0] & object];
    return transact(
      context,
      { ...readsForWrite(first), writes: planned ? refs.map(({ list }) => list) : [] },
      ({ view }) => view.put(first, { data: {}, acl: { read }, changedBy: "u" }),
    );
  };
  return { context, put, list: `${uri}/records` };
};

describe("the timestamps that a process remembers", () => {
  it.each([
    ["are continued", 500, NOW + 501],
    ["are continued up to a day ahead", DAY_MS, NOW + DAY_MS + 1],
    ["are ignored when they are further ahead, since an operator may have set the list back", DAY_MS + 1, NOW],
  ])("%s", async (_, ahead, expected) => {
    const { context, put, list } = await openList();
    context.minTimestamps.set(list, NOW + ahead);

    expect((await put()).last_modified).toBe(expected);
    expect(context.minTimestamps.get(list)).toBe(Math.max(expected, NOW + ahead));
  });

  it("are those of the 1000 lists that were written last", async () => {
    const { context, put, list } = await openList();
    context.minTimestamps.set(list, 1);
    for (let n = 0; n < 999; n++) context.minTimestamps.set(`/other${n}`, n);
    await put();
    expect([context.minTimestamps.size, context.minTimestamps.has("/other0")]).toEqual([1000, true]);
    context.minTimestamps.set("/one more", 1);
    await put();

    expect([context.minTimestamps.size, context.minTimestamps.has("/other0")]).toEqual([1000, false]);
    expect(context.minTimestamps.get(list)).toBe(NOW + 1);
  });
});

describe("a transaction that always conflicts", () => {
  it.each([
    [["r"], true, (list: string) => list],
    [["r", "s"], true, (list: string) => list],
    [["r"], false, () => "the lists of this request"],
  ])("of %j, planned: %j, names its lists once", async (ids, planned, target) => {
    const { put, list } = await openList({ commit: async () => ({ kind: "conflict" }) });

    await expect(put(ids, { planned })).rejects.toMatchObject({
      ...{ kind: "BACKEND", message: expect.stringContaining(`Too many concurrent writes to ${target(list)}. `) },
    });
  });
});

describe("a transaction whose index items do not fit", () => {
  it("removes those that it has made obsolete", async () => {
    const { put, list } = await openList();
    const names = Array.from({ length: 120 }, (_, n) => `${list}-${n}`);
    const find = async () => (await objects.store.findGrants(names.slice(0, 1), { limit: 10 })).grants.length;
    await put(["r"], { read: names });
    expect(await find()).toBe(1);
    await put();

    expect(await find()).toBe(0);
  });
});
