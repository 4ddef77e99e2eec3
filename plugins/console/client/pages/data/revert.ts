import { api } from "../../lib/api.ts";
import { type ObjectRef, toPath } from "./object-ref.ts";

/** What the action `revert` reports. */
export interface RevertReport {
  readonly created: number;
  readonly updated: number;
  readonly deleted: number;
  readonly skipped: number;
  readonly objects: readonly { readonly uri: string; readonly what?: string; readonly reason?: string }[];
}

interface JobStatus {
  readonly status: "queued" | "running" | "succeeded" | "failed" | "cancelled";
  readonly result?: RevertReport;
  readonly error?: unknown;
}

const POLL_MS = 400;
/** Longer jobs go on; their page shows them. */
const MAX_POLLS = 150;

/** Sets an object and what is in it back to what they were at a time. @param at epoch ms */
export const revert = async (object: ObjectRef, at: number, isDryRun: boolean): Promise<RevertReport> => {
  const path = `${toPath(object)}/actions/revert`;
  const { job_id } = await api.send<{ readonly job_id: string }>("POST", path, { at, dry_run: isDryRun });
  for (let poll = 0; poll < MAX_POLLS; poll++) {
    const { status, result, error } = await api.get<JobStatus>(`/jobs/${job_id}`);
    if (status === "succeeded" && result !== undefined) return result;
    if (status === "failed" || status === "cancelled") throw new Error(describeFailure(error));
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`The job ${job_id} takes longer. It goes on; the page Jobs shows it.`);
};

const describeFailure = (error: unknown): string => {
  const message = typeof error === "object" && error !== null && "message" in error ? error.message : error;
  return `It could not be set back: ${typeof message === "string" ? message : JSON.stringify(message)}`;
};
