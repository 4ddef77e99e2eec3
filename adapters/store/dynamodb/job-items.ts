import type { Provenance } from "../../../core/events/provenance.ts";
import type { Job, JobDraft, JobEntry, JobStatus, QueuedJob } from "../../../core/jobs/job.ts";
import type { Json, JsonObject } from "../../../lib/json.ts";
import { type Item, text } from "./items.ts";
import { TABLE } from "./table.ts";

/** The key of a job. Its log entries have the same `pk` and the `sk` `entry#<created>.<run>.<index>`. */
export const jobKey = (id: string): Item => ({ pk: { S: `job#${id}` }, sk: { S: "#" } });

/** The prefix of a job's entries. An expired job with the same id may have left others. */
export const entryPrefix = (created: number): string => `entry#${pad(created, 15)}.`;

const entryKey = ({ id, created, run }: Pick<Job, "id" | "created" | "run">, index: number): Item => ({
  pk: { S: `job#${id}` },
  sk: { S: `${entryPrefix(created)}${pad(run, 6)}.${pad(index, 6)}` },
});

/** The key of an index item that lists a job under its user, in the order of time. */
export const userJobKey = (user: string, { created, id }: Pick<Job, "created" | "id">): Item => ({
  pk: { S: `jobs#${user}` },
  sk: { S: `${pad(created, 15)}#${id}` },
});

const pad = (value: number, width: number): string => String(value).padStart(width, "0");

export const number = (value: number) => ({ N: String(value) });

/** Converts epoch ms to the expiry attribute. */
export const expiresAt = (ms: number) => number(Math.ceil(ms / 1000));

/** Returns the item of a new job, and the index item of its user. */
export const toJobItems = (draft: JobDraft): { readonly job: Item; readonly userItem: Item | undefined } => {
  const { id, plugin, kind, name, uri, user, params, provenance, created, expiry } = draft;
  const expires = { [TABLE.expiry]: expiresAt(draft.expires) };
  const job = {
    ...jobKey(id),
    plugin: { S: plugin },
    kind: { S: kind },
    name: { S: name },
    ...(uri !== null && { uri: { S: uri } }),
    ...(user !== null && { by: { S: user } }),
    params: { S: JSON.stringify(params) },
    ...(provenance !== undefined && { via: { S: JSON.stringify(provenance) } }),
    created: number(created),
    expiry: number(expiry),
    status: { S: "queued" },
    attempt: number(1),
    turn: number(0),
    run: number(0),
    worked: number(0),
    delay: number(0),
    ...expires,
  };
  return { job, userItem: user === null ? undefined : { ...userJobKey(user, draft), ...expires } };
};

export const fromJobItem = (item: Item): Job => ({
  id: text(item, "pk").slice("job#".length),
  plugin: text(item, "plugin"),
  kind: text(item, "kind") as Job["kind"],
  name: text(item, "name"),
  uri: item.uri?.S ?? null,
  user: item.by?.S ?? null,
  params: JSON.parse(text(item, "params")) as JsonObject,
  provenance: item.via?.S === undefined ? undefined : (JSON.parse(item.via.S) as Provenance),
  created: Number(item.created?.N),
  expires: Number(item[TABLE.expiry]?.N) * 1000,
  expiry: Number(item.expiry?.N),
  status: text(item, "status") as JobStatus,
  started: optionalNumber(item, "started"),
  ended: optionalNumber(item, "ended"),
  attempt: Number(item.attempt?.N),
  turn: Number(item.turn?.N),
  run: Number(item.run?.N),
  worked: Number(item.worked?.N),
  cancelling: item.cancelling?.BOOL === true,
  state: optionalJson(item, "state"),
  result: optionalJson(item, "result"),
  error: item.error?.S,
});

const optionalNumber = (item: Item, name: string): number | undefined =>
  item[name]?.N === undefined ? undefined : Number(item[name].N);
const optionalJson = (item: Item, name: string): Json | undefined =>
  item[name]?.S === undefined ? undefined : (JSON.parse(item[name].S) as Json);

export const toEntryItem = (
  job: Pick<Job, "id" | "created" | "run" | "expires">,
  index: number,
  entry: JobEntry,
): Item => ({
  ...entryKey(job, index),
  json: { S: JSON.stringify(entry) },
  [TABLE.expiry]: expiresAt(job.expires),
});

export const fromEntryItem = (item: Item): JobEntry => JSON.parse(text(item, "json")) as JobEntry;

/** Returns the job of an item that was queued, new or again, or `undefined`. Nothing else changes a queued job. */
export const queuedJobOf = (item: Item | undefined): QueuedJob | undefined => {
  if (item?.pk?.S?.startsWith("job#") !== true || item.status?.S !== "queued") return undefined;
  const { id, turn, plugin } = fromJobItem(item);
  return { id, turn, plugin, delay: Number(item.delay?.N) };
};
