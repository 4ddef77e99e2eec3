import { describe, expect, it } from "@jest/globals";
import type { Job, JobEntry } from "../../../core/jobs/job.ts";
import { openJobLog } from "../../../core/jobs/job-log.ts";
import type { JobStore } from "../../../core/ports/job-store.ts";

const JOB = { id: "i", created: 1, run: 2, expires: 3 } as Job;

/** Opens the log of a job that has some entries. */
const openLog = (count: number, isEmpty = false) => {
  const added: [number, JobEntry][] = [];
  let reads = 0;
  const jobs = {
    entries: async () => {
      reads++;
      return Array.from({ length: count }, () => ({ time: 1 }));
    },
    addEntry: async (_: Job, index: number, entry: JobEntry) => void added.push([index, entry]),
  } as Partial<JobStore> as JobStore;
  return { note: openJobLog({ jobs, now: () => 7 }, JOB, isEmpty), added, reads: () => reads };
};

describe("the log of a job", () => {
  it("continues after the entries of earlier runs, which are read once", async () => {
    const { note, added, reads } = openLog(3);
    await note({ n: 1 });
    await note({ n: 2, time: 1 });

    expect(added).toEqual([
      [3, { n: 1, time: 7 }],
      [4, { n: 2, time: 7 }],
    ]);
    expect(reads()).toBe(1);
  });

  it("is not read in the first run of a job", async () => {
    const { note, added, reads } = openLog(3, true);
    await note({ n: 1 });

    expect([added[0]?.[0], reads()]).toEqual([0, 0]);
  });

  it("has at most 1000 entries", async () => {
    const { note, added } = openLog(999);
    await note({ n: 1 });

    await expect(note({ n: 2 })).rejects.toThrow(
      new RangeError("A job can have 1000 entries. Call job.note less often."),
    );
    expect(added).toHaveLength(1);
  });

  it("has entries of at most 4000 bytes, with their time", async () => {
    const { note, added } = openLog(0, true);
    const overhead = '{"a":"","time":7}'.length;
    await note({ a: "x".repeat(4000 - overhead) });

    await expect(note({ a: "x".repeat(4001 - overhead) })).rejects.toThrow(
      new RangeError("An entry has 4001 bytes of JSON; the maximum is 4000."),
    );
    expect(added).toHaveLength(1);
  });
});
