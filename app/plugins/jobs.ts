import { inJobsOf } from "../../config/running.ts";
import { JOBS, retryAfter } from "../../config/topology.ts";
import type { QueueHandler } from "../../core/events/handler.ts";
import { causedBy } from "../../core/events/provenance.ts";
import { createScheduledJob } from "../../core/jobs/create-job.ts";
import { type Job, jobsQueue } from "../../core/jobs/job.ts";
import { fromJobMessage } from "../../core/jobs/message.ts";
import { runJob } from "../../core/jobs/run-job.ts";
import type { JobWork } from "../../core/jobs/running-job.ts";
import type { ReadPlugin } from "../../kit/read-plugin.ts";
import type { Opening } from "../open.ts";
import { readParams } from "./actions.ts";
import { openReach } from "./points.ts";
import { note, type Surroundings, startAll } from "./surroundings.ts";

/** What works on a plugin's jobs. */
export const openJobsHandler = async (
  opening: Opening,
  around: Surroundings,
  plugin: ReadPlugin,
): Promise<QueueHandler> => {
  const { jobs, now, log } = around;
  await startAll(around, inJobsOf(around.config.plugins, plugin));
  const worker = {
    jobs,
    now,
    log,
    workOf: (job: Job) => workOf(around, plugin, job),
    reach: openReach(around),
    retryAfter: opening.retryAfter ?? retryAfter,
    lease: opening.jobs?.lease ?? JOBS.lease * 1000,
  };
  return {
    name: jobsQueue(plugin.name),
    handle: async ({ body }, time) => {
      const message = fromJobMessage(body);
      if (!("schedule" in message)) return runJob(worker, message, time);
      const schedule = own(plugin.schedules, message.schedule);
      if (schedule === undefined)
        return log.warn("A schedule is not known any more", { plugin: plugin.name, schedule: message.schedule });
      await createScheduledJob({ jobs, now: now() }, { plugin: plugin.name, ...message }, schedule);
      return undefined;
    },
  };
};

/** What a plugin does for a job; `undefined` when it knows its action or schedule no longer. */
const workOf = async (
  around: Surroundings,
  plugin: ReadPlugin,
  { id, kind, name, params: given, uri, user, provenance = {} }: Job,
): Promise<JobWork | undefined> => {
  note(around, { job_id: id, ...(provenance.request_id !== undefined && { request_id: provenance.request_id }) });
  const caused = <T>(run: () => T): T => around.provenances.run(causedBy(jobsQueue(plugin.name), provenance), run);
  const started = await around.start(plugin);
  if (kind === "schedule") {
    const [limits, run] = [own(plugin.schedules, name), own(started.schedules, name)];
    return limits && run && { ...limits, run: async (job) => caused(() => run({ job, due: Number(given.due) })) };
  }
  const [action, run] = [own(plugin.actions, name), own(started.actions, name)];
  if (action === undefined || run === undefined) return undefined;
  const { flaws, params } = await readParams(action.params, given);
  const [flaw] = flaws;
  // They were right when it was asked for.
  if (flaw !== undefined)
    throw new TypeError(`the action does not take these parameters any more: ${flaw.name}: ${flaw.description}`);
  return { ...action, run: async (job) => caused(() => run({ params, uri, user, job })) };
};

const own = <Part>(parts: Readonly<Record<string, Part>>, name: string): Part | undefined =>
  Object.hasOwn(parts, name) ? parts[name] : undefined;
