import { loadConfig } from "../../../config/load-config.ts";
import type { Job } from "../../../core/jobs/job.ts";
import { type JobOperations, openJobs } from "../../../operations/jobs.ts";
import { type ConnectOptions, connect } from "../../connect.ts";
import { readStoreTarget, type StoreOptions } from "../../options.ts";
import { commandLog, print } from "../../output.ts";
import { runUntilDone } from "../../run-process.ts";

/** Runs `kintoun jobs cancel`. */
export const runCancel = (id: string, options: StoreOptions): Promise<void> =>
  runChange(options, (jobs) => jobs.cancel(id));

/** Runs `kintoun jobs retry`. */
export const runRetry = (id: string, options: StoreOptions): Promise<void> =>
  runChange(options, (jobs) => jobs.retry(id));

const runChange = async (options: StoreOptions, change: (jobs: JobOperations) => Promise<Job>): Promise<void> => {
  const target = readStoreTarget(options);
  const config = await loadConfig({ isDeployed: target.kind === "stack" });
  await runUntilDone(async () => print(await changeJob({ config, target, change })));
};

/** Changes a job and describes its new state. */
export const changeJob = async ({
  config,
  target,
  change,
}: Pick<ConnectOptions, "config" | "target"> & {
  readonly change: (jobs: JobOperations) => Promise<Job>;
}): Promise<string> => {
  const store = await connect({ config, target, queues: [], log: commandLog });
  const jobs = openJobs(store.appOptions);
  try {
    const { id, status, cancelling } = await change(jobs);
    return `The job ${id} is ${status}${cancelling ? ", and stops at its next checkpoint" : ""}.`;
  } finally {
    await jobs.close();
    await store.close();
  }
};
