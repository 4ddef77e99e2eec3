import { STATUS_CODES } from "node:http";
import { ERRORS, type ErrorName } from "../../../core/errors.ts";
import { JOB_STATUSES } from "../../../core/jobs/job.ts";
import { COMPARISONS } from "../../../core/lists/filter.ts";
import { type OperationResponse, ref, type Schema } from "../../http/operation.ts";
import { BEHAVIORS } from "../patch.ts";

/** Errors of every endpoint, besides the end of the service. */
export const COMMON_ERRORS = [
  "INVALID_PARAMETERS",
  "BAD_ENCODING",
  "NOT_ACCEPTABLE",
  "REQUEST_TOO_LARGE",
  "UNDEFINED",
  "BACKEND",
] as const satisfies ErrorName[];

export const statusOf = (error: ErrorName): number => ERRORS[error][0];

/** The name of an error response in the document's components, such as `NotFound`. */
export const errorResponseName = (status: number): string =>
  (STATUS_CODES[status] ?? String(status)).replace(/\W/g, "");

/** All error responses, by status. */
export const errorResponses = (challenges: readonly string[]): ReadonlyMap<number, OperationResponse> => {
  const byStatus = Map.groupBy(Object.values(ERRORS), ([status]) => status);
  const headersOf = (status: number): readonly string[] => {
    if (status === statusOf("BACKEND")) return ["Retry-After"];
    return status === statusOf("MISSING_AUTH_TOKEN") && challenges.length > 0 ? ["WWW-Authenticate"] : [];
  };
  return new Map(
    [...byStatus].map(([status, rows]) => [
      status,
      {
        about: [...new Set(rows.map(([, , , message]) => message))].join(" Or: "),
        headers: headersOf(status),
        schema: {
          allOf: [ref("Error")],
          properties: { code: { const: status }, errno: { enum: [...new Set(rows.map(([, errno]) => errno))] } },
        },
      },
    ]),
  );
};

const responseHeader = (description: string, schema: Schema, required = false): Schema => ({
  description,
  ...(required && { required }),
  schema,
});
const COUNT: Schema = { type: "integer", minimum: 0 };
const STRING: Schema = { type: "string" };

/** Response headers, by name. */
export const HEADERS: Readonly<Record<string, Schema>> = {
  ETag: responseHeader("The timestamp, between double quotes.", { type: "string", pattern: '^"\\d+"$' }, true),
  "Last-Modified": responseHeader("The timestamp, to the second.", STRING, true),
  "Cache-Control": responseHeader("Whether and how long the response can be cached.", STRING, true),
  "Next-Page": responseHeader("The URL of the next page; absent on the last page.", STRING),
  "Total-Objects": responseHeader(
    "The number of matching objects, without tombstones; absent if there is too much to count.",
    COUNT,
  ),
  "Total-Records": responseHeader("The older name of Total-Objects.", COUNT),
  Location: responseHeader("The URL of the created resource.", STRING, true),
  "Retry-After": responseHeader("Seconds to wait before the next try.", COUNT),
  "WWW-Authenticate": responseHeader("The authentication schemes.", STRING, true),
  Alert: responseHeader("The end of the service or of a feature: an object with code, message and url.", STRING),
  Backoff: responseHeader("Seconds to wait between requests.", { type: "number", minimum: 0 }),
};

const header = (name: string, description: string, schema: Schema): Schema => ({
  name,
  in: "header",
  description,
  schema,
});
const query = (name: string, description: string, schema: Schema, more: Schema = {}): Schema => ({
  name,
  in: "query",
  description,
  schema,
  ...more,
});

const ETAG: Schema = { type: "string", pattern: '^(\\*|(W/)?"\\d+"(, *(W/)?"\\d+")*)$' };
/** A timestamp, plain or as in an ETag. */
const TIME: Schema = { type: "string", pattern: '^("\\d{1,15}"|\\d{1,15})$' };
const NAMES: Schema = { type: "array", items: { type: "string" } };
/** Separated by commas. */
const COMMA_SEPARATED: Schema = { style: "form", explode: false };

/** Request parameters, by name. */
export const parameters = (): Readonly<Record<string, Schema>> => ({
  "If-Match": header(
    "If-Match",
    "Only if the object or list still has this ETag, or one of several; * if it exists.",
    ETAG,
  ),
  "If-None-Match": header(
    "If-None-Match",
    "Only if the object or list no longer has this ETag, or any of several; * if it does not exist.",
    ETAG,
  ),
  "Response-Behavior": header(
    "Response-Behavior",
    "Whether to return the whole object, the changed fields (light), or those that differ from the request (diff).",
    {
      enum: BEHAVIORS,
      default: "full",
    },
  ),
  _limit: query("_limit", "The maximum number of entries of a page.", { type: "integer", minimum: 0 }),
  _token: query("_token", "The page to return; part of Next-Page.", { type: "string" }),
  _since: query("_since", "Only what changed after this timestamp, tombstones included.", TIME),
  _before: query("_before", "Only what changed before this timestamp, tombstones included.", TIME),
  _to: query("_to", "The older name of _before.", TIME, { deprecated: true }),
  _sort: query("_sort", "Fields to sort by; - before a field sorts in descending order.", NAMES, COMMA_SEPARATED),
  _fields: query("_fields", "Fields to return, besides id and last_modified.", NAMES, COMMA_SEPARATED),
  _at: query("_at", "Reads what was stored at this timestamp, with the plugin history.", TIME),
  last_modified: query("last_modified", "Only objects with this timestamp.", TIME),
  id: query("id", "Only the object with this id.", ref("Id")),
  filters: query(
    "filters",
    `Only objects whose field has this value. A comparison can precede the field's name, as in min_size (${COMPARISONS.join(", ")}).`,
    { type: "object", additionalProperties: { type: "string" } },
    { style: "form", explode: true },
  ),
  "Idempotency-Key": header("Idempotency-Key", "Requests with the same key get the same job.", {
    type: "string",
    minLength: 1,
    maxLength: 255,
  }),
  job_status: query("status", "Only jobs with this status.", { enum: JOB_STATUSES }),
  job_plugin: query("plugin", "Only jobs of this plugin.", { type: "string" }),
  job_action: query("action", "Only jobs of this action.", { type: "string" }),
  job_schedule: query("schedule", "Only jobs of this schedule.", { type: "string" }),
  job_user: query("user_id", "Only jobs that this user started.", { type: "string" }),
  job_results: query("results", "Whether to include parameters, entries and result. Default: true.", {
    type: "boolean",
  }),
  deletion_time: query("last_modified", "The timestamp of the tombstone.", TIME),
});
