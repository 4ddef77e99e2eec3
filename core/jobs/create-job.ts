import { createHash, randomUUID } from "node:crypto";
import type { JsonObject } from "../../lib/json.ts";
import { Failure, invalid } from "../errors.ts";
import { canonical } from "../lists/canonical.ts";
import type { JobStore } from "../ports/job-store.ts";
import { type Job, type JobDraft, LARGEST_JOB_VALUE } from "./job.ts";
import type { WorkLimits } from "./running-job.ts";

/** How long a job may wait to be worked on before it is forgotten, in seconds. */
const PATIENCE = 30 * 24 * 3600;

export type Asked = Pick<JobDraft, "plugin" | "name" | "uri" | "user" | "params" | "provenance">;

/** Makes a job of an action that somebody asked for. With a key, asking again gives the same job, as long as there is one. */
export const createJob = async (
  { jobs, now }: { readonly jobs: JobStore; readonly now: number },
  asked: Asked,
  { limits, key }: { readonly limits: WorkLimits; readonly key: string | undefined },
): Promise<Job> => {
  const bytes = Buffer.byteLength(JSON.stringify(asked.params));
  if (bytes > LARGEST_JOB_VALUE) {
    throw new Failure("REQUEST_TOO_LARGE", {
      message: `The parameters have ${bytes} bytes of JSON; ${LARGEST_JOB_VALUE} are accepted.`,
    });
  }
  if (key !== undefined && !/^[\x21-\x7e]{1,255}$/.test(key)) {
    const description = "It is 1 to 255 printable characters of ASCII, without spaces.";
    throw invalid({ location: "header", name: "Idempotency-Key", description });
  }
  const { plugin, name, uri, user, params } = asked;
  const id = key === undefined ? randomUUID() : nameBased("action", plugin, name, uri ?? "", user ?? "", key);
  const { job, created } = await jobs.create({ ...asked, id, kind: "action", ...times(now, limits) });
  if (!created && canonical(job.params) !== canonical(params)) {
    throw new Failure("CONFLICT", {
      message: "This Idempotency-Key was used with other parameters. Take another one.",
      details: { job_id: job.id },
    });
  }
  return job;
};

/** Makes a job of a schedule whose time has come, once for each time. @param due epoch ms */
export const createScheduledJob = async (
  { jobs, now }: { readonly jobs: JobStore; readonly now: number },
  { plugin, schedule, due }: { readonly plugin: string; readonly schedule: string; readonly due: number },
  limits: WorkLimits,
): Promise<Job> => {
  const params: JsonObject = { due };
  const id = nameBased("schedule", plugin, schedule, String(due));
  const { job } = await jobs.create({
    id,
    plugin,
    kind: "schedule",
    name: schedule,
    uri: null,
    user: `plugin:${plugin}`,
    params,
    ...times(now, limits),
  });
  return job;
};

const times = (now: number, { timeLimit, expiry }: WorkLimits) => ({
  created: now,
  expiry,
  expires: now + (timeLimit + expiry + PATIENCE) * 1000,
});

/** The same UUID for the same parts (RFC 9562, version 8). */
const nameBased = (...parts: readonly string[]): string => {
  const hash = createHash("sha256").update(JSON.stringify(parts)).digest("hex");
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-a${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
};
