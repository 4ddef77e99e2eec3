import { type Command, InvalidArgumentError, Option } from "commander";
import { JOB_STATUSES } from "../../../core/jobs/job.ts";
import type { JobCursor } from "../../../core/ports/job-store.ts";
import { addStoreOptions, createGroup, parseCount } from "../../options.ts";

export const jobsCommand = (): Command => {
  const jobs = createGroup("jobs", "List the jobs of all users, show one, cancel it or run it again.");
  addStoreOptions(
    jobs
      .command("list", { isDefault: true })
      .description("List jobs, newest first.")
      .addOption(new Option("--status <status>", "only jobs with this status").choices(JOB_STATUSES))
      .option("--plugin <name>", "only jobs of this plugin")
      .addOption(new Option("--action <name>", "only jobs of this action").conflicts("schedule"))
      .option("--schedule <name>", "only jobs of this schedule")
      .option("--user <id>", "only jobs that this user started")
      .option("--limit <number>", "maximum number of jobs", parseCount, 50)
      .option("--after <position>", "continue a list at this position", parseJobCursor)
      .option("--json", "print JSON"),
  ).action(async (options) => (await import("./list.ts")).runList(options));
  addStoreOptions(
    jobs
      .command("show")
      .description("Show a job, its parameters, its log and its result.")
      .argument("<job>", "id of the job")
      .option("--json", "print JSON"),
  ).action(async (id, options) => (await import("./show.ts")).runShow(id, options));
  addStoreOptions(
    jobs
      .command("cancel")
      .description("Cancel a job. A running job stops at its next checkpoint.")
      .argument("<job>", "id of the job"),
  ).action(async (id, options) => (await import("./change.ts")).runCancel(id, options));
  addStoreOptions(
    jobs
      .command("retry")
      .description("Run a failed or cancelled job again, from its last checkpoint.")
      .argument("<job>", "id of the job"),
  ).action(async (id, options) => (await import("./change.ts")).runRetry(id, options));
  return jobs;
};

/** Parses what {@link formatJobCursor} returns. */
const parseJobCursor = (text: string): JobCursor => {
  const [, created, id] = /^(\d{1,15})\.([0-9a-f-]{36})$/.exec(text) ?? [];
  if (created === undefined || id === undefined)
    throw new InvalidArgumentError("Expected the position that the end of a list shows.");
  return { created: Number(created), id };
};

export const formatJobCursor = ({ created, id }: JobCursor): string => `${created}.${id}`;
