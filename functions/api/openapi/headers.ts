import type { Schema } from "./operation.ts";

const header = (description: string, schema: Schema, required = false): Schema => ({
  description,
  ...(required && { required }),
  schema,
});
const COUNT: Schema = { type: "integer", minimum: 0 };
const STRING: Schema = { type: "string" };

/** What answers bring beside a body, by name. */
export const HEADERS: Readonly<Record<string, Schema>> = {
  ETag: header("The timestamp, between double quotes.", { type: "string", pattern: '^"\\d+"$' }, true),
  "Last-Modified": header("The timestamp, to the second.", STRING, true),
  "Cache-Control": header("Whether the answer may be kept, and for how long.", STRING, true),
  "Next-Page": header("Where the list goes on; absent on the last page.", STRING),
  "Total-Objects": header("Objects in the list that are asked for, without tombstones.", COUNT, true),
  "Total-Records": header("The old name of Total-Objects.", COUNT, true),
  Location: header("Where what was made is to be looked at.", STRING, true),
  "Retry-After": header("Seconds after which to come back.", COUNT),
  "WWW-Authenticate": header("How to log in.", STRING, true),
  Alert: header("The end of the service, or of what was asked for: an object with code, message and url.", STRING),
  Backoff: header("Seconds to wait between requests.", { type: "number", minimum: 0 }),
};

/** Of what stands for an object or a list. */
export const TIMES = ["ETag", "Last-Modified"] as const;
