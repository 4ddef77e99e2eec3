import type { Store } from "../ports/store.ts";
import type { VersionedBucket, Versions } from "../ports/versions.ts";
import { BUCKETS, objectRef, ROOT_GENERATION } from "../resources.ts";
import { generationOf } from "../store/view.ts";

/** How much history of a bucket is kept. */
export interface HistoryLimits {
  /** Maximum number of entries. */
  readonly maxCount?: number | undefined;
  /** Maximum age of entries in ms. */
  readonly maxAgeMs?: number | undefined;
}

/** Where a trimming is. */
export interface TrimProgress {
  /** The last bucket that is done. */
  readonly after?: string | undefined;
  readonly trimmed: number;
}

const BUCKETS_PER_READ = 100;
const VERSIONS_PER_DELETION = 200;

/**
 * Deletes the oldest versions of all buckets beyond limits. Writes go on meanwhile: what they add is trimmed next time.
 * @param save called after each step; the work may end there and start again from what was saved
 * @returns the number of deleted versions
 */
export const trimHistory = async (
  store: Store,
  versions: Versions,
  { maxCount, maxAgeMs, now }: HistoryLimits & { readonly now: number },
  start: TrimProgress,
  save: (progress: TrimProgress) => Promise<void>,
): Promise<number> => {
  let { after, trimmed } = start;
  do {
    const page = await store.walkHeads(BUCKETS, { parentGeneration: ROOT_GENERATION, after, limit: BUCKETS_PER_READ });
    for (const [id, head] of page.heads) {
      const bucket = { uri: objectRef(BUCKETS, id).uri, generation: generationOf(head) };
      const done = after;
      const count = async (deleted: number) => {
        trimmed += deleted;
        await save({ after: done, trimmed });
      };
      if (maxAgeMs !== undefined) await deleteOldest(versions, bucket, { before: now - maxAgeMs }, count);
      if (maxCount !== undefined) {
        const excess = (await versions.count(bucket)) - maxCount;
        if (excess > 0) await deleteOldest(versions, bucket, { limit: excess }, count);
      }
      after = id;
    }
    after = page.next;
    if (after !== undefined) await save({ after, trimmed });
  } while (after !== undefined);
  return trimmed;
};

/** Deletes the oldest versions, up to a number and before a revision. */
const deleteOldest = async (
  versions: Versions,
  bucket: VersionedBucket,
  { before, limit = Number.POSITIVE_INFINITY }: { readonly before?: number; readonly limit?: number },
  count: (deleted: number) => Promise<void>,
): Promise<void> => {
  for (let left = limit; left > 0; ) {
    const page = await versions.list(bucket, {
      descending: false,
      before,
      limit: Math.min(left, VERSIONS_PER_DELETION),
    });
    if (page.versions.length === 0) return;
    await versions.delete(bucket, page.versions);
    left -= page.versions.length;
    await count(page.versions.length);
  }
};
