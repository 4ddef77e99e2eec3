import { loadConfig } from "../../../config/load-config.ts";
import { type Job, type JobEntry, toJobFields } from "../../../core/jobs/job.ts";
import { openJobs } from "../../../operations/jobs.ts";
import { type ConnectOptions, connect } from "../../connect.ts";
import { readStoreTarget, type StoreOptions } from "../../options.ts";
import { commandLog, print } from "../../output.ts";
import { runUntilDone } from "../../run-process.ts";

/** Runs `kintoun jobs show`. */
export const runShow = async (id: string, options: StoreOptions & { readonly json?: boolean }): Promise<void> => {
  const target = readStoreTarget(options);
  const config = await loadConfig({ isDeployed: target.kind === "stack" });
  await runUntilDone(async () => print(await formatJob({ config, target, id, json: options.json ?? false })));
};

/** The output of `kintoun jobs show`. */
export const formatJob = async ({
  config,
  target,
  id,
  json,
}: Pick<ConnectOptions, "config" | "target"> & { readonly id: string; readonly json: boolean }): Promise<string> => {
  const store = await connect({ config, target, queues: [], log: commandLog });
  const jobs = openJobs(store.appOptions);
  try {
    const { job, entries } = await jobs.show(id);
    if (json) return JSON.stringify({ ...toJobFields(job), params: job.params, result: job.result, entries }, null, 2);
    return formatText(job, entries);
  } finally {
    await jobs.close();
    await store.close();
  }
};

const formatText = (job: Job, entries: readonly JobEntry[]): string => {
  const fields = [
    ["job", job.id],
    ["status", job.cancelling ? `${job.status}, asked to stop` : job.status],
    [job.kind, `${job.plugin} ${job.name}`],
    ["object", job.uri ?? "-"],
    ["user", job.user ?? "-"],
    ...(["created", "started", "ended"] as const).map((name) => [name, formatTime(job[name])]),
    ["attempt", String(job.attempt)],
    ["params", JSON.stringify(job.params)],
    ...(job.result === undefined ? [] : [["result", JSON.stringify(job.result)]]),
    ...(job.error === undefined ? [] : [["error", job.error]]),
  ];
  return [
    ...fields.map(([name = "", value = ""]) => `${name.padEnd(9)}${value}`),
    ...entries.map(({ time, ...entry }) => `${formatTime(time)}  ${JSON.stringify(entry)}`),
  ].join("\n");
};

const formatTime = (time: number | undefined): string => (time === undefined ? "-" : new Date(time).toISOString());
