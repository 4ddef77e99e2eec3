import type { Json } from "../../lib/json.ts";
import type { EndStatus, Job, JobDraft, JobEntry, JobStatus, JobSummary } from "../jobs/job.ts";
import type { Lease } from "./store.ts";

/** The port to stored jobs. test/contracts/jobs.ts tests all implementations. */
export interface JobStore {
  /** Adds and queues a job. Returns the existing job unchanged when the id is taken. */
  create(draft: JobDraft): Promise<{ readonly job: Job; readonly created: boolean }>;
  /** Returns a job, or `undefined` when it does not exist or has expired. */
  get(id: string): Promise<Job | undefined>;
  /** Returns a job's log entries, oldest first. */
  entries(job: Pick<Job, "id" | "created">): Promise<readonly JobEntry[]>;
  /**
   * Returns a page of jobs, newest first. Reads a limited number of jobs per call, so that a page may have fewer jobs
   * than the limit although there are more.
   */
  list(query: JobQuery): Promise<JobPage>;
  /** Cancels a queued job, or requests cancellation of a running one. Does not change a job that has ended. */
  cancel(id: string): Promise<Job | undefined>;
  /**
   * Queues a job again that failed or was cancelled. Its log and its last checkpoint are kept.
   * @param expires when the job is removed if it never ends, in epoch ms
   * @returns the job, unchanged if `retried` is false; `undefined` when it does not exist
   */
  retry(id: string, expires: number): Promise<{ readonly job: Job; readonly retried: boolean } | undefined>;
  /** Leases a job for one of its turns. */
  take(id: string, turn: number, lease: Lease): Promise<TakeOutcome>;
  /** Extends a lease and optionally stores a checkpoint. */
  renewLease(id: string, lease: Lease, progress: Progress & { readonly state?: Json }): Promise<LeaseOutcome>;
  /** Adds a log entry. @param index position of the entry within the job's current run */
  addEntry(job: Pick<Job, "id" | "created" | "run" | "expires">, index: number, entry: JobEntry): Promise<void>;
  /** Queues a leased job again. */
  requeue(
    id: string,
    lease: Pick<Lease, "owner">,
    next: Progress & { readonly attempt: number /** Seconds. */; readonly delay: number },
  ): Promise<LeaseOutcome>;
  /** Ends a leased job. A job with a requested cancellation ends as cancelled, whatever the result. */
  end(job: Pick<Job, "id" | "expiry">, lease: Pick<Lease, "owner">, end: JobEnd): Promise<EndOutcome>;
}

export interface JobQuery {
  /** The jobs that a user of requests started, or all jobs of some plugins. */
  readonly of: { readonly user: string } | { readonly plugins: readonly string[] };
  readonly filter?: JobFilter;
  readonly limit: number;
  readonly after?: JobCursor | undefined;
}

/** Values that listed jobs must have. */
export interface JobFilter {
  readonly status?: JobStatus | undefined;
  readonly plugin?: string | undefined;
  readonly user?: string | undefined;
  readonly kind?: Job["kind"] | undefined;
  readonly name?: string | undefined;
}

/** A position in a list of jobs. */
export interface JobCursor {
  readonly created: number;
  readonly id: string;
}

export interface JobPage {
  readonly jobs: readonly JobSummary[];
  /** Where the next page starts; absent on the last page. */
  readonly next?: JobCursor;
}

/**
 * `taken`: the caller has the lease, and `workerDied` tells whether the previous lease ran out; `busy`: another worker
 * has the lease until then (epoch ms); `over`: the turn is done, or the job has ended or expired.
 */
type TakeOutcome =
  | { readonly kind: "taken"; readonly job: Job; readonly workerDied: boolean }
  | { readonly kind: "busy"; readonly until: number }
  | { readonly kind: "over"; readonly job: Job | undefined };

/** `cancelling`: the lease is valid and cancellation is requested; `lost`: the lease is no longer valid. */
export type LeaseOutcome = "kept" | "cancelling" | "lost";

interface Progress {
  /** Total working time in ms. */
  readonly worked: number;
  /** Whether the hooks before the first run are done. Unchanged when absent. */
  readonly begun?: true | undefined;
}

export interface JobEnd extends Progress {
  readonly status: EndStatus;
  readonly result?: Json | undefined;
  readonly error?: string | undefined;
}

/** The status that the job ended with, or `lost` when the lease was no longer valid. */
type EndOutcome = EndStatus | "lost";
