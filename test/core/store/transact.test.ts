import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { Provenance } from "../../../core/events/provenance.ts";
import type { Change, Commit } from "../../../core/ports/store.ts";
import { createTransactionContext, type TransactionContext, transact } from "../../../core/store/transact.ts";
import { readsForWrite } from "../../../core/store/view.ts";
import { openObjects } from "../open-objects.ts";

const URI = "/buckets/a/collections/c/records/r";

let objects: Awaited<ReturnType<typeof openObjects>>;
beforeAll(async () => {
  objects = await openObjects();
  await objects.put("/buckets/a");
  await objects.put("/buckets/a/collections/c");
});
afterAll(() => objects[Symbol.asyncDispose]());

const read = async (uri: string) => {
  const ref = objects.refOf(uri);
  return (await objects.newSession().read(readsForWrite(ref))).object(ref);
};
/** Adds 1 to the number in an object. */
const add = (context: TransactionContext, uri: string, onAttempt: () => unknown = () => undefined) => {
  const ref = objects.refOf(uri);
  return transact(context, { ...readsForWrite(ref), writes: [ref.list] }, async ({ view }) => {
    await onAttempt();
    const n = Number(JSON.parse(view.object(ref)?.json ?? "{}").n ?? 0) + 1;
    view.put(ref, { data: { n }, acl: {}, changedBy: "test" });
    return n;
  });
};

describe("transact", () => {
  it("starts over when another writer has changed what it read", async () => {
    // Two processes, which do not share a mutex.
    const [one, other] = [createTransactionContext(objects.store), createTransactionContext(objects.store)];
    const uri = `${URI}-stale`;
    let attempts = 0;
    const result = await add(one, uri, async () => {
      if (++attempts <= 2) await add(other, uri);
    });

    expect([attempts, result]).toEqual([3, 3]);
    expect(await read(uri)).toMatchObject({ json: expect.stringContaining('"n":3') });
  });

  it("loses no change of many writers", async () => {
    const uri = `${URI}-many`;
    const contexts = [1, 2, 3].map(() => createTransactionContext(objects.store));
    const results = await Promise.all(contexts.flatMap((context) => [add(context, uri), add(context, uri)]));

    expect(results.toSorted()).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("keeps its decision when only the list's clock has moved", async () => {
    const [one, other] = [createTransactionContext(objects.store), createTransactionContext(objects.store)];
    const reads: number[] = [];
    const store = {
      ...objects.store,
      read: (request: Parameters<typeof objects.store.read>[0]) => {
        reads.push(request.objects.length);
        return objects.store.read(request);
      },
    };
    let attempts = 0;
    await add({ ...one, store }, `${URI}-moved`, async () => {
      if (++attempts === 1) await add(other, `${URI}-beside`);
    });

    expect(attempts).toBe(2);
    expect(reads).toHaveLength(1);
    const [moved, beside] = [await read(`${URI}-moved`), await read(`${URI}-beside`)];
    expect(moved?.last_modified).toBeGreaterThan(beside?.last_modified ?? Number.POSITIVE_INFINITY);
  });

  it("does not write when the parent was created again meanwhile", async () => {
    const [one, other] = [createTransactionContext(objects.store), createTransactionContext(objects.store)];
    await objects.put("/buckets/renewed");
    await objects.put("/buckets/renewed/collections/c");
    const ref = objects.refOf("/buckets/renewed/collections/c/records/r");
    let attempts = 0;
    const found = await transact(one, { ...readsForWrite(ref), writes: [ref.list] }, async ({ view }) => {
      if (++attempts === 1) {
        const collection = objects.refOf("/buckets/renewed/collections/c");
        const plan = { ...readsForWrite(collection), writes: [collection.list] };
        await transact(other, plan, (session) => session.view.delete(collection, "test"));
        await transact(other, plan, (session) =>
          session.view.put(collection, { data: {}, acl: {}, changedBy: "test" }),
        );
      }
      return view.put(ref, { data: {}, acl: {}, changedBy: "test" }).parentGeneration;
    });

    expect(attempts).toBeGreaterThan(1);
    expect(await read(ref.uri)).toMatchObject({ parentGeneration: found });
  });

  it("commits nothing and announces nothing without changes", async () => {
    const committed: (readonly Change[])[] = [];
    const context = {
      ...createTransactionContext(objects.store),
      onCommitted: async (changes: readonly Change[]) => void committed.push(changes),
    };
    const commits: Commit[] = [];
    const store = {
      ...objects.store,
      commit: (commit: Commit) => {
        commits.push(commit);
        return objects.store.commit(commit);
      },
    };
    const ref = objects.refOf(URI);

    expect(await transact({ ...context, store }, { ...readsForWrite(ref), writes: [] }, () => 5)).toBe(5);
    expect([commits, committed]).toEqual([[], []]);
    await transact({ ...context, store }, { ...readsForWrite(ref), writes: [] }, ({ view }) =>
      view.ensureTimestamp(objects.refOf("/buckets/a/groups/g").list),
    );
    expect([commits.length, committed]).toEqual([1, []]);
    await add({ ...context, store }, `${URI}-announced`);
    expect(committed.map((changes) => changes.map((change) => change.ref.uri))).toEqual([[`${URI}-announced`]]);
  });

  it("stores the cause of the changes, and refuses a long chain of causes", async () => {
    const provenance: Provenance = { request_id: "q", cause: ["p-l"] };
    await add({ ...createTransactionContext(objects.store), provenance: () => provenance }, `${URI}-caused`);
    await add({ ...createTransactionContext(objects.store), provenance: () => undefined }, `${URI}-uncaused`);
    const cause = Array.from({ length: 9 }, () => "p-l");
    const looped = add({ ...createTransactionContext(objects.store), provenance: () => ({ cause }) }, `${URI}-looped`);

    await expect(looped).rejects.toThrow("The cause chain has 9 plugin parts");
    expect(await read(`${URI}-caused`)).toMatchObject({ provenance });
    expect(await read(`${URI}-uncaused`)).not.toHaveProperty("provenance");
    expect(await read(`${URI}-looped`)).toBeUndefined();
  });

  it("advances the timestamp of a list also when the clock goes back", async () => {
    let now = Date.now() + 5000;
    const context = createTransactionContext(objects.store, () => now);
    await add(context, `${URI}-back`);
    const before = await read(`${URI}-back`);
    now -= 3000;
    await add(context, `${URI}-back`);

    expect((await read(`${URI}-back`))?.last_modified).toBe((before?.last_modified ?? 0) + 1);
  });
});
