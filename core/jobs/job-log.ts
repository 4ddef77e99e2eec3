import type { JsonObject } from "../../lib/json.ts";
import { once } from "../../lib/util/once.ts";
import type { JobStore } from "../ports/job-store.ts";
import { type Job, type JobEntry, MAX_ENTRIES, MAX_ENTRY_BYTES, requireSize } from "./job.ts";

/** Adds an entry to a job's progress log, with the time. Rejects when the log is full or the entry too large. */
export type NoteEntry = (entry: JsonObject) => Promise<void>;

/**
 * Opens the progress log of a job's run.
 * @param isEmpty whether nothing was written to the log before
 */
export const openJobLog = (
  { jobs, now }: { readonly jobs: JobStore; readonly now: () => number },
  job: Job,
  isEmpty: boolean,
): NoteEntry => {
  const countEntries = once(async () => ({ count: isEmpty ? 0 : (await jobs.entries(job)).length }));
  return async (data) => {
    const entry: JobEntry = { ...data, time: now() };
    requireSize("An entry", entry, MAX_ENTRY_BYTES);
    const entries = await countEntries();
    if (entries.count >= MAX_ENTRIES)
      throw new RangeError(`A job can have ${MAX_ENTRIES} entries. Call job.note less often.`);
    await jobs.addEntry(job, entries.count++, entry);
  };
};
