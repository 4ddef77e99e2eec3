import type { Counter, Data, State } from "@kintoun/kit";

/**
 * A bucket's counters are a list of state. `total` has the sums of the bucket. Each collection has one, whose key begins with
 * the *epoch* in `total`: with another epoch, all begin anew.
 *
 * Objects that existed before the plugin are counted by a job, newest first. An object counts if its `last_modified` is at
 * least the `from` of its list. So the job lowers `from`, and writers know what of their objects is counted. A writer that
 * changes an object that is not counted yet raises `skips`, and the job reads its part again.
 */
export const TOTAL = "total";

/** The names of the numbers that say what of a list is counted. */
export const LISTS = {
  record: { from: "from", skips: "skips" },
  collection: { from: "collectionsFrom", skips: "collectionsSkips" },
  group: { from: "groupsFrom", skips: "groupsSkips" },
  bucket: { from: "bucketFrom", skips: "bucketSkips" },
} as const;

export type CountedResource = keyof typeof LISTS;

/** The name of a bucket's list of counters. */
export const counterList = (bucket: string): string => `bucket ${bucket}`;

/** The key of a collection's counter. */
export const collectionKey = (epoch: number | undefined, collection: string): string => `${epoch ?? 0} ${collection}`;

/** The numbers of a bucket whose objects are all counted. */
export const startedTotal = (epoch: number): Counter => ({
  epoch,
  bytes: 0,
  items: 0,
  collections: 0,
  collectionsFrom: 0,
  groupsFrom: 0,
  bucketFrom: 0,
  counted: 1,
});

/** The numbers of a bucket of which nothing is counted. */
export const uncountedTotal = (epoch: number): Counter => ({
  ...startedTotal(epoch),
  collectionsFrom: Number.MAX_SAFE_INTEGER,
  groupsFrom: Number.MAX_SAFE_INTEGER,
  bucketFrom: Number.MAX_SAFE_INTEGER,
  counted: 0,
});

/** The lowest `last_modified` that counts. Without a counter, nothing counts. */
export const countedFrom = (counter: Counter | undefined, resource: CountedResource): number =>
  counter?.[LISTS[resource].from] ?? Number.MAX_SAFE_INTEGER;

/** A number that tells bucket and collection apart from those that had the same id. */
export const newEpoch = (): number => Math.floor(Math.random() * 2 ** 52) + 1;

export const readCounter = async (state: State, bucket: string, key: string): Promise<Counter | undefined> =>
  (await state.get(counterList(bucket), key)) as Counter | undefined;

/** Removes the counters of the collections of a deleted bucket. A new bucket of the same id has another epoch. */
export const removeCounters = async (state: State, data: Data, bucket: string): Promise<void> => {
  const total = await readCounter(state, bucket, TOTAL);
  if (total === undefined || (await data.get(`/buckets/${bucket}`)) !== undefined) return;
  for await (const { key } of state.list(counterList(bucket)))
    if (key.startsWith(collectionKey(total.epoch, ""))) await state.delete(counterList(bucket), key);
};

/** The size of an object: its JSON without `last_modified`, in UTF-8. */
export const sizeOf = ({ last_modified: _, ...data }: Readonly<Record<string, unknown>>): number =>
  Buffer.byteLength(JSON.stringify(data));

/** Conditions that numbers are as they were read. */
export const unchanged = (counter: Counter | undefined, ...names: readonly string[]): Record<string, number | null> =>
  Object.fromEntries(names.map((name) => [name, counter?.[name] ?? null]));
