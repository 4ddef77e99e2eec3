import {
  type Counter,
  type CounterUpdate,
  type Data,
  type JsonObject,
  RetryAfterError,
  type State,
} from "@kintoun/kit";
import {
  collectionKey,
  countedFrom,
  counterList,
  LISTS,
  newEpoch,
  readCounter,
  sizeOf,
  TOTAL,
  unchanged,
  uncountedTotal,
} from "./counters.ts";

/** Objects that are counted in one transaction. */
const CHUNK_OBJECTS = 500;
/** How often a part is read again because objects in it were changed meanwhile. Each time it is half as long. */
const MAX_CONFLICTS = 40;

export interface RecountContext {
  readonly data: Data;
  readonly state: State;
  /** Called after each part, with the number of objects so far. Rejects to stop. */
  readonly onProgress: (objects: number) => Promise<void>;
  /** How many objects are counted in one transaction at most. */
  readonly maxObjects?: number;
}

/** The numbers of a bucket before and after it was counted. */
export interface Recount {
  readonly before: Counter | undefined;
  readonly after: Counter | undefined;
}

/**
 * Counts what is in a bucket anew while writes go on. Meanwhile the quotas see what is counted so far.
 * @param resume continues what was begun before
 */
export const recountBucket = async (
  { data, state, onProgress, maxObjects = CHUNK_OBJECTS }: RecountContext,
  bucket: string,
  { resume }: { readonly resume: boolean },
): Promise<Recount> => {
  const before = await readCounter(state, bucket, TOTAL);
  const epoch = await begin(state, bucket, before, resume);
  let objects = 0;
  const count: CountList = (source, resource, collection) =>
    countList({ data, state, bucket, epoch, source, resource, collection, maxObjects }, async (counted) => {
      objects += counted;
      await onProgress(objects);
    });

  await countBucketItself(data, state, bucket);
  const uri = `/buckets/${bucket}`;
  if ((await data.get(uri)) !== undefined) {
    await count(`${uri}/groups`, "group");
    await count(`${uri}/collections`, "collection");
    for await (const { id } of data.list(`${uri}/collections`))
      await count(`${uri}/collections/${String(id)}/records`, "record", String(id));
  }
  await state.count(counterList(bucket), TOTAL, { set: { counted: 1 }, when: { epoch } });
  for await (const { key } of state.list(counterList(bucket)))
    if (key !== TOTAL && !key.startsWith(`${epoch} `)) await state.delete(counterList(bucket), key);
  return { before, after: await readCounter(state, bucket, TOTAL) };
};

type CountList = (source: string, resource: "record" | "group" | "collection", collection?: string) => Promise<void>;

/** Begins with counters that have counted nothing. Returns their epoch. */
const begin = async (state: State, bucket: string, total: Counter | undefined, resume: boolean): Promise<number> => {
  if (resume && total?.epoch !== undefined && total.counted === 0) return total.epoch;
  const epoch = newEpoch();
  const set = uncountedTotal(epoch);
  if ((await state.count(counterList(bucket), TOTAL, { set, when: unchanged(total, "epoch") })) === undefined)
    throw new RetryAfterError(10, `The bucket ${bucket} was created or counted by another process meanwhile`);
  return epoch;
};

const countBucketItself = async (data: Data, state: State, bucket: string): Promise<void> => {
  const { from, skips } = LISTS.bucket;
  await untilUndisturbed(async () => {
    const total = await readCounter(state, bucket, TOTAL);
    if (countedFrom(total, "bucket") === 0) return true;
    const object = await data.get(`/buckets/${bucket}`);
    const add = { bytes: object === undefined ? 0 : sizeOf(object.data) };
    const when = unchanged(total, "epoch", from, skips);
    return (await state.count(counterList(bucket), TOTAL, { add, set: { [from]: 0 }, when })) !== undefined;
  }, bucket);
};

interface List {
  readonly data: Data;
  readonly state: State;
  readonly bucket: string;
  readonly epoch: number;
  readonly source: string;
  readonly resource: "record" | "group" | "collection";
  readonly collection: string | undefined;
  readonly maxObjects: number;
}

/** Counts a list from its newest to its oldest object, part by part. */
const countList = async (list: List, onCounted: (objects: number) => Promise<void>): Promise<void> => {
  const { data, state, bucket, epoch, source, resource, collection } = list;
  const key = collection === undefined ? TOTAL : collectionKey(epoch, collection);
  const names = LISTS[resource];
  let limit = list.maxObjects;
  for (;;) {
    let counted = 0;
    const isDone = await untilUndisturbed(async () => {
      const counter = await readCounter(state, bucket, key);
      const from = countedFrom(counter, resource);
      if (from === 0) return "done";
      const part = await readPart(data, source, from, limit);
      limit = Math.max(1, Math.floor(limit / 2));
      const update = {
        list: counterList(bucket),
        key,
        set: { [names.from]: part.from },
        when: unchanged(counter, names.from, names.skips, "life"),
      };
      const isCommitted = await state.countAll(addSums(list, update, part.objects));
      counted = part.objects.length;
      return isCommitted && (part.from === 0 ? "done" : "more");
    }, bucket);
    await onCounted(counted);
    if (isDone === "done") return;
    limit = list.maxObjects;
  }
};

/** Objects before a time, newest first: all of the last one's time. */
const readPart = async (data: Data, source: string, from: number, limit: number) => {
  const isFirst = from === Number.MAX_SAFE_INTEGER;
  const objects: JsonObject[] = [];
  let read = 0;
  let last = Number.NaN;
  // What is written from now on is newer than the newest object.
  if (isFirst) {
    for await (const { last_modified } of readList(data, source, { _limit: "1" }))
      return { objects, from: Number(last_modified) + 1 };
    return { objects, from: 0 };
  }
  for await (const object of readList(data, source, { _before: String(from) })) {
    if (read >= limit && Number(object.last_modified) !== last) return { objects, from: last };
    last = Number(object.last_modified);
    read += 1;
    // A list before a time has tombstones too.
    if (object.deleted !== true) objects.push(object);
  }
  return { objects, from: 0 };
};

/** Reads a list that may be deleted meanwhile: then there is nothing left to count. */
async function* readList(data: Data, source: string, query: Record<string, string>): AsyncGenerator<JsonObject> {
  try {
    yield* data.list(source, query);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && (error.name === "MISSING_RESOURCE" || error.name === "INVALID_RESOURCE_ID");

/** Adds the objects of a part to the counters. */
const addSums = (
  { bucket, epoch, resource }: List,
  update: CounterUpdate,
  objects: readonly JsonObject[],
): CounterUpdate[] => {
  const bytes = objects.reduce((sum, object) => sum + sizeOf(object), 0);
  const total = { list: counterList(bucket), key: TOTAL };
  if (resource === "record") {
    const add = { bytes, items: objects.length };
    return [
      { ...update, add },
      { ...total, add, when: { epoch } },
    ];
  }
  return [
    {
      ...update,
      add: resource === "group" ? { bytes } : { bytes, collections: objects.length },
      when: { ...update.when, epoch },
    },
  ];
};

/** Repeats a step until no writer has disturbed it. */
const untilUndisturbed = async <T>(step: () => Promise<T | false>, bucket: string): Promise<T> => {
  for (let conflicts = 0; conflicts < MAX_CONFLICTS; conflicts++) {
    const result = await step();
    if (result !== false) return result;
  }
  throw new RetryAfterError(30, `Objects of the bucket ${bucket} were changed while they were counted`);
};
