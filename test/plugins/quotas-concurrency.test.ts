import { expect, it } from "@jest/globals";
import type { Data, State } from "@kintoun/kit";
import { startTestStore, type TestStore } from "@kintoun/testing";
import { quotas } from "../../plugins/quotas/index.ts";
import { recountBucket } from "../../plugins/quotas/recount.ts";
import { createRandom } from "../random.ts";

const BUCKET = "/buckets/b";
const MAX_ITEMS = 12;
const COLLECTIONS = ["x", "y", "z"];

type Fields = Record<string, unknown>;
const sizeOf = ({ last_modified: _, ...data }: Fields) => Buffer.byteLength(JSON.stringify(data));
const sum = (objects: readonly Fields[]) => objects.reduce((bytes, object) => bytes + sizeOf(object), 0);

/** What is stored, by reading it. */
const measure = async (store: TestStore) => {
  const list = async (of: string) => (await store.get(of)).body.data as Fields[];
  const [collections, groups] = [await list(`${BUCKET}/collections`), await list(`${BUCKET}/groups`)];
  const records: Record<string, Fields[]> = {};
  for (const { id } of collections) records[String(id)] = await list(`${BUCKET}/collections/${id}/records`);
  const all = Object.values(records).flat();
  return {
    total: {
      storage_size: sum([(await store.get(BUCKET)).body.data, ...groups, ...collections, ...all]),
      record_count: all.length,
      collection_count: collections.length,
    },
    collections: Object.entries(records).map(([id, own]) => ({ id, storage_size: sum(own), record_count: own.length })),
  };
};

it("quotas count what is stored while writers, deletions and counts run at once", async () => {
  await using store = await startTestStore({ plugins: [quotas({ buckets: { b: { maxItems: MAX_ITEMS } } })] });
  const { state, data } = (await store.getServices("quotas")) as { state: State; data: Data };
  const { below: random } = createRandom(5);
  const count = (resume: boolean) =>
    recountBucket({ state, data, onProgress: async () => undefined, maxObjects: 3 }, "b", { resume });
  const change = () => {
    const collection = `${BUCKET}/collections/${COLLECTIONS[random(3)]}`;
    const record = `${collection}/records/${random(8)}`;
    const text = "x".repeat(random(100));
    const kind = random(16);
    if (kind < 8) return store.put(record, { data: { text, ...(kind === 0 && { last_modified: 1000 + random(99) }) } });
    if (kind < 11) return store.delete(record);
    if (kind === 11) return store.delete(collection);
    if (kind === 12) return store.put(collection, { data: { text } });
    if (kind === 13) return store.put(`${BUCKET}/groups/${random(2)}`, { data: { members: [`user:${text}`] } });
    if (kind === 14) return store.delete(`${collection}/records`);
    return store.patch(BUCKET, { data: { text } });
  };

  await store.put(BUCKET);
  for (let round = 0; round < 6; round++) {
    for (const id of COLLECTIONS) await store.put(`${BUCKET}/collections/${id}`);
    await Promise.all([
      ...Array.from({ length: 10 }, change),
      // Too many changes of what it counts end it, and it is continued below.
      ...(round % 2 === 1 ? [count(false).catch(() => undefined)] : []),
    ]);
    if ((await store.get(`${BUCKET}/quota`)).body.data.counting === true) await count(true);

    const { total, collections } = await measure(store);
    expect((await store.get(`${BUCKET}/quota`)).body.data).toEqual({ ...total, max_items: MAX_ITEMS });
    expect(total.record_count).toBeLessThanOrEqual(MAX_ITEMS);
    for (const { id, ...own } of collections)
      expect((await store.get(`${BUCKET}/collections/${id}/quota`)).body.data).toEqual(own);
  }
});
