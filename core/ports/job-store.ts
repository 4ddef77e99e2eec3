import type { Json } from "../../lib/json.ts";
import type { EndStatus, Job, JobDraft, JobEntry, JobStatus } from "../jobs/job.ts";
import type { Lease } from "./store.ts";

/** The port to where jobs are kept. Implementations promise what test/contracts/jobs.ts says. */
export interface JobStore {
  /** Adds a job and queues it, unless there is one of that id, which is then given as it stands. */
  create(draft: JobDraft): Promise<{ readonly job: Job; readonly created: boolean }>;
  /** `undefined` for one that never was, or has expired. */
  get(id: string): Promise<Job | undefined>;
  /** What was noted, oldest first. */
  entries(job: Pick<Job, "id" | "created">): Promise<readonly JobEntry[]>;
  /** Jobs that somebody asked for, newest first. */
  mine(user: string, query: JobQuery): Promise<JobPage>;
  /** Ends a queued job, and lets a running one know that it is to end; leaves one that has ended as it is. */
  cancel(id: string): Promise<Job | undefined>;
  /** Takes a job in hand for one of its turns. */
  take(id: string, turn: number, lease: Lease): Promise<Taken>;
  /** Prolongs a lease; keeps how far the work has come, where that is given. */
  keep(id: string, lease: Lease, progress: Progress & { readonly state?: Json }): Promise<Kept>;
  /** @param place of the entry within this run of the job */
  note(job: Pick<Job, "id" | "created" | "run" | "expires">, place: number, entry: JobEntry): Promise<void>;
  /** Queues a job in hand again. */
  requeue(
    id: string,
    lease: Pick<Lease, "owner">,
    next: Progress & { readonly attempt: number /** Seconds. */; readonly delay: number },
  ): Promise<Kept>;
  /** Ends a job in hand. One that was cancelled meanwhile ends as that, whatever was to be told of it. */
  end(job: Pick<Job, "id" | "expiry">, lease: Pick<Lease, "owner">, end: End): Promise<Ended>;
}

export interface JobQuery {
  readonly status?: JobStatus | undefined;
  readonly limit: number;
  readonly after?: JobPlace | undefined;
}

/** A place among somebody's jobs. */
export interface JobPlace {
  readonly created: number;
  readonly id: string;
}

export interface JobPage {
  readonly jobs: readonly Job[];
  /** Where the next page begins; absent when nothing follows. */
  readonly next?: JobPlace;
}

/**
 * `taken`: it is in hand from now on, and `died` tells that whoever had it before did not give it back; `busy`: somebody else has it, until then (epoch ms);
 * `over`: there is nothing to do for this turn: the job has gone on, or ended, or expired.
 */
export type Taken =
  | { readonly kind: "taken"; readonly job: Job; readonly died: boolean }
  | { readonly kind: "busy"; readonly until: number }
  | { readonly kind: "over"; readonly job: Job | undefined };

/** `cancelling`: it is kept, and somebody wants the job to end; `lost`: it is in hand no longer. */
export type Kept = "kept" | "cancelling" | "lost";

export interface Progress {
  /** How long it was worked on in all, ms. */
  readonly worked: number;
}

export interface End extends Progress {
  readonly status: EndStatus;
  readonly result?: Json | undefined;
  readonly error?: string | undefined;
}

/** How it has ended; `lost` when it was not in hand any more. */
export type Ended = EndStatus | "lost";
