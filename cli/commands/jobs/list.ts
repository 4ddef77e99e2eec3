import { loadConfig } from "../../../config/load-config.ts";
import { type JobStatus, type JobSummary, toJobFields } from "../../../core/jobs/job.ts";
import type { JobCursor } from "../../../core/ports/job-store.ts";
import { type JobListing, openJobs } from "../../../operations/jobs.ts";
import { type ConnectOptions, connect } from "../../connect.ts";
import { readStoreTarget, type StoreOptions } from "../../options.ts";
import { commandLog, formatColumns, print, toSingleLine } from "../../output.ts";
import { runUntilDone } from "../../run-process.ts";
import { formatJobCursor } from "./command.ts";

interface ListOptions extends StoreOptions {
  readonly status?: JobStatus;
  readonly plugin?: string;
  readonly action?: string;
  readonly schedule?: string;
  readonly user?: string;
  readonly limit: number;
  readonly after?: JobCursor;
  readonly json?: boolean;
}

/** Runs `kintoun jobs`. */
export const runList = async (options: ListOptions): Promise<void> => {
  const { status, plugin, action, schedule, user, limit, after, json = false } = options;
  const target = readStoreTarget(options);
  const config = await loadConfig({ isDeployed: target.kind === "stack" });
  const name = action ?? schedule;
  const filter = {
    status,
    plugin,
    ...(name !== undefined && { name, kind: action === undefined ? ("schedule" as const) : ("action" as const) }),
  };
  await runUntilDone(async () => print(await formatJobs({ config, target, filter, user, limit, after, json })));
};

/** The output of `kintoun jobs`. */
export const formatJobs = async ({
  config,
  target,
  json,
  ...listing
}: Pick<ConnectOptions, "config" | "target"> & JobListing & { readonly json: boolean }): Promise<string> => {
  const store = await connect({ config, target, queues: [], log: commandLog });
  const jobs = openJobs(store.appOptions);
  try {
    const { jobs: found, next } = await jobs.list(listing);
    const after = next && formatJobCursor(next);
    if (json) return JSON.stringify({ jobs: found.map(toJobFields), ...(after && { next: after }) }, null, 2);
    const table = found.length === 0 ? "There are no such jobs." : formatColumns([HEADINGS, ...found.map(toRow)]);
    return after === undefined ? table : `${table}\nThere may be more. Continue with: --after ${after}`;
  } finally {
    await jobs.close();
    await store.close();
  }
};

const HEADINGS = ["id", "created", "status", "plugin", "name", "object", "user"] as const;

const toRow = ({ id, created, status, plugin, name, uri, user }: JobSummary): readonly string[] =>
  [id, new Date(created).toISOString(), status, plugin, name, uri ?? "-", user ?? "-"].map(toSingleLine);
