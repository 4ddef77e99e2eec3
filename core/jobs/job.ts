import type { Json, JsonObject } from "../../lib/json.ts";
import type { Provenance } from "../events/provenance.ts";
import type { UserId } from "../permissions/principals.ts";

export const JOB_STATUSES = ["queued", "running", "succeeded", "failed", "cancelled"] as const;
export type JobStatus = (typeof JOB_STATUSES)[number];
export type EndStatus = Exclude<JobStatus, "queued" | "running">;

export const hasEnded = (status: JobStatus): status is EndStatus => status !== "queued" && status !== "running";

/** What is to be worked on: an action that somebody asked for, or a schedule whose time had come. */
export interface JobDraft {
  /** A UUID. */
  readonly id: string;
  readonly plugin: string;
  readonly kind: "action" | "schedule";
  /** The action's, or the schedule's. */
  readonly name: string;
  /** What it was asked at; `null` for the server. */
  readonly uri: string | null;
  /** Who asked for it; `plugin:<name>` for a schedule. */
  readonly user: UserId;
  /** What was given; of a schedule `{ due }`, in epoch ms. */
  readonly params: JsonObject;
  /** What it came of, beside its user. */
  readonly provenance?: Provenance | undefined;
  /** Epoch ms. */
  readonly created: number;
  /** Epoch ms after which there is no such job any more, should it not end. */
  readonly expires: number;
  /** Seconds for which it can be looked at once it has ended. */
  readonly expiry: number;
}

/** A job as it is kept. */
export interface Job extends JobDraft {
  readonly status: JobStatus;
  /** Epoch ms, of the first beginning and of the end. */
  readonly started: number | undefined;
  readonly ended: number | undefined;
  /** 1 for the first try. */
  readonly attempt: number;
  /** How often it was queued before: what tells its present message from older ones. */
  readonly turn: number;
  /** How often a worker took it. */
  readonly run: number;
  /** How long it was worked on so far, ms. */
  readonly worked: number;
  /** Whether somebody wants it to end. */
  readonly cancelling: boolean;
  /** What its last checkpoint kept. */
  readonly state: Json | undefined;
  readonly result: Json | undefined;
  readonly error: string | undefined;
}

/** Something that was noted while it was worked on: what the plugin says, and when, in epoch ms. */
export type JobEntry = JsonObject & { readonly time: number };

/** Bytes of JSON that a job's parameters, its state and its result may have each: all three share an item of 400 KB. */
export const LARGEST_JOB_VALUE = 100_000;
/** Bytes of JSON of an entry, and entries of a job: all of them fit into one answer. */
export const LARGEST_ENTRY = 4000;
export const MOST_ENTRIES = 1000;

/** The queue of a plugin's jobs. */
export const jobsQueue = (plugin: string): string => `${plugin}-jobs`;
