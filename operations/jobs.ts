import { type AppOptions, closeApp, createAppContext } from "../app/create-app-context.ts";
import { findJobLimits } from "../app/plugins/actions.ts";
import { hasJobs } from "../config/plugin-placement.ts";
import { UserError } from "../config/user-error.ts";
import { hasEnded, type Job, type JobEntry, type JobSummary } from "../core/jobs/job.ts";
import { isJobId, retryStoredJob, toJobSelection } from "../core/jobs/manage-jobs.ts";
import type { JobCursor, JobFilter } from "../core/ports/job-store.ts";

/** The jobs of a store, as an operator sees and changes them. */
export interface JobOperations {
  /** Lists the jobs of all users, newest first. */
  list(query: JobListing): Promise<JobList>;
  /** Returns a job with its log. Throws a {@link UserError} when it does not exist, as the following methods do. */
  show(id: string): Promise<{ readonly job: Job; readonly entries: readonly JobEntry[] }>;
  /** Cancels a queued job, or asks a running one to stop. Throws a {@link UserError} when it has ended otherwise. */
  cancel(id: string): Promise<Job>;
  /** Queues a failed or cancelled job again. Rejects when it has another status. */
  retry(id: string): Promise<Job>;
  close(): Promise<void>;
}

export interface JobListing {
  readonly filter: JobFilter;
  /** Only jobs that this user started. */
  readonly user?: string | undefined;
  readonly limit: number;
  readonly after?: JobCursor | undefined;
}

interface JobList {
  readonly jobs: readonly JobSummary[];
  /** Where to continue; absent at the end. */
  readonly next?: JobCursor | undefined;
}

/** Reads of at most 1,000 jobs each for one list. A filter may leave out most of them. */
const MAX_PAGES = 100;

/** Opens the jobs of a store. */
export const openJobs = (options: AppOptions): JobOperations => {
  const app = createAppContext(options);
  const { jobs, config, now } = app;
  const requireJob = async (id: string): Promise<Job> => {
    const job = isJobId(id) ? await jobs.get(id) : undefined;
    if (job === undefined) throw new UserError([`There is no job '${id}'. List the jobs with: kintoun jobs`]);
    return job;
  };
  return {
    list: async ({ filter, user, limit, after }) => {
      const selection = toJobSelection(
        config.plugins.filter(hasJobs).map(({ name }) => name),
        filter,
        user,
      );
      const found: JobSummary[] = [];
      let next = after;
      for (let page = 0; page < MAX_PAGES; page++) {
        const read = await jobs.list({ ...selection, limit: limit - found.length, after: next });
        found.push(...read.jobs);
        next = read.next;
        if (next === undefined || found.length === limit) break;
      }
      return { jobs: found, next };
    },
    show: async (id) => {
      const job = await requireJob(id);
      return { job, entries: await jobs.entries(job) };
    },
    cancel: async (id) => {
      await requireJob(id);
      const job = (await jobs.cancel(id)) ?? (await requireJob(id));
      if (hasEnded(job.status) && job.status !== "cancelled")
        throw new UserError([`The job ${id} has already ${job.status}.`]);
      return job;
    },
    retry: async (id) =>
      retryStoredJob({ jobs, findLimits: (job) => findJobLimits(config.plugins, job) }, await requireJob(id), now()),
    close: () => closeApp(app),
  };
};
