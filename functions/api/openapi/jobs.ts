import type { ActionTarget } from "../../../core/jobs/action.ts";
import { JOB_STATUSES } from "../../../core/jobs/job.ts";
import { withArticle } from "../../../lib/util/with-article.ts";
import { type Operation, ref, type Schema } from "../../http/operation.ts";

const TAG = "Actions";
const JOBS = "Jobs";
const CACHED = ["Cache-Control"];
const ACCESS_ERRORS = ["MISSING_AUTH_TOKEN", "FORBIDDEN"] as const;
const MISSING_ERRORS = ["INVALID_RESOURCE_ID", "MISSING_RESOURCE"] as const;

const resourceNameOf = (target: ActionTarget): string => target?.resourceName ?? "server";

/** The operation of a list of actions. */
export const actionsOperation = (target: ActionTarget): Operation => ({
  id: `get_${resourceNameOf(target)}_actions`,
  tag: TAG,
  about: `Lists the actions that the user can start on ${target === null ? "the server" : withArticle(target.resourceName)}.`,
  responses: { 200: { about: "The actions.", headers: CACHED, schema: ref("ActionList") } },
  fails: [...ACCESS_ERRORS, ...MISSING_ERRORS],
});

/** The operation of a method of an action. */
export const actionOperation = (method: string, target: ActionTarget): Operation =>
  method === "POST"
    ? {
        id: `create_${resourceNameOf(target)}_job`,
        tag: TAG,
        about: "Starts an action as a job. Its parameters are in the body or in the query.",
        parameters: ["Idempotency-Key"],
        body: { "application/json": { type: "object" } },
        responses: { 202: { about: "The job is queued.", headers: ["Location"], schema: ref("JobCreated") } },
        fails: [...ACCESS_ERRORS, ...MISSING_ERRORS, "CONFLICT", "UNSUPPORTED_MEDIA_TYPE"],
      }
    : {
        id: `get_${resourceNameOf(target)}_action`,
        tag: TAG,
        about: "Describes an action's parameters.",
        responses: { 200: { about: "The action.", headers: CACHED, schema: ref("Action") } },
        fails: [...ACCESS_ERRORS, ...MISSING_ERRORS],
      };

/** The operation of the list of jobs. */
export const jobsOperation = (): Operation => ({
  id: "get_jobs",
  tag: JOBS,
  about: "Lists the user's jobs, newest first; those of all users for principals in `jobsReadPrincipals`.",
  parameters: ["_limit", "_token", "job_status", "job_plugin", "job_action", "job_schedule", "job_user"],
  responses: { 200: { about: "A page of the list.", headers: [...CACHED, "Next-Page"], schema: ref("JobList") } },
  fails: ACCESS_ERRORS,
});

/** The operation of a method of a job. */
export const jobOperation = (method: string): Operation =>
  method === "DELETE"
    ? {
        id: "delete_job",
        tag: JOBS,
        about: "Cancels a job.",
        responses: {
          200: { about: "It is cancelled.", schema: ref("JobSummary") },
          202: { about: "It is running, and will stop soon.", schema: ref("JobSummary") },
        },
        fails: [...ACCESS_ERRORS, ...MISSING_ERRORS, "CONFLICT"],
      }
    : {
        id: "get_job",
        tag: JOBS,
        about: "Reads a job's status and result.",
        parameters: ["job_results"],
        responses: { 200: { about: "The job.", headers: CACHED, schema: { anyOf: [ref("Job"), ref("JobSummary")] } } },
        fails: [...ACCESS_ERRORS, ...MISSING_ERRORS],
      };

/** The operation that retries a job. */
export const retryOperation = (): Operation => ({
  id: "retry_job",
  tag: JOBS,
  about: "Queues a failed or cancelled job again.",
  responses: { 202: { about: "It is queued.", schema: ref("JobSummary") } },
  fails: [...ACCESS_ERRORS, ...MISSING_ERRORS, "CONFLICT"],
});

const STRING: Schema = { type: "string" };
const TIME: Schema = { type: "integer", minimum: 0, description: "In milliseconds since 1970." };
const ID: Schema = { type: "string", format: "uuid" };

const SUMMARY: Readonly<Record<string, Schema>> = {
  id: ID,
  plugin: STRING,
  action: STRING,
  schedule: STRING,
  uri: { type: ["string", "null"], description: "The object that the action was started on; null for the server." },
  user_id: { type: ["string", "null"] },
  status: { enum: JOB_STATUSES },
  cancelling: { type: "boolean", description: "Cancellation is requested." },
  created: TIME,
  started: TIME,
  ended: TIME,
  attempt: { type: "integer", minimum: 1 },
  error: STRING,
};
const ALWAYS = ["id", "plugin", "uri", "user_id", "status", "created", "attempt"];

const object = (properties: Readonly<Record<string, Schema>>, required: readonly string[]): Schema => ({
  type: "object",
  properties,
  required,
  additionalProperties: false,
});
const list = (items: Schema): Schema => object({ data: { type: "array", items } }, ["data"]);

/** The schemas of actions and jobs, by name. */
export const JOB_SCHEMAS: Readonly<Record<string, Schema>> = {
  Action: object(
    {
      name: STRING,
      plugin: STRING,
      description: STRING,
      params: {
        type: "object",
        description: "The JSON Schema of each parameter, and whether it is required.",
        additionalProperties: {
          type: "object",
          properties: { description: STRING, required: { type: "boolean" } },
          required: ["required"],
        },
      },
    },
    ["name", "plugin", "description", "params"],
  ),
  ActionList: list(ref("Action")),
  JobCreated: object({ job_id: ID }, ["job_id"]),
  JobSummary: object(SUMMARY, ALWAYS),
  JobList: list(ref("JobSummary")),
  Job: object(
    {
      ...SUMMARY,
      params: { type: "object" },
      result: {},
      entries: {
        type: "array",
        description: "The job's log entries, oldest first.",
        items: { type: "object", properties: { time: TIME }, required: ["time"] },
      },
    },
    [...ALWAYS, "params", "entries"],
  ),
};
