import type { UserId } from "./permissions/principals.ts";

/** Hook points of the store's long operations, and the parameters of their hooks. */
export interface HookPoints {
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

interface JobHookParams {
  readonly job_id: string;
  readonly plugin: string;
  readonly action: string;
  /** The object that the action was requested at; `null` for the server. */
  readonly uri: string | null;
  readonly user: UserId;
}

/** Runs the hooks of a hook point. Rejects when a hook vetoes the operation. */
export type HookRunner = <Name extends keyof HookPoints>(point: Name, params: HookPoints[Name]) => Promise<void>;
