import type { Provenance } from "../../../core/events/provenance.ts";
import type { Job, JobDraft, JobEntry, JobStatus, JobSummary, QueuedJob } from "../../../core/jobs/job.ts";
import { isPlugin } from "../../../core/permissions/principals.ts";
import { type Json, type JsonObject, parseJson } from "../../../lib/json.ts";
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

/** The partition of the index items that list the jobs of a user. */
export const userPartition = (user: string): string => `jobs#${user}`;
/** The partition of the index items that list the jobs of a plugin. */
export const pluginPartition = (plugin: string): string => `plugin-jobs#${plugin}`;

/** The sort key of a job's index items, in the order of time. */
export const toIndexSortKey = ({ created, id }: Pick<Job, "created" | "id">): string => `${pad(created, 15)}#${id}`;

export const fromIndexSortKey = (sortKey: string): { readonly created: number; readonly id: string } => {
  const [created = "", id = ""] = sortKey.split("#");
  return { created: Number(created), id };
};

/** The index items that list a job: under its plugin, and under its user if that can send requests. */
export const toIndexItems = (job: Pick<Job, "created" | "id" | "user" | "plugin">, expires: number): readonly Item[] =>
  [...(job.user === null || isPlugin(job.user) ? [] : [userPartition(job.user)]), pluginPartition(job.plugin)].map(
    (partition) => ({
      pk: { S: partition },
      sk: { S: toIndexSortKey(job) },
      [TABLE.expiry]: expiresAt(expires),
    }),
  );

const pad = (value: number, width: number): string => String(value).padStart(width, "0");

export const number = (value: number) => ({ N: String(value) });

/** Converts epoch ms to the expiry attribute. */
export const expiresAt = (ms: number) => number(Math.ceil(ms / 1000));

/** Returns the item of a new job. */
export const toJobItem = (draft: JobDraft): Item => {
  const { id, plugin, kind, name, uri, user, params, provenance, scope, created, expires, expiry } = draft;
  return {
    ...jobKey(id),
    plugin: { S: plugin },
    kind: { S: kind },
    name: { S: name },
    ...(uri !== null && { uri: { S: uri } }),
    ...(user !== null && { by: { S: user } }),
    params: { S: JSON.stringify(params) },
    ...(provenance !== undefined && { via: { S: JSON.stringify(provenance) } }),
    ...(scope !== undefined && { scope: { S: JSON.stringify(scope) } }),
    created: number(created),
    expiry: number(expiry),
    status: { S: "queued" },
    attempt: number(1),
    turn: number(0),
    run: number(0),
    worked: number(0),
    delay: number(0),
    [TABLE.expiry]: expiresAt(expires),
  };
};

/** The attributes that {@link summaryFromItem} reads. */
export const SUMMARY_ATTRIBUTES = [
  ...["pk", "plugin", "kind", "name", "uri", "by", "created", "expiry", "status", "started", "ended", "attempt"],
  ...["turn", "run", "worked", "begun", "cancelling", "error", TABLE.expiry],
] as const;

export const fromJobItem = (item: Item): Job => ({
  ...summaryFromItem(item),
  params: parseJson(text(item, "params")) as JsonObject,
  provenance: item.via?.S === undefined ? undefined : (JSON.parse(item.via.S) as Provenance),
  ...(item.scope?.S !== undefined && { scope: JSON.parse(item.scope.S) as Job["scope"] }),
  state: optionalJson(item, "state"),
  result: optionalJson(item, "result"),
});

export const summaryFromItem = (item: Item): JobSummary => ({
  id: text(item, "pk").slice("job#".length),
  plugin: text(item, "plugin"),
  kind: text(item, "kind") as Job["kind"],
  name: text(item, "name"),
  uri: item.uri?.S ?? null,
  user: item.by?.S ?? null,
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
  begun: item.begun?.BOOL === true,
  cancelling: item.cancelling?.BOOL === true,
  error: item.error?.S,
});

const optionalNumber = (item: Item, name: string): number | undefined =>
  item[name]?.N === undefined ? undefined : Number(item[name].N);
const optionalJson = (item: Item, name: string): Json | undefined =>
  item[name]?.S === undefined ? undefined : (parseJson(item[name].S) as Json);

export const toEntryItem = (
  job: Pick<Job, "id" | "created" | "run" | "expires">,
  index: number,
  entry: JobEntry,
): Item => ({
  ...entryKey(job, index),
  json: { S: JSON.stringify(entry) },
  [TABLE.expiry]: expiresAt(job.expires),
});

export const fromEntryItem = (item: Item): JobEntry => parseJson(text(item, "json")) as JobEntry;

/** Returns the job of an item that was queued, new or again, or `undefined`. Nothing else changes a queued job. */
export const queuedJobOf = (item: Item | undefined): QueuedJob | undefined => {
  if (item?.pk?.S?.startsWith("job#") !== true || item.status?.S !== "queued") return undefined;
  const { id, turn, plugin } = summaryFromItem(item);
  return { id, turn, plugin, delay: Number(item.delay?.N) };
};
