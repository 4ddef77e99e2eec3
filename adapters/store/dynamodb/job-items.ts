import type { Provenance } from "../../../core/events/provenance.ts";
import type { Job, JobDraft, JobEntry, JobStatus, QueuedJob } from "../../../core/jobs/job.ts";

import type { Json, JsonObject } from "../../../lib/json.ts";
import { type Item, text } from "./items.ts";
import { TABLE } from "./table.ts";

/** A job, and under the same `pk` what was noted while it was worked on: `entry#<created>.<run>.<place>`. */
export const jobKey = (id: string): Item => ({ pk: { S: `job#${id}` }, sk: { S: "#" } });

/** What was noted of the job of that time: one of the same id, long expired, may have left something. */
export const entryPrefix = (created: number): string => `entry#${padded(created, 15)}.`;

const entryKey = ({ id, created, run }: Pick<Job, "id" | "created" | "run">, place: number): Item => ({
  pk: { S: `job#${id}` },
  sk: { S: `${entryPrefix(created)}${padded(run, 6)}.${padded(place, 6)}` },
});

/** A row that leads from somebody to a job; those of one person in the order of time. */
export const rowKey = (user: string, { created, id }: Pick<Job, "created" | "id">): Item => ({
  pk: { S: `jobs#${user}` },
  sk: { S: `${padded(created, 15)}#${id}` },
});

const padded = (value: number, width: number): string => String(value).padStart(width, "0");

export const number = (value: number) => ({ N: String(value) });

/** @param ms epoch ms */
export const expiresAt = (ms: number) => number(Math.ceil(ms / 1000));

/** A new job's item, and the row that leads to it. */
export const toJobItems = (draft: JobDraft): { readonly job: Item; readonly row: Item | undefined } => {
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
  return { job, row: user === null ? undefined : { ...rowKey(user, draft), ...expires } };
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
  started: maybe(item, "started"),
  ended: maybe(item, "ended"),
  attempt: Number(item.attempt?.N),
  turn: Number(item.turn?.N),
  run: Number(item.run?.N),
  worked: Number(item.worked?.N),
  cancelling: item.cancelling?.BOOL === true,
  state: json(item, "state"),
  result: json(item, "result"),
  error: item.error?.S,
});

const maybe = (item: Item, name: string): number | undefined =>
  item[name]?.N === undefined ? undefined : Number(item[name].N);
const json = (item: Item, name: string): Json | undefined =>
  item[name]?.S === undefined ? undefined : (JSON.parse(item[name].S) as Json);

export const toEntryItem = (
  job: Pick<Job, "id" | "created" | "run" | "expires">,
  place: number,
  entry: JobEntry,
): Item => ({
  ...entryKey(job, place),
  json: { S: JSON.stringify(entry) },
  [TABLE.expiry]: expiresAt(job.expires),
});

export const fromEntryItem = (item: Item): JobEntry => JSON.parse(text(item, "json")) as JobEntry;

/** The job that an item's change has queued, be it new or not; `undefined` when the item is no queued job. Nothing else is written to one that is. */
export const queuedJobOf = (item: Item | undefined): QueuedJob | undefined => {
  if (item?.pk?.S?.startsWith("job#") !== true || item.status?.S !== "queued") return undefined;
  const { id, turn, plugin } = fromJobItem(item);
  return { id, turn, plugin, delay: Number(item.delay?.N) };
};
