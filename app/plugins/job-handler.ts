import { pluginsInJobWorker } from "../../config/plugin-placement.ts";
import { JOBS, retryDelaySeconds } from "../../config/queues.ts";
import { extendCauseChain } from "../../core/events/provenance.ts";
import type { QueueHandler } from "../../core/events/queue-handler.ts";
import { createScheduledJob } from "../../core/jobs/create-job.ts";
import { type Job, type JobWork, parseJobMessage, type RunningJob, toJobQueueName } from "../../core/jobs/job.ts";
import { runJob } from "../../core/jobs/run-job.ts";
import { runInScope, Scope } from "../../core/permissions/scope.ts";
import type { PluginManifest } from "../../kit/plugin.ts";
import { type AppContext, addLogContext, startPlugins } from "../app-context.ts";
import type { AppOptions } from "../create-app-context.ts";
import { parseParams } from "./actions.ts";
import { createHookRunner } from "./hook-runner.ts";

/** Creates the handler of a plugin's jobs. */
export const createJobsHandler = async (
  options: AppOptions,
  app: AppContext,
  plugin: PluginManifest,
): Promise<QueueHandler> => {
  const { jobs, now } = app;
  const log = app.log.with({}, plugin.logLevel);
  await startPlugins(app, pluginsInJobWorker(app.config.plugins, plugin));
  const worker = {
    jobs,
    now,
    log,
    findWork: (job: Job) => findWork(app, plugin, job),
    runHooks: createHookRunner(app),
    retryAfter: options.retryDelaySeconds ?? retryDelaySeconds,
    leaseMs: options.jobs?.lease ?? JOBS.lease * 1000,
  };
  return {
    name: toJobQueueName(plugin.name),
    handle: async ({ body }, time) => {
      const message = parseJobMessage(body);
      if (!("schedule" in message)) return runJob(worker, message, time);
      const schedule = ownEntry(plugin.schedules, message.schedule);
      if (schedule === undefined)
        return log.warn("A message names an unknown schedule", { plugin: plugin.name, schedule: message.schedule });
      await createScheduledJob({ jobs, now: now() }, { plugin: plugin.name, ...message }, schedule);
      return undefined;
    },
  };
};

/** Finds the work of a job; `undefined` if the plugin no longer has its action or schedule. */
const findWork = async (
  app: AppContext,
  plugin: PluginManifest,
  { id, kind, name, params: input, uri, user, provenance = {}, scope }: Job,
): Promise<JobWork | undefined> => {
  addLogContext(app, { job_id: id, ...(provenance.request_id !== undefined && { request_id: provenance.request_id }) });
  const runInJob = <T>({ id, signal, note }: RunningJob, run: () => T): T =>
    app.provenances.run(extendCauseChain(toJobQueueName(plugin.name), provenance), () =>
      app.runningJobs.run({ id, signal, note }, () => runInScope(scope && new Scope(scope), run)),
    );
  const started = await app.start(plugin);
  if (kind === "schedule") {
    const [limits, run] = [ownEntry(plugin.schedules, name), ownEntry(started.schedules, name)];
    return (
      limits && run && { ...limits, run: async (job) => runInJob(job, () => run({ job, due: Number(input.due) })) }
    );
  }
  const [action, run] = [ownEntry(plugin.actions, name), ownEntry(started.actions, name)];
  if (action === undefined || run === undefined) return undefined;
  const { issues, params } = await parseParams(action.params, input);
  const [issue] = issues;
  // The parameters were valid when the job was created.
  if (issue !== undefined)
    throw new TypeError(`the action no longer accepts these parameters: ${issue.name}: ${issue.description}`);
  return { ...action, run: async (job) => runInJob(job, () => run({ params, uri, user, job })) };
};

const ownEntry = <Part>(parts: Readonly<Record<string, Part>>, name: string): Part | undefined =>
  Object.hasOwn(parts, name) ? parts[name] : undefined;
