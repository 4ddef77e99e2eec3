import type { UserId } from "./permissions/principals.ts";

/** The named points of the store's long operations, and what those who attach to them are told. */
export interface Points {
  "batch.pre": {
    readonly user: UserId;
    readonly requests: readonly { readonly method: string; readonly path: string }[];
  };
  "batch.post": {
    readonly user: UserId;
    readonly requests: readonly { readonly method: string; readonly path: string; readonly status: number }[];
  };
  "purge.pre": { readonly uri: string };
  "purge.post": { readonly uri: string };
  "flush.pre": Record<never, never>;
  "flush.post": Record<never, never>;
  "job.start": JobPoint;
  "job.end": JobPoint & { readonly status: "succeeded" | "failed" | "cancelled" };
}

interface JobPoint {
  readonly job_id: string;
  readonly plugin: string;
  readonly action: string;
  /** What it was asked at; `null` for the server. */
  readonly uri: string | null;
  readonly user: UserId;
}

/** Lets those who are attached to a point do what they want there; rejects where they veto. */
export type Reach = <Name extends keyof Points>(point: Name, params: Points[Name]) => Promise<void>;
