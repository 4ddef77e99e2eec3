import { type Counter, type CounterUpdate, type JsonObject, refuse, type State } from "@kintoun/kit";
import {
  type CountedResource,
  collectionKey,
  countedFrom,
  counterList,
  LISTS,
  newEpoch,
  readCounter,
  sizeOf,
  startedTotal,
  TOTAL,
  unchanged,
} from "./counters.ts";
import { bucketQuota, collectionQuota, type Options, type Quota } from "./options.ts";

/** A change of an object in a bucket. */
export interface Change {
  readonly resource_name: string;
  readonly bucket_id?: string;
  readonly collection_id?: string;
  readonly new?: JsonObject;
  readonly old?: JsonObject;
}

interface Context {
  readonly config: Options;
  readonly state: State;
  /** Starts to count what is in a bucket. */
  readonly startCount: (bucket: string) => Promise<void>;
}

/** A value that no counter has, so that the transaction is tried again with new reads. */
const NEVER = -1;

/** Counts a change in its transaction. Refuses it with 507 if it exceeds a quota. */
export const countChange = async (context: Context, change: Change): Promise<void> => {
  const { config, state } = context;
  const { bucket_id: bucket = "", collection_id: collection = "", new: after, old: before } = change;
  const resource = change.resource_name as CountedResource;
  const quotas = {
    bucket: bucketQuota(config, bucket),
    collection: collection === "" ? {} : collectionQuota(config, bucket, collection),
  };
  if (after !== undefined) requireItemSize(sizeOf(after), { ...quotas.bucket, ...quotas.collection });

  const total = await readCounter(state, bucket, TOTAL);
  if (resource === "bucket") return countBucket(state, bucket, total, after, before);
  const key = collection === "" ? undefined : collectionKey(total?.epoch, collection);
  const counter = key === undefined ? undefined : await readCounter(state, bucket, key);
  const { from, skips } = LISTS[resource];
  // Once all is counted, a collection without a counter is new. So creating one changes the counters of the bucket only.
  const isNew = counter === undefined && total?.counted === 1;
  const lowest = resource === "record" ? (isNew ? 0 : countedFrom(counter, resource)) : countedFrom(total, resource);
  const { bytes, count, isSkipped } = compareCounted(lowest, after, before);
  const skipped = isSkipped ? { [skips]: 1 } : {};
  const list = counterList(bucket);

  const toTotal = (add: Counter, ...seen: readonly string[]): CounterUpdate => ({
    list,
    key: TOTAL,
    add: total === undefined ? { ...add, writes: 1 } : add,
    max: requireQuota("bucket", total, add, quotas.bucket),
    when: unchanged(total, "epoch", ...seen),
  });
  const toCollection = (update: Omit<CounterUpdate, "list" | "key">): CounterUpdate[] =>
    key === undefined ? [] : [{ list, key, ...update }];
  if (total === undefined) await context.startCount(bucket);
  if (resource === "record") {
    const max = requireQuota("collection", counter, { bytes, items: count }, quotas.collection);
    // The counter of a collection that was deleted meanwhile: with what has changed since, the request is a 404.
    const when = counter?.life === 0 ? { life: NEVER } : unchanged(counter, "life", from);
    await state.countAll([
      ...toCollection({
        add: { bytes, items: count, ...skipped },
        ...(isNew && { set: { [from]: 0 } }),
        max,
        when,
      }),
      toTotal({ bytes, items: count }),
    ]);
  } else if (resource === "collection" && before === undefined)
    await state.countAll([
      ...(isNew ? [] : toCollection({ set: { life: newEpoch(), bytes: 0, items: 0, from: 0 } })),
      toTotal({ bytes, collections: count, ...skipped }, from),
    ]);
  else if (resource === "collection" && after === undefined)
    // All records end with their collection.
    await state.countAll([
      ...toCollection({
        set: { life: 0, bytes: 0, items: 0, from: 0 },
        when: unchanged(counter, "life", "bytes", "items"),
      }),
      toTotal(
        { bytes: bytes - (counter?.bytes ?? 0), items: -(counter?.items ?? 0), collections: count, ...skipped },
        from,
      ),
    ]);
  else await state.countAll([toTotal({ bytes, ...skipped }, from)]);
};

/** A new bucket begins with counters of its own. What is left of those of an earlier bucket is never read. */
const countBucket = async (
  state: State,
  bucket: string,
  total: Counter | undefined,
  after: JsonObject | undefined,
  before: JsonObject | undefined,
): Promise<void> => {
  const address = { list: counterList(bucket), key: TOTAL };
  if (after === undefined) return;
  if (before === undefined) {
    await state.countAll([{ ...address, set: { ...startedTotal(newEpoch()), bytes: sizeOf(after) } }]);
    return;
  }
  const { from, skips } = LISTS.bucket;
  const { bytes, isSkipped } = compareCounted(countedFrom(total, "bucket"), after, before);
  await state.countAll([
    { ...address, add: { bytes, [skips]: Number(isSkipped) }, when: unchanged(total, "epoch", from) },
  ]);
};

/** What a change adds to the bytes and to the number of objects that are counted. */
const compareCounted = (from: number, after: JsonObject | undefined, before: JsonObject | undefined) => {
  // Without a timestamp of the client, an object gets a later one than all objects of the list.
  const isNewCounted = after !== undefined && Number(after.last_modified ?? Number.MAX_SAFE_INTEGER - 1) >= from;
  const isOldCounted = before !== undefined && Number(before.last_modified) >= from;
  return {
    bytes: (isNewCounted ? sizeOf(after) : 0) - (isOldCounted ? sizeOf(before) : 0),
    count: Number(isNewCounted) - Number(isOldCounted),
    isSkipped: (after !== undefined && !isNewCounted) || (before !== undefined && !isOldCounted),
  };
};

const requireItemSize = (bytes: number, { maxBytesPerItem }: Quota): void => {
  if (maxBytesPerItem !== undefined && bytes > maxBytesPerItem)
    throw refuse(507, `The object has ${bytes} bytes; the quota is ${maxBytesPerItem} bytes per object.`);
};

/** Returns the maximums of a counter's numbers that rise. Throws if the counter is at one of them already. */
const requireQuota = (
  owner: string,
  counter: Counter | undefined,
  { bytes = 0, items = 0 }: Counter,
  { maxBytes, maxItems }: Quota,
): Counter => {
  const [newBytes, newItems] = [(counter?.bytes ?? 0) + bytes, (counter?.items ?? 0) + items];
  if (maxBytes !== undefined && bytes > 0 && newBytes > maxBytes)
    throw refuse(
      507,
      `The ${owner} would have ${newBytes} bytes; its quota is ${maxBytes} bytes. Delete objects first.`,
    );
  if (maxItems !== undefined && items > 0 && newItems > maxItems)
    throw refuse(
      507,
      `The ${owner} would have ${newItems} records; its quota is ${maxItems} records. Delete some first.`,
    );
  return {
    ...(maxBytes !== undefined && bytes > 0 && { bytes: maxBytes }),
    ...(maxItems !== undefined && items > 0 && { items: maxItems }),
  };
};
