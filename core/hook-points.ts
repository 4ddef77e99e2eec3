import type { HookJob } from "./jobs/job.ts";
import type { UserId } from "./permissions/principals.ts";

/** Hook points of the store's operations, and the parameters of their hooks. */
export interface HookPoints {
  "request.start": RequestHookParams & {
    readonly query: string;
    /** By lower-case name, without credentials. */
    readonly headers: Readonly<Record<string, string>>;
  };
  "request.end": RequestHookParams & {
    /** `null` for an anonymous user and for requests that end before their user is identified. */
    readonly user: UserId;
    readonly status: number;
    readonly duration_ms: number;
  };
  "user.login": { readonly user: string };
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
  "job.start": JobHookParams;
  "job.end": JobHookParams & { readonly status: "succeeded" | "failed" | "cancelled" };
}

interface RequestHookParams {
  readonly method: string;
  /** Percent-encoded, without the version prefix. */
  readonly path: string;
}

interface JobHookParams {
  readonly job_id: string;
  readonly plugin: string;
  readonly action: string;
  /** The object that the action was requested at; `null` for the server. */
  readonly uri: string | null;
  readonly user: UserId;
}

/**
 * Runs the hooks of a hook point. Rejects when a hook vetoes the operation.
 * @param job the job that the hooks run in
 */
export type HookRunner = <Name extends keyof HookPoints>(
  point: Name,
  params: HookPoints[Name],
  job?: HookJob,
) => Promise<void>;
