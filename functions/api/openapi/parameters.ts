import { JOB_STATUSES } from "../../../core/jobs/job.ts";
import { COMPARISONS } from "../../../core/lists/filter.ts";
import { BEHAVIORS } from "../objects.ts";
import { ref, type Schema } from "./operation.ts";

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

const ETAG: Schema = { type: "string", pattern: '^(\\*|"\\d+")$' };
/** A timestamp, bare or as in an ETag. */
const TIME: Schema = { type: "string", pattern: '^("\\d{1,15}"|\\d{1,15})$' };
const NAMES: Schema = { type: "array", items: { type: "string" } };
/** Parted by commas. */
const COMMAS: Schema = { style: "form", explode: false };

/** What requests may bring beside a body, by name. */
export const parameters = (): Readonly<Record<string, Schema>> => ({
  "If-Match": header(
    "If-Match",
    "Only if the object, or the list, is still as its ETag says; * for if there is one.",
    ETAG,
  ),
  "If-None-Match": header("If-None-Match", "Only if it is no longer as its ETag says; * for if there is none.", ETAG),
  "Response-Behavior": header(
    "Response-Behavior",
    "Whether to answer all of the object, the fields that changed, or those that became other than was asked for.",
    {
      enum: BEHAVIORS,
      default: "full",
    },
  ),
  _limit: query("_limit", "Entries of a page at most.", { type: "integer", minimum: 0 }),
  _token: query("_token", "Leads to a page: it stands in Next-Page.", { type: "string" }),
  _since: query("_since", "Only what changed after this timestamp, tombstones too.", TIME),
  _before: query("_before", "Only what changed before this timestamp, tombstones too.", TIME),
  _to: query("_to", "The old name of _before.", TIME, { deprecated: true }),
  _sort: query("_sort", "Fields to sort by, each after - where it is to fall.", NAMES, COMMAS),
  _fields: query("_fields", "Fields to show, beside id and last_modified.", NAMES, COMMAS),
  last_modified: query("last_modified", "Only what last changed at this timestamp.", TIME),
  id: query("id", "Only the object of this id.", ref("Id")),
  filters: query(
    "filters",
    `Only objects whose field has this value; or, with a comparison before the field's name, such as min_size, compares so (${COMPARISONS.join(", ")}).`,
    { type: "object", additionalProperties: { type: "string" } },
    { style: "form", explode: true },
  ),
  "Idempotency-Key": header("Idempotency-Key", "Asking again with the same key gives the same job.", {
    type: "string",
    minLength: 1,
    maxLength: 255,
  }),
  job_status: query("status", "Only jobs of this status.", { enum: JOB_STATUSES }),
  job_results: query("results", "Whether to tell what was given, noted and brought about; true when absent.", {
    type: "boolean",
  }),
  deletion_time: query("last_modified", "When the object is to have been deleted.", TIME),
});
