import type { ActionPlace } from "../../../core/jobs/action.ts";
import { JOB_STATUSES } from "../../../core/jobs/job.ts";
import { type Operation, ref, type Schema } from "./operation.ts";

const TAG = "Actions";
const JOBS = "Jobs";
const CACHED = ["Cache-Control"];
const REFUSED = ["MISSING_AUTH_TOKEN", "FORBIDDEN"] as const;
const MISSING = ["INVALID_RESOURCE_ID", "MISSING_RESOURCE"] as const;

const at = (place: ActionPlace): string => place?.resource ?? "server";

/** What a method of a place's actions takes and answers. */
export const actionsOperation = (place: ActionPlace): Operation => ({
  id: `get_${at(place)}_actions`,
  tag: TAG,
  about: `Lists what the asker may have done at a ${at(place)}.`,
  answers: { 200: { about: "The actions.", headers: CACHED, schema: ref("ActionList") } },
  fails: [...REFUSED, ...MISSING],
});

/** What a method of one action takes and answers. */
export const actionOperation = (method: string, place: ActionPlace): Operation =>
  method === "POST"
    ? {
        id: `create_${at(place)}_job`,
        tag: TAG,
        about: "Has an action done: makes a job of it. Its parameters stand in the body, or in the query.",
        parameters: ["Idempotency-Key"],
        body: { "application/json": { type: "object" } },
        answers: { 202: { about: "It will be done.", headers: ["Location"], schema: ref("JobCreated") } },
        fails: [...REFUSED, ...MISSING, "CONFLICT", "UNSUPPORTED_MEDIA_TYPE"],
      }
    : {
        id: `get_${at(place)}_action`,
        tag: TAG,
        about: "Tells what an action takes.",
        answers: { 200: { about: "The action.", headers: CACHED, schema: ref("Action") } },
        fails: [...REFUSED, ...MISSING],
      };

/** What a method of the list of jobs takes and answers. */
export const jobsOperation = (): Operation => ({
  id: "get_jobs",
  tag: JOBS,
  about: "Lists the asker's jobs, newest first.",
  parameters: ["_limit", "_token", "job_status"],
  answers: { 200: { about: "A page of the list.", headers: [...CACHED, "Next-Page"], schema: ref("JobList") } },
  fails: REFUSED,
});

/** What a method of one job takes and answers. */
export const jobOperation = (method: string): Operation =>
  method === "DELETE"
    ? {
        id: "delete_job",
        tag: JOBS,
        about: "Cancels a job.",
        answers: {
          200: { about: "It is cancelled.", schema: ref("JobSummary") },
          202: { about: "It is worked on, and ends as soon as it hears of it.", schema: ref("JobSummary") },
        },
        fails: [...REFUSED, ...MISSING, "CONFLICT"],
      }
    : {
        id: "get_job",
        tag: JOBS,
        about: "Tells how a job goes, and what came of it.",
        parameters: ["job_results"],
        answers: { 200: { about: "The job.", headers: CACHED, schema: { anyOf: [ref("Job"), ref("JobSummary")] } } },
        fails: [...REFUSED, ...MISSING],
      };

const STRING: Schema = { type: "string" };
const TIME: Schema = { type: "integer", minimum: 0, description: "In milliseconds since 1970." };
const ID: Schema = { type: "string", format: "uuid" };

const SUMMARY: Readonly<Record<string, Schema>> = {
  id: ID,
  plugin: STRING,
  action: STRING,
  schedule: STRING,
  uri: { type: ["string", "null"], description: "What it was asked at; null for the server." },
  user_id: { type: ["string", "null"] },
  status: { enum: JOB_STATUSES },
  cancelling: { type: "boolean", description: "It is to end." },
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
        description: "The JSON Schema of each parameter, and whether it must be given.",
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
        description: "What was noted while it was worked on, oldest first.",
        items: { type: "object", properties: { time: TIME }, required: ["time"] },
      },
    },
    [...ALWAYS, "params", "entries"],
  ),
};
