import { isObject, type Json, type JsonObject } from "../../lib/json.ts";
import type { Provenance } from "../events/provenance.ts";
import type { DeclaredPermissions } from "../permissions/areas.ts";
import type { UserId } from "../permissions/principals.ts";

export const JOB_STATUSES = ["queued", "running", "succeeded", "failed", "cancelled"] as const;
export type JobStatus = (typeof JOB_STATUSES)[number];
export type EndStatus = Exclude<JobStatus, "queued" | "running">;

export const hasEnded = (status: JobStatus): status is EndStatus => status !== "queued" && status !== "running";

/** Whether a job with this status can be retried. */
export const isRetryable = (status: JobStatus): boolean => status === "failed" || status === "cancelled";

/** A job to create: a requested action, or a schedule whose time has come. */
export interface JobDraft {
  /** A UUID. */
  readonly id: string;
  readonly plugin: string;
  readonly kind: "action" | "schedule";
  /** Name of the action or schedule. */
  readonly name: string;
  /** The object that the action was requested at; `null` for the server. */
  readonly uri: string | null;
  /** The user that requested the action; `plugin:<name>` for a schedule. */
  readonly user: UserId;
  /** The action's parameters; for a schedule `{ due }`, in epoch ms. */
  readonly params: JsonObject;
  readonly provenance?: Provenance | undefined;
  /** What the request that started it could do at most. Its plugin checks the user's permissions within them. */
  readonly scope?: readonly DeclaredPermissions[] | undefined;
  /** Epoch ms. */
  readonly created: number;
  /** When the job is removed if it never ends, in epoch ms. */
  readonly expires: number;
  /** How long the job is kept after it ended, in seconds. */
  readonly expiry: number;
}

/** A stored job. */
export interface Job extends JobDraft {
  readonly status: JobStatus;
  /** When it was first started, in epoch ms. */
  readonly started: number | undefined;
  /** When it ended, in epoch ms. */
  readonly ended: number | undefined;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** How often it was requeued. Distinguishes its current message from older ones. */
  readonly turn: number;
  /** How often a worker took it. */
  readonly run: number;
  /** Time spent on it in all runs, in ms. */
  readonly worked: number;
  /** Whether the hooks before its first run are done. */
  readonly begun: boolean;
  /** Whether its cancellation was requested. */
  readonly cancelling: boolean;
  /** The state of its last checkpoint. */
  readonly state: Json | undefined;
  readonly result: Json | undefined;
  readonly error: string | undefined;
}

/** A job as lists contain it. */
export type JobSummary = Omit<Job, "params" | "provenance" | "scope" | "state" | "result">;

/** Returns a job's fields with the names of the HTTP API: its name as `action` or `schedule`. Times are in epoch ms. */
export const toJobFields = ({
  id,
  plugin,
  kind,
  name,
  uri,
  user,
  status,
  created,
  started,
  ended,
  attempt,
  error,
}: JobSummary) => ({ id, plugin, [kind]: name, uri, user_id: user, status, created, started, ended, attempt, error });

/** An entry of a job's progress log: the plugin's data and the time, in epoch ms. */
export type JobEntry = JsonObject & { readonly time: number };

/** Largest JSON of a job's parameters, state and result, in bytes each. All three share an item of 400 KB. */
export const MAX_JOB_VALUE_BYTES = 100_000;
/** Largest JSON of an entry, in bytes. With {@link MAX_ENTRIES} it keeps all entries within one response. */
export const MAX_ENTRY_BYTES = 4000;
/** Entries per job. */
export const MAX_ENTRIES = 1000;

/** Throws a RangeError when a value has too many bytes of JSON. */
export const requireSize = (description: string, value: Json, maxBytes: number): void => {
  const bytes = Buffer.byteLength(JSON.stringify(value));
  if (bytes > maxBytes) throw new RangeError(`${description} has ${bytes} bytes of JSON; the maximum is ${maxBytes}.`);
};

/** What a hook sees of the job that it runs in. */
export interface HookJob {
  readonly id: string;
  /** Aborted when the job is cancelled, or when its time or its worker's time is up. */
  readonly signal: AbortSignal;
  /** Adds an entry to the job's progress log, with the `time`. At most 1,000 entries of 4,000 bytes of JSON each. */
  readonly note: (entry: JsonObject) => Promise<void>;
}

/** What a plugin's code sees of the job that it runs. */
export interface RunningJob extends HookJob {
  /** The state of the last {@link checkpoint}; `undefined` when there was none. */
  readonly state: Json | undefined;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /**
   * Saves the progress, at most 100,000 bytes of JSON. If this process must end soon, the call does not return: the
   * work resumes from this state in another process. Rejects when the job was cancelled.
   */
  readonly checkpoint: (state: Json) => Promise<void>;
}

/** The code of a job and its limits. */
export interface JobWork extends WorkLimits {
  readonly run: (job: RunningJob) => Promise<Json | undefined>;
}

export interface WorkLimits {
  /** Time for all attempts together, in seconds. */
  readonly timeLimit: number;
  /** Attempts after the first one. */
  readonly retries: number;
  /** How long the job is kept after it ended, in seconds. */
  readonly expiry: number;
}

/** Returns the name of the queue for a plugin's jobs. */
export const toJobQueueName = (plugin: string): string => `${plugin}-jobs`;

/** A message on a job queue: a turn of a job, or a schedule whose time has come (`due`, in epoch ms). */
export type JobMessage = JobTurn | { readonly schedule: string; readonly due: number };

export type JobTurn = Pick<Job, "id" | "turn">;

/** A job that was queued, as read from the table's stream. */
export interface QueuedJob extends JobTurn {
  readonly plugin: string;
  /** Seconds before it is run. */
  readonly delay: number;
}

export const toJobMessage = ({ id, turn, plugin, delay }: QueuedJob) => ({
  queue: toJobQueueName(plugin),
  body: JSON.stringify({ job: id, turn }),
  delaySeconds: delay,
});

/** @param due a date in any format that `Date.parse` reads, because EventBridge writes it */
export const toScheduleMessage = (schedule: string, due: string): string => JSON.stringify({ schedule, due });

/** Parses a message of {@link toJobMessage} or {@link toScheduleMessage}. Throws for other messages. */
export const parseJobMessage = (body: string): JobMessage => {
  const message: unknown = JSON.parse(body);
  if (isObject(message)) {
    const { job, turn, schedule, due } = message;
    if (typeof job === "string" && typeof turn === "number") return { id: job, turn };
    const time = typeof due === "string" ? Date.parse(due) : Number.NaN;
    if (typeof schedule === "string" && !Number.isNaN(time)) return { schedule, due: time };
  }
  throw new TypeError("The message is not a job of Kintoun");
};
