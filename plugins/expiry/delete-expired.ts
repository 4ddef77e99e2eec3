import type { Data, Job, JsonObject, Log } from "@kintoun/kit";
import { type DueIndex, SHARDS } from "./due-index.ts";

/** Records that are deleted at a time. Those of one collection wait for each other. */
const PARALLEL = 8;

interface Context {
  readonly data: Data;
  readonly index: DueIndex;
  readonly now: () => number;
  readonly deleting: Set<string>;
  readonly dueOf: (uri: string, record: JsonObject) => number | undefined;
  readonly job: Job;
  readonly log: Log;
}

/** Deletes what is due, shard by shard. Each step can be repeated. Returns the number of deleted records. */
export const deleteExpired = async (context: Context): Promise<{ deleted: number }> => {
  const { index, now, job, log } = context;
  let deleted = 0;
  const until = now();
  for (let shard = 0; shard < SHARDS; shard++) {
    let part: Promise<boolean>[] = [];
    const finishPart = async (): Promise<void> => {
      for (const outcome of await Promise.allSettled(part)) {
        if (outcome.status === "fulfilled") deleted += Number(outcome.value);
        else log.warn("A record could not be deleted when it expired", { error: outcome.reason });
      }
      part = [];
      await job.checkpoint({ deleted });
    };
    for await (const entry of index.listDue(shard, until)) {
      part.push(deleteEntry(context, entry));
      if (part.length === PARALLEL) await finishPart();
    }
    if (part.length > 0) await finishPart();
  }
  return { deleted };
};

/** Deletes a record if it is still due. What fails stays in the index, for the next job. */
const deleteEntry = async (
  { data, index, now, dueOf, deleting }: Context,
  { due, uri }: { readonly due: number; readonly uri: string },
): Promise<boolean> => {
  const record = await data.get(uri);
  const current = record && dueOf(uri, record.data);
  let isDeleted = false;
  if (current !== undefined && current <= now()) isDeleted = await deleteUnlessKept(data, deleting, uri);
  // The event of a later change may not have come yet.
  else if (current !== undefined) await index.add(current, uri);
  await index.remove(due, uri);
  return isDeleted;
};

/** Returns `false` if the record has got more time meanwhile: the event of that change adds it to the index again. */
const deleteUnlessKept = async (data: Data, deleting: Set<string>, uri: string): Promise<boolean> => {
  deleting.add(uri);
  try {
    return await data.delete(uri);
  } catch (error) {
    if (error instanceof Error && error.name === "MODIFIED_MEANWHILE") return false;
    throw error;
  } finally {
    deleting.delete(uri);
  }
};
