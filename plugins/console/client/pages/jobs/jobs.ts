import type { JsonSchema, Tone } from "../../components/index.ts";
import type { ActionReport } from "../overview/overview.ts";

export type JobStatus = "queued" | "running" | "succeeded" | "failed" | "cancelled";

/** A job as lists have it. Times are in epoch ms. */
export interface Job {
  readonly id: string;
  readonly status: JobStatus;
  readonly plugin: string;
  readonly action?: string;
  readonly schedule?: string;
  readonly uri?: string | null;
  readonly user_id?: string | null;
  readonly created: number;
  readonly started?: number | null;
  readonly ended?: number | null;
  readonly attempt: number;
  readonly error?: string | null;
  readonly cancelling?: boolean;
}

/** A job with its log. */
export interface FullJob extends Job {
  readonly params?: unknown;
  readonly result?: unknown;
  readonly entries: readonly JobEntry[];
}

export interface JobEntry {
  /** Epoch ms. */
  readonly time: number;
  readonly progress?: unknown;
  readonly [name: string]: unknown;
}

export const STATUS_TONES: Readonly<Record<JobStatus, Tone>> = {
  queued: "neutral",
  running: "accent",
  succeeded: "good",
  failed: "bad",
  cancelled: "warning",
};

export const hasEnded = ({ status }: Pick<Job, "status">): boolean => status !== "queued" && status !== "running";

/** What a job is of: `history.revert`. */
export const nameOfJob = ({ plugin, action, schedule }: Job): string => `${plugin}.${action ?? schedule ?? ""}`;

/** The latest progress that the log says, in percent. */
export const findProgress = (entries: readonly JobEntry[]): number | undefined => {
  const progress = entries.findLast((entry) => typeof entry.progress === "number")?.progress;
  return typeof progress === "number" ? Math.max(0, Math.min(100, progress)) : undefined;
};

/** Duration in ms; that so far of a running job. */
export const durationOf = ({ started, ended }: Job, now: number): number | undefined =>
  started === undefined || started === null ? undefined : Math.max(0, (ended ?? now) - started);

/** The JSON Schema of an action's parameters. */
export const toParamsSchema = ({ params }: Pick<ActionReport, "params">): JsonSchema => ({
  type: "object",
  properties: params as unknown as NonNullable<JsonSchema["properties"]>,
  required: Object.entries(params).flatMap(([name, { required }]) => (required ? [name] : [])),
});

/** The defaults of the parameters that have one. */
export const defaultsOf = ({ params }: Pick<ActionReport, "params">): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(params).flatMap(([name, param]) => ("default" in param ? [[name, param.default] as const] : [])),
  );

/** Where an action is started: its path below the object; `undefined` if the object is missing. */
export const startPath = ({ name, on }: ActionReport, uri: string): string | undefined => {
  const path = uri.trim().replace(/\/$/, "");
  if (path !== "") return `${path.startsWith("/") ? "" : "/"}${path}/actions/${encodeURIComponent(name)}`;
  return on.includes("server") ? `/actions/${encodeURIComponent(name)}` : undefined;
};

/** The path of the list of jobs. */
export const jobsPath = ({ status, plugin }: { readonly status: string; readonly plugin: string }): string => {
  const given = Object.entries({ status, plugin }).filter(([, value]) => value !== "");
  return `/jobs?${new URLSearchParams([["_limit", "50"], ...given])}`;
};
