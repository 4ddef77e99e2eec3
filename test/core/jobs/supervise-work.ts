import type { HookJob, Job, JobWork } from "../../../core/jobs/job.ts";
import { type SupervisionContext, supervise } from "../../../core/jobs/supervise.ts";
import type { JobStore, LeaseOutcome } from "../../../core/ports/job-store.ts";
import { createLog, type LogFields } from "../../../core/ports/log.ts";
import type { JsonObject } from "../../../lib/json.ts";

/** Epoch ms. */
export const NOW = 1_800_000_000_000;

export interface SuperviseOptions
  extends Partial<Pick<SupervisionContext, "leaseMs" | "budgetMs" | "closing" | "begin">> {
  readonly job?: Partial<Job>;
  /** In seconds. */
  readonly timeLimit?: number;
  /** Results of renewals of the lease, in order; `kept` afterwards. */
  readonly renewals?: readonly (LeaseOutcome | Error)[];
}

/** Supervises a job on a store that only renews its lease, and records what happens. */
export const superviseWork = async (
  run: JobWork["run"],
  { job = {}, timeLimit = 60, renewals = [], ...context }: SuperviseOptions = {},
) => {
  const [renewed, notes, warnings] = [[] as unknown[][], [] as JsonObject[], [] as unknown[][]];
  const left = [...renewals];
  const renewLease: JobStore["renewLease"] = async (...args) => {
    renewed.push(args);
    const outcome = left.shift() ?? "kept";
    if (outcome instanceof Error) throw outcome;
    return outcome;
  };
  const outcome = await supervise(
    {
      jobs: { renewLease } as Partial<JobStore> as JobStore,
      log: createLog((...line: [string, string, LogFields]) => void warnings.push(line)),
      now: () => NOW,
      owner: "me",
      leaseMs: 60_000,
      budgetMs: 60_000,
      closing: new AbortController().signal,
      note: async (entry) => void notes.push(entry),
      begin: async () => undefined,
      ...context,
    },
    { id: "i", state: undefined, attempt: 1, worked: 0, begun: false, ...job } as Job,
    { timeLimit, retries: 0, expiry: 60, run },
  );
  return { outcome, renewed, notes, warnings };
};

/** Works until the signal is aborted. Returns the reason. */
export const workUntilAborted = ({ signal }: HookJob) =>
  new Promise<string>((resolve) => {
    const end = () => resolve((signal.reason as Error).message);
    if (signal.aborted) end();
    signal.addEventListener("abort", end, { once: true });
  });
