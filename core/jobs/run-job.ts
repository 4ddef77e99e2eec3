import { randomUUID } from "node:crypto";
import { type Json, parseJson } from "../../lib/json.ts";
import { truncateText } from "../../lib/util/truncate-text.ts";
import { Failure } from "../errors.ts";
import { type HandlerLimits, type HandlerResult, runWithTimeLimit } from "../events/queue-handler.ts";
import type { HookRunner } from "../hook-points.ts";
import type { JobEnd, JobStore } from "../ports/job-store.ts";
import type { Log } from "../ports/log.ts";
import { type Job, type JobTurn, type JobWork, MAX_JOB_VALUE_BYTES } from "./job.ts";
import { type NoteEntry, openJobLog } from "./job-log.ts";
import { type RunOutcome, supervise } from "./supervise.ts";

export interface JobWorker {
  readonly jobs: JobStore;
  /**
   * Returns the code of a job; `undefined` when its plugin no longer has it. Throws when the job cannot be
   * run with its parameters.
   */
  readonly findWork: (job: Job) => Promise<JobWork | undefined>;
  readonly runHooks: HookRunner;
  /** Returns the delay in seconds before the next attempt, after this many failed ones. */
  readonly retryAfter: (attempt: number) => number;
  /** How long a job stays with a worker that does not renew its lease, in ms. */
  readonly leaseMs: number;
  /** Epoch ms. */
  readonly now: () => number;
  readonly log: Log;
}

/** Longest delay of a message in SQS, in seconds. */
const MAX_DELAY_SECONDS = 900;

/** Least time of the hooks after a job's end, in ms. They have the rest of the worker's time. */
const MIN_END_HOOKS_MS = 10_000;

/** Runs one turn of a job: to its end, or as far as this worker can. */
export const runJob = async (
  worker: JobWorker,
  { id, turn }: JobTurn,
  limits: HandlerLimits,
): Promise<HandlerResult> => {
  const { jobs, now, leaseMs } = worker;
  const owner = randomUUID();
  const startedAt = performance.now();
  const endHooksLimits = () => ({
    ...limits,
    budgetMs: Math.max(MIN_END_HOOKS_MS, limits.budgetMs - (performance.now() - startedAt)),
  });
  const retryAfterLease = { after: Math.ceil(leaseMs / 1000) };
  const taken = await jobs.take(id, turn, { owner, until: now() + leaseMs });
  if (taken.kind === "busy")
    return { after: Math.min(Math.max(1, Math.ceil((taken.until - now()) / 1000)), MAX_DELAY_SECONDS) };
  if (taken.kind === "over") {
    // The job was cancelled before any worker took it.
    if (taken.job?.status === "cancelled" && taken.job.turn === turn)
      await runEndHooks(worker, taken.job, "cancelled", openJobLog(worker, taken.job, false), endHooksLimits());
    return undefined;
  }
  const { job } = taken;
  const note = openJobLog(worker, job, job.run === 1);
  const next = await runTurn(worker, { owner, note }, taken, limits);
  if ("attempt" in next) {
    const outcome = await jobs.requeue(id, { owner }, next);
    if (outcome === "lost") return retryAfterLease;
    if (outcome === "kept") return undefined;
  }
  const ended = await jobs.end(job, { owner }, "attempt" in next ? { status: "cancelled", worked: next.worked } : next);
  if (ended === "lost") return retryAfterLease;
  worker.log.info("A job has ended", { job_id: id, plugin: job.plugin, action: job.name, status: ended });
  await runEndHooks(worker, job, ended, note, endHooksLimits());
  return undefined;
};

type NextStep = JobEnd | Parameters<JobStore["requeue"]>[2];

/** Runs the job's code. Returns how the job ends or continues. */
const runTurn = async (
  worker: JobWorker,
  run: { readonly owner: string; readonly note: NoteEntry },
  { job, workerDied }: { readonly job: Job; readonly workerDied: boolean },
  limits: HandlerLimits,
): Promise<NextStep> => {
  const { worked } = job;
  const fail = (error: string): JobEnd => ({ status: "failed", error, worked });
  if (job.cancelling) return { status: "cancelled", worked };
  let work: JobWork | undefined;
  try {
    work = await worker.findWork(job);
    if (work === undefined) return fail(`The plugin '${job.plugin}' no longer has the ${job.kind} '${job.name}'.`);
    if (workerDied) {
      const error = "The worker ended before the job did. Call job.checkpoint in long-running work.";
      return retryOrFail(worker, job, work, { worked }, error);
    }
  } catch (error) {
    return fail(formatError(error));
  }
  const begin: Parameters<typeof supervise>[0]["begin"] = (running) =>
    worker.runHooks("job.start", toHookParams(job), running);
  return toNextStep(worker, job, work, await supervise({ ...worker, ...limits, ...run, begin }, job, work), limits);
};

