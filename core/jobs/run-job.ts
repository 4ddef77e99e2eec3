import { randomUUID } from "node:crypto";
import type { Json } from "../../lib/json.ts";
import { Failure } from "../errors.ts";
import type { Handled, HandlerTime } from "../events/handler.ts";
import type { Reach } from "../points.ts";
import type { End, JobStore } from "../ports/job-store.ts";
import type { Log } from "../ports/log.ts";
import { type Job, LARGEST_JOB_VALUE } from "./job.ts";
import type { JobTurn } from "./message.ts";
import type { JobWork } from "./running-job.ts";
import { type RunOutcome, supervise } from "./supervise.ts";

export interface JobWorker {
  readonly jobs: JobStore;
  /** What there is to do for a job; `undefined` when its plugin knows it no longer. Throws when it can't be done as it was asked for. */
  readonly workOf: (job: Job) => Promise<JobWork | undefined>;
  readonly reach: Reach;
  /** Seconds until a job that failed this often is tried again. */
  readonly retryAfter: (attempt: number) => number;
  /** How long a job stays in the hands of a worker that is not heard of, ms. */
  readonly lease: number;
  /** Epoch ms. */
  readonly now: () => number;
  readonly log: Log;
}

/** Works on a job in its turn: to its end, or as far as this worker can. */
export const runJob = async (worker: JobWorker, { id, turn }: JobTurn, time: HandlerTime): Promise<Handled> => {
  const { jobs, now, lease } = worker;
  const owner = randomUUID();
  const taken = await jobs.take(id, turn, { owner, until: now() + lease });
  if (taken.kind === "busy") return { after: Math.min(Math.max(1, Math.ceil((taken.until - now()) / 1000)), 900) };
  if (taken.kind === "over") {
    // It was cancelled before anybody took it.
    if (taken.job?.status === "cancelled" && taken.job.turn === turn) await tell(worker, taken.job, "cancelled");
    return undefined;
  }
  const next = await step(worker, owner, taken, time);
  const { job } = taken;
  if ("attempt" in next) {
    const kept = await jobs.requeue(id, { owner }, next);
    if (kept === "lost") return { after: Math.ceil(lease / 1000) };
    if (kept === "kept") return undefined;
  }
  const ended = await jobs.end(job, { owner }, "attempt" in next ? { status: "cancelled", worked: next.worked } : next);
  if (ended === "lost") return { after: Math.ceil(lease / 1000) };
  worker.log.info("A job has ended", { job_id: id, plugin: job.plugin, action: job.name, status: ended });
  await tell(worker, job, ended);
  return undefined;
};

type Next = End | { readonly attempt: number; readonly delay: number; readonly worked: number };

/** Does what there is to do now; tells how the job ends, or how it goes on. */
const step = async (
  worker: JobWorker,
  owner: string,
  { job, died }: { job: Job; died: boolean },
  time: HandlerTime,
): Promise<Next> => {
  const { worked } = job;
  const failed = (error: string): End => ({ status: "failed", error, worked });
  if (job.cancelling) return { status: "cancelled", worked };
  let work: JobWork | undefined;
  try {
    work = await worker.workOf(job);
    if (work === undefined) return failed(`The plugin '${job.plugin}' has no ${job.kind} '${job.name}' any more.`);
    if (died)
      return tryAgain(
        worker,
        job,
        work,
        worked,
        "Its worker ended before it did. Work that takes long calls job.checkpoint.",
      );
    if (job.run === 1) await worker.reach("job.start", pointOf(job));
  } catch (error) {
    return failed(told(error));
  }
  return nextOf(worker, job, work, await supervise({ ...worker, ...time, owner }, job, work), time);
};

const nextOf = (worker: JobWorker, job: Job, work: JobWork, outcome: RunOutcome, { budget }: HandlerTime): Next => {
  const { worked, further } = outcome;
  switch (outcome.kind) {
    case "done":
      return succeeded(outcome.result, worked);
    case "failed":
      worker.log.error("A job failed", {
        job_id: job.id,
        plugin: job.plugin,
        action: job.name,
        attempt: job.attempt,
        error: outcome.error,
      });
      return tryAgain(worker, job, work, worked, told(outcome.error));
    case "cancelled":
      return { status: "cancelled", worked };
    case "late":
      return { status: "failed", worked, error: `It took longer than its time limit of ${work.timeLimit} s.` };
    case "outlived":
      if (further) return { attempt: job.attempt, delay: 0, worked };
      return {
        status: "failed",
        worked,
        error: `It did not end in the ${Math.round(budget / 1000)} s that a worker has, and kept no checkpoint from which another could go on. Call job.checkpoint as the work goes on.`,
      };
    default:
      return { attempt: job.attempt, delay: 0, worked };
  }
};

const tryAgain = (
  { retryAfter }: JobWorker,
  { attempt }: Job,
  { retries }: JobWork,
  worked: number,
  error: string,
): Next =>
  attempt <= retries
    ? { attempt: attempt + 1, delay: Math.min(Math.round(retryAfter(attempt)), LONGEST_DELAY), worked }
    : { status: "failed", error, worked };

/** Seconds; SQS's limit. */
const LONGEST_DELAY = 900;

const succeeded = (result: Json | undefined, worked: number): End => {
  let text: string | undefined;
  try {
    text = JSON.stringify(result);
  } catch (error) {
    return { status: "failed", worked, error: `Its result is no JSON: ${told(error)}` };
  }
  if (text === undefined) return { status: "succeeded", worked };
  const bytes = Buffer.byteLength(text);
  if (bytes <= LARGEST_JOB_VALUE) return { status: "succeeded", worked, result: JSON.parse(text) as Json };
  return {
    status: "failed",
    worked,
    error: `Its result has ${bytes} bytes of JSON; ${LARGEST_JOB_VALUE} can be kept. Store it as an object, and give its URI.`,
  };
};

const tell = ({ reach }: JobWorker, job: Job, status: End["status"]): Promise<void> =>
  reach("job.end", { ...pointOf(job), status });

const pointOf = ({ id, plugin, name, uri, user }: Job) => ({ job_id: id, plugin, action: name, uri, user });

/** What those who look at the job are told of an error; its stack stays in the log. */
const told = (error: unknown): string => {
  const cause =
    error instanceof Failure && (error.kind === "BACKEND" || error.kind === "UNDEFINED") && error.cause instanceof Error
      ? error.cause
      : error;
  if (cause instanceof Failure) return cause.message;
  return (cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)).slice(0, 1000);
};
