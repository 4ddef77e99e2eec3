import { createHash, randomUUID } from "node:crypto";
import type { JsonObject } from "../../lib/json.ts";
import { Failure, invalid } from "../errors.ts";
import { toCanonicalJson } from "../lists/values.ts";
import type { JobStore } from "../ports/job-store.ts";
import { type Job, type JobDraft, MAX_JOB_VALUE_BYTES, type WorkLimits } from "./job.ts";

/** How long a job may wait for a worker before it is removed, in seconds. */
const MAX_WAIT_SECONDS = 30 * 24 * 3600;

export type JobRequest = Pick<JobDraft, "plugin" | "name" | "uri" | "user" | "params" | "provenance" | "scope">;

/**
 * Creates a job for a requested action. A second request with the same idempotency key returns the same job, as long
 * as it is kept. Throws a {@link Failure} for parameters that are too large, an invalid key, a key of an
 * anonymous user, or a key that was used with other parameters.
 * @param now epoch ms
 */
export const createJob = async (
  { jobs, now }: { readonly jobs: JobStore; readonly now: number },
  request: JobRequest,
  options: { readonly limits: WorkLimits; readonly key: string | undefined },
): Promise<Job> => {
  const draft = draftJob(now, request, options);
  const { job, created } = await jobs.create(draft);
  if (!created) requireSameParams(job, request.params);
  return job;
};

/** Returns the draft of a job for a requested action. Throws like {@link createJob}. @param now epoch ms */
export const draftJob = (
  now: number,
  request: JobRequest,
  { limits, key }: { readonly limits: WorkLimits; readonly key: string | undefined },
): JobDraft => {
  const { plugin, name, uri, user, params, scope } = request;
  const bytes = Buffer.byteLength(JSON.stringify(params));
  if (bytes > MAX_JOB_VALUE_BYTES) {
    throw new Failure("REQUEST_TOO_LARGE", {
      message: `The parameters have ${bytes} bytes of JSON; the maximum is ${MAX_JOB_VALUE_BYTES}.`,
    });
  }
  if (key !== undefined && !/^[\x21-\x7e]{1,255}$/.test(key)) {
    const description = "It must be 1 to 255 printable ASCII characters without spaces.";
    throw invalid({ location: "header", name: "Idempotency-Key", description });
  }
  if (key !== undefined && user === null) {
    // The id of the job, which is what gives access to it, could be computed from the key.
    const description =
      "An anonymous request cannot have a key, because all anonymous users share it. Log in, or omit it.";
    throw invalid({ location: "header", name: "Idempotency-Key", description });
  }
  // A job with a scope is another one than the user's without.
  const scopes = scope === undefined ? [] : [JSON.stringify(scope)];
  const id =
    key === undefined ? randomUUID() : toNameBasedUuid("action", plugin, name, uri ?? "", user ?? "", key, ...scopes);
  return { ...request, id, kind: "action", ...toTimes(now, limits) };
};

/** Throws a 409 if a job that has the same key was created with other parameters. */
export const requireSameParams = ({ id, params }: Pick<Job, "id" | "params">, requested: JsonObject): void => {
  if (toCanonicalJson(params) === toCanonicalJson(requested)) return;
  throw new Failure("CONFLICT", {
    message: "This Idempotency-Key was used with other parameters. Use another key.",
    details: { job_id: id },
  });
};

/**
 * Creates the job of a schedule, once for each time that it is due.
 * @param due epoch ms
 */
export const createScheduledJob = async (
  { jobs, now }: { readonly jobs: JobStore; readonly now: number },
  { plugin, schedule, due }: { readonly plugin: string; readonly schedule: string; readonly due: number },
  limits: WorkLimits,
): Promise<Job> => {
  const params: JsonObject = { due };
  const id = toNameBasedUuid("schedule", plugin, schedule, String(due));
  const { job } = await jobs.create({
    id,
    plugin,
    kind: "schedule",
    name: schedule,
    uri: null,
    user: `plugin:${plugin}`,
    params,
    ...toTimes(now, limits),
  });
  return job;
};

const toTimes = (now: number, limits: WorkLimits) => ({
  created: now,
  expiry: limits.expiry,
  expires: toExpires(now, limits),
});

/**
 * Returns when a job is removed if it never ends, in epoch ms.
 * @param now when it is queued, in epoch ms
 */
export const toExpires = (now: number, { timeLimit, expiry }: Pick<WorkLimits, "timeLimit" | "expiry">): number =>
  now + (timeLimit + expiry + MAX_WAIT_SECONDS) * 1000;

/** Returns the same UUID for the same parts (RFC 9562, version 8). */
const toNameBasedUuid = (...parts: readonly string[]): string => {
  const hash = createHash("sha256").update(JSON.stringify(parts)).digest("hex");
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-a${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
};
