import type { Json, JsonObject } from "../../lib/json.ts";

/** The job that is being worked on. */
export interface RunningJob {
  readonly id: string;
  /** What {@link checkpoint} kept last; `undefined` when nothing was: the work begins anew. */
  readonly state: Json | undefined;
  /** 1 for the first try. */
  readonly attempt: number;
  /** Aborted when the job is cancelled, its time is up, or its worker is. */
  readonly signal: AbortSignal;
  /** Adds to what those who look at the job are told, with the `time` (Elita's `NewJobData`). 4,000 bytes of JSON, and 1,000 times at most. */
  readonly note: (entry: JsonObject) => Promise<void>;
  /**
   * Keeps how far the work has come, in 100,000 bytes of JSON at most. Should this process have to end soon, it does not return: the work
   * goes on in another, from this state. Rejects when the job was cancelled.
   */
  readonly checkpoint: (state: Json) => Promise<void>;
}

/** What is done for a job, and what it may cost. */
export interface JobWork extends WorkLimits {
  readonly run: (job: RunningJob) => Promise<Json | undefined>;
}

export interface WorkLimits {
  /** Seconds in all, over all tries. */
  readonly timeLimit: number;
  /** Further tries after one that failed. */
  readonly retries: number;
  /** Seconds for which a job that ended can be looked at. */
  readonly expiry: number;
}
