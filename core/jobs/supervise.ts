import type { Json } from "../../lib/json.ts";
import type { JobStore, Kept } from "../ports/job-store.ts";
import type { Log } from "../ports/log.ts";
import { type Job, type JobEntry, LARGEST_ENTRY, LARGEST_JOB_VALUE, MOST_ENTRIES } from "./job.ts";
import type { JobWork, RunningJob } from "./running-job.ts";

/** How a run of a job came to its end. `further`: it has kept a state that there was not before. */
export type RunOutcome = { readonly further: boolean /** In all runs, ms. */; readonly worked: number } & (
  | { readonly kind: "done"; readonly result: Json | undefined }
  | { readonly kind: "failed"; readonly error: unknown }
  /** Its time limit is over; the worker's time is; the worker closes, or it is better to go on in another; it was cancelled; somebody else has it. */
  | { readonly kind: "late" | "outlived" | "leaves" | "cancelled" | "lost" }
);

export interface Supervision {
  readonly jobs: JobStore;
  readonly log: Log;
  /** Epoch ms. */
  readonly now: () => number;
  readonly owner: string;
  /** How long a lease lasts, ms. */
  readonly lease: number;
  /** How long this worker may still be at it, ms. */
  readonly budget: number;
  /** Aborted when the worker closes. */
  readonly closing: AbortSignal;
}

/** How long work that was told to end may take to do so, in ms. */
const GRACE = 1000;

type Ending = Exclude<RunOutcome["kind"], "done" | "failed">;

/** Lets a job in hand be worked on, for as long as it and this worker may. */
export const supervise = async (supervision: Supervision, job: Job, work: JobWork): Promise<RunOutcome> => {
  const { jobs, log, now, owner, lease, budget, closing } = supervision;
  const begun = performance.now();
  const elapsed = () => performance.now() - begun;
  const worked = () => Math.round(job.worked + elapsed());
  const aborting = new AbortController();
  const ending = Promise.withResolvers<Ending>();
  let ended = false;
  const end = (kind: Ending) => {
    ended = true;
    ending.resolve(kind);
  };
  let further = false;
  let noted = job.run > 1 ? (await jobs.entries(job)).length : 0;
  let [last, longest] = [0, 0];

  const keep = async (state?: Json): Promise<Kept> => {
    const kept = await jobs.keep(
      job.id,
      { owner, until: now() + lease },
      { worked: worked(), ...(state !== undefined && { state }) },
    );
    if (kept === "lost") end("lost");
    if (kept === "cancelling") {
      end("cancelled");
      aborting.abort(new Error("The job was cancelled"));
    }
    return kept;
  };
  const running: RunningJob = {
    id: job.id,
    state: job.state,
    attempt: job.attempt,
    signal: aborting.signal,
    note: async (entry) => {
      if (ended) return NEVER;
      const told: JobEntry = { ...entry, time: now() };
      requireSize("An entry", told, LARGEST_ENTRY);
      if (noted >= MOST_ENTRIES) throw new RangeError(`A job can note ${MOST_ENTRIES} entries. Note less often.`);
      await jobs.note(job, noted++, told);
    },
    checkpoint: async (state) => {
      aborting.signal.throwIfAborted();
      if (ended) return NEVER;
      requireSize("The state of a checkpoint", state, LARGEST_JOB_VALUE);
      const kept = await keep(state);
      further ||= kept !== "lost";
      aborting.signal.throwIfAborted();
      longest = Math.max(longest, elapsed() - last);
      last = elapsed();
      // What is still to be done until the next checkpoint may take as long as anything did so far, or somewhat longer.
      if (closing.aborted || budget - elapsed() < 2 * longest) end("leaves");
      return ended ? NEVER : undefined;
    },
  };

  const beating = setInterval(
    () =>
      void keep().catch((error: unknown) =>
        log.warn("A job's lease could not be prolonged", { job_id: job.id, error }),
      ),
    lease / 3,
  );
  const left = work.timeLimit * 1000 - job.worked;
  const timer = setTimeout(() => end(left <= budget ? "late" : "outlived"), Math.max(0, Math.min(left, budget)));
  const close = () => end("leaves");
  closing.addEventListener("abort", close, { once: true });
  if (closing.aborted) close();
  try {
    const run = attempt(async () => work.run(running));
    const first = await Promise.race([run, ending.promise.then((kind) => ({ kind }))]);
    if (first.kind !== "done" && first.kind !== "failed") {
      // What waits at a checkpoint stays there; all else may end in order.
      if (first.kind !== "leaves" || closing.aborted) aborting.abort(new Error("The job's time is up"));
      if (first.kind !== "leaves") await Promise.race([run, new Promise((resolve) => setTimeout(resolve, GRACE))]);
    }
    return { ...first, further, worked: worked() };
  } finally {
    ended = true;
    clearInterval(beating);
    clearTimeout(timer);
    closing.removeEventListener("abort", close);
  }
};

/** What somebody waits for whose work goes on elsewhere. */
const NEVER = new Promise<never>(() => undefined);

const attempt = async (run: () => Promise<Json | undefined>) => {
  try {
    return { kind: "done", result: await run() } as const;
  } catch (error) {
    return { kind: "failed", error } as const;
  }
};

const requireSize = (what: string, value: Json, most: number): void => {
  const bytes = Buffer.byteLength(JSON.stringify(value));
  if (bytes > most) throw new RangeError(`${what} may have ${most} bytes of JSON; this one has ${bytes}.`);
};