const toNextStep = (
  worker: JobWorker,
  job: Job,
  work: JobWork,
  outcome: RunOutcome,
  { budgetMs }: HandlerLimits,
): NextStep => {
  const { worked, progressed } = outcome;
  const progress = { worked, ...(outcome.begun && { begun: true as const }) };
  switch (outcome.kind) {
    case "done":
      return succeed(outcome.result, worked);
    case "failed":
      worker.log.error("A job failed", {
        job_id: job.id,
        plugin: job.plugin,
        action: job.name,
        attempt: job.attempt,
        error: outcome.error,
      });
      return retryOrFail(worker, job, work, progress, formatError(outcome.error));
    case "vetoed":
      return { status: "failed", worked, error: formatError(outcome.error) };
    case "cancelled":
      return { status: "cancelled", worked };
    case "timed-out":
      return { status: "failed", worked, error: `It took longer than its time limit of ${work.timeLimit} s.` };
    case "worker-timed-out":
      if (progressed) return { attempt: job.attempt, delay: 0, ...progress };
      return {
        status: "failed",
        worked,
        error:
          `It did not end within the ${Math.round(budgetMs / 1000)} s of a worker, and saved no checkpoint to resume ` +
          "from. Call job.checkpoint regularly.",
      };
    default:
      return { attempt: job.attempt, delay: 0, ...progress };
  }
};

const retryOrFail = (
  { retryAfter }: JobWorker,
  { attempt }: Job,
  { retries }: JobWork,
  progress: { readonly worked: number; readonly begun?: true },
  error: string,
): NextStep =>
  attempt <= retries
    ? { attempt: attempt + 1, delay: Math.min(Math.round(retryAfter(attempt)), MAX_DELAY_SECONDS), ...progress }
    : { status: "failed", error, worked: progress.worked };

const succeed = (result: Json | undefined, worked: number): JobEnd => {
  let text: string | undefined;
  try {
    text = JSON.stringify(result);
  } catch (error) {
    return { status: "failed", worked, error: `Its result is not JSON: ${formatError(error)}` };
  }
  if (text === undefined) return { status: "succeeded", worked };
  const bytes = Buffer.byteLength(text);
  if (bytes <= MAX_JOB_VALUE_BYTES) return { status: "succeeded", worked, result: parseJson(text) as Json };
  return {
    status: "failed",
    worked,
    error:
      `Its result has ${bytes} bytes of JSON; the maximum is ${MAX_JOB_VALUE_BYTES}. ` +
      "Store it as an object, and return its URI.",
  };
};

/** Runs the hooks after a job's end. They cannot change how it ended. */
const runEndHooks = async (
  { runHooks, log }: JobWorker,
  job: Job,
  status: JobEnd["status"],
  note: NoteEntry,
  { budgetMs, closing }: HandlerLimits,
): Promise<void> => {
  const { id } = job;
  const run = (signal: AbortSignal) => runHooks("job.end", { ...toHookParams(job), status }, { id, signal, note });
  try {
    await runWithTimeLimit("The hooks at job.end", budgetMs, run, closing);
  } catch (error) {
    log.error("The hooks after a job's end failed", { job_id: id, plugin: job.plugin, error });
  }
};

const toHookParams = ({ id, plugin, name, uri, user }: Job) => ({ job_id: id, plugin, action: name, uri, user });

const MAX_ERROR_CHARS = 1000;

/** Formats an error for the users who may read the job. The stack is only logged. */
const formatError = (error: unknown): string => {
  const cause =
    error instanceof Failure && (error.kind === "BACKEND" || error.kind === "UNDEFINED") && error.cause instanceof Error
      ? error.cause
      : error;
  if (cause instanceof Failure) return cause.message;
  return truncateText(cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause), MAX_ERROR_CHARS);
};
