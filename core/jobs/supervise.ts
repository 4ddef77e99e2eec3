import type { Json } from "../../lib/json.ts";
import type { JobStore, LeaseOutcome } from "../ports/job-store.ts";
import type { Log } from "../ports/log.ts";
import { type HookJob, type Job, type JobWork, MAX_JOB_VALUE_BYTES, type RunningJob, requireSize } from "./job.ts";
import type { NoteEntry } from "./job-log.ts";

/**
 * Why a run was stopped. `timed-out`: the job's time limit is over. `worker-timed-out`: the worker's time is over.
 * `handed-over`: the worker shuts down, or another one should continue. `lease-lost`: another worker has the job.
 */
type StopReason = "timed-out" | "worker-timed-out" | "handed-over" | "cancelled" | "lease-lost";

/** How a run of a job ended. */
export type RunOutcome = {
  /** Whether the run saved a new state. */
  readonly progressed: boolean;
  /** Time spent in all runs, in ms. */
  readonly worked: number;
  /** Whether the hooks before the first run are done. */
  readonly begun: boolean;
} & (
  | { readonly kind: "done"; readonly result: Json | undefined }
  | { readonly kind: "failed" | "vetoed"; readonly error: unknown }
  | { readonly kind: StopReason }
);

export interface SupervisionContext {
  readonly jobs: JobStore;
  readonly log: Log;
  /** Epoch ms. */
  readonly now: () => number;
  /** Owner of the lease. */
  readonly owner: string;
  readonly leaseMs: number;
  /** Time that this worker has left, in ms. */
  readonly budgetMs: number;
  /** Aborted when the worker shuts down. */
  readonly closing: AbortSignal;
  /** Adds an entry to the job's progress log. */
  readonly note: NoteEntry;
  /** Runs the hooks before the first run. Rejects when a hook vetoes the job. */
  readonly begin: (job: HookJob) => Promise<void>;
}

/** Time that work may still take after its signal was aborted, in ms. */
const GRACE_MS = 1000;

/** Never settles. Work that awaits it is abandoned, because it continues elsewhere. */
const NEVER_SETTLES = new Promise<never>(() => undefined);

/**
 * Runs a job's code, before the first run its hooks, within the limits of the job and of this worker. Renews the lease
 * in the meantime.
 */
export const supervise = async (context: SupervisionContext, job: Job, work: JobWork): Promise<RunOutcome> => {
  const { jobs, log, now, owner, leaseMs, budgetMs, closing, note, begin } = context;
  const startedAt = performance.now();
  const elapsed = () => performance.now() - startedAt;
  const worked = () => Math.round(job.worked + elapsed());
  const controller = new AbortController();
  const stopping = Promise.withResolvers<StopReason>();
  let stopped = false;
  const stop = (reason: StopReason) => {
    stopped = true;
    stopping.resolve(reason);
  };
  let progressed = false;
  let { begun } = job;
  let [lastCheckpoint, longestStep] = [0, 0];

  const renewLease = async (state?: Json): Promise<LeaseOutcome> => {
    const outcome = await jobs.renewLease(
      job.id,
      { owner, until: now() + leaseMs },
      { worked: worked(), ...(begun && { begun }), ...(state !== undefined && { state }) },
    );
    if (outcome === "lost") stop("lease-lost");
    if (outcome === "cancelling") {
      stop("cancelled");
      controller.abort(new Error("The job was cancelled"));
    }
    return outcome;
  };
  const running: RunningJob = {
    id: job.id,
    state: job.state,
    attempt: job.attempt,
    signal: controller.signal,
    note: (entry) => (stopped ? NEVER_SETTLES : note(entry)),
    checkpoint: async (state) => {
      controller.signal.throwIfAborted();
      if (stopped) return NEVER_SETTLES;
      requireSize("The state of a checkpoint", state, MAX_JOB_VALUE_BYTES);
      const outcome = await renewLease(state);
      progressed ||= outcome !== "lost";
      controller.signal.throwIfAborted();
      longestStep = Math.max(longestStep, elapsed() - lastCheckpoint);
      lastCheckpoint = elapsed();
      // The next step may take as long as the longest one so far, or somewhat longer.
      if (budgetMs - elapsed() < 2 * longestStep) stop("handed-over");
      return stopped ? NEVER_SETTLES : undefined;
    },
  };

  const heartbeat = setInterval(
    () =>
      void renewLease().catch((error: unknown) =>
        log.warn("The lease of a job could not be renewed", { job_id: job.id, error }),
      ),
    leaseMs / 3,
  );
  const leftMs = work.timeLimit * 1000 - job.worked;
  const timer = setTimeout(
    () => stop(leftMs <= budgetMs ? "timed-out" : "worker-timed-out"),
    Math.max(0, Math.min(leftMs, budgetMs)),
  );
  let graceTimer: NodeJS.Timeout | undefined;
  const close = () => stop("handed-over");
  closing.addEventListener("abort", close);
  if (closing.aborted) close();
  try {
    const run = tryRun(running, {
      begin: async (hookJob) => {
        if (!begun) await begin(hookJob);
        begun = true;
      },
      work,
    });
    const first = await Promise.race([run, stopping.promise.then((kind) => ({ kind }))]);
    if (first.kind !== "done" && first.kind !== "failed" && first.kind !== "vetoed") {
      // Work that waits at a checkpoint is abandoned there. Other work gets time to end in order.
      if (first.kind !== "handed-over" || closing.aborted) controller.abort(new Error("The job's time is up"));
      if (first.kind !== "handed-over")
        await Promise.race([
          run,
          new Promise((resolve) => {
            graceTimer = setTimeout(resolve, GRACE_MS);
          }),
        ]);
    }
    return { ...first, progressed, begun, worked: worked() };
  } finally {
    stopped = true;
    clearInterval(heartbeat);
    clearTimeout(timer);
    clearTimeout(graceTimer);
    closing.removeEventListener("abort", close);
  }
};

const tryRun = async (
  job: RunningJob,
  { begin, work }: Pick<SupervisionContext, "begin"> & { readonly work: JobWork },
) => {
  const { id, signal, note } = job;
  try {
    await begin({ id, signal, note });
  } catch (error) {
    return { kind: "vetoed", error } as const;
  }
  try {
    return { kind: "done", result: await work.run(job) } as const;
  } catch (error) {
    return { kind: "failed", error } as const;
  }
};
