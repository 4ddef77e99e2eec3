import type { Data } from "@kintoun/kit";

/** Numbers by resource, as in Kinto. Resources without objects are left out. */
export type StoreCounts = {
  readonly objects: Readonly<Record<string, number>>;
  readonly tombstones: Readonly<Record<string, number>>;
};

interface CountOptions {
  readonly data: Data;
  /** Lists at the top level of plugins' resources, by the name of the resource. */
  readonly lists: Readonly<Record<string, string>>;
  /** Called after each bucket with what is counted so far. Returns `false` to stop. */
  readonly onBucket: (progress: Progress) => Promise<boolean>;
  /** Continues there. */
  readonly resume?: Progress | undefined;
}

/** What is counted so far, and the last bucket. */
export interface Progress {
  readonly after: string;
  readonly counts: StoreCounts;
}

/**
 * Counts all objects and tombstones. The number of objects is part of each list, so it costs a read per list, and those of
 * tombstones.
 * @returns `undefined` if it was stopped
 */
export const countStore = async ({ data, lists, onBucket, resume }: CountOptions): Promise<StoreCounts | undefined> => {
  const objects: Record<string, number> = { ...resume?.counts.objects };
  const tombstones: Record<string, number> = { ...resume?.counts.tombstones };
  const add = async (resource: string, list: string): Promise<void> => {
    const summary = await data.summarize(list, { tombstones: true });
    if (summary === undefined) return;
    if (summary.objects > 0) objects[resource] = (objects[resource] ?? 0) + summary.objects;
    if (summary.tombstones) tombstones[resource] = (tombstones[resource] ?? 0) + summary.tombstones;
  };

  if (resume === undefined) {
    for (const [resource, list] of Object.entries(lists)) await add(resource, list);
    await add("bucket", "/buckets");
  }
  // In the order of ids, so that a bucket that changes meanwhile is counted once.
  const buckets: string[] = [];
  for await (const { id } of data.list("/buckets", { _fields: "id" })) buckets.push(String(id));
  for (const bucket of buckets.sort()) {
    if (resume !== undefined && bucket <= resume.after) continue;
    const uri = `/buckets/${bucket}`;
    await add("group", `${uri}/groups`);
    await add("collection", `${uri}/collections`);
    const collections: string[] = [];
    for await (const { id } of readCollections(data, uri)) collections.push(String(id));
    for (let start = 0; start < collections.length; start += PARALLEL_READS)
      await Promise.all(
        collections
          .slice(start, start + PARALLEL_READS)
          .map((collection) => add("record", `${uri}/collections/${collection}/records`)),
      );
    const counts = { objects: { ...objects }, tombstones: { ...tombstones } };
    if (!(await onBucket({ after: bucket, counts }))) return undefined;
  }
  return { objects: sortKeys(objects), tombstones: sortKeys(tombstones) };
};

const PARALLEL_READS = 10;

/** The collections of a bucket; none if it was deleted meanwhile. */
async function* readCollections(data: Data, bucket: string) {
  try {
    yield* data.list(`${bucket}/collections`, { _fields: "id" });
  } catch (error) {
    if (!(error instanceof Error && error.name === "MISSING_RESOURCE")) throw error;
  }
}

const sortKeys = (numbers: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(numbers).sort(([a], [b]) => (a < b ? -1 : 1)));
