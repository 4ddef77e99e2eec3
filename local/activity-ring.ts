import type { Cloud } from "../app/cloud.ts";
import {
  type Activity,
  type ActivityKind,
  type ActivityRange,
  type Logged,
  parseActivity,
} from "../core/ports/activity.ts";
import { createLog, type Log } from "../core/ports/log.ts";
import type { Monitor } from "../core/ports/operations.ts";
import { oldestMessageAge } from "./sqs.ts";

/** Entries of a kind that are kept. The oldest make room for new ones. */
const MAX_ENTRIES = 20_000;

/** Keeps the latest activity in memory. */
export interface ActivityRing {
  /** Returns a log that keeps activity here, and writes everything else to another log. */
  readonly capture: (log: Log) => Log;
  /** Reads what is kept, and the ages of messages. */
  readonly monitor: (cloud: Cloud) => Monitor;
}

/** Creates the memory of the embedded cloud's activity. Functions in AWS write it to their logs. */
export const createActivityRing = (): ActivityRing => {
  const kept: { readonly [Kind in ActivityKind]: Logged<Activity>[] } = { request: [], event: [], attempt: [] };
  const keep = (entry: Activity): void => {
    const entries = kept[entry.activity];
    // One removal for many entries, since it moves all others.
    if (entries.length >= MAX_ENTRIES * 1.1) entries.splice(0, entries.length - MAX_ENTRIES);
    entries.push({ ...entry, time: Date.now() });
  };
  return {
    capture: (log) =>
      createLog((level, message, fields, minLevel) => {
        const entry = "activity" in fields ? parseActivity(fields) : undefined;
        if (entry !== undefined) keep(entry);
        else log.with({}, minLevel)[level.toLowerCase() as Lowercase<typeof level>](message, fields);
      }),
    monitor: ({ sqs }) => ({
      read: async <Kind extends ActivityKind>(kind: Kind, { since, until, limit }: ActivityRange) => {
        const entries: Logged<Extract<Activity, { activity: Kind }>>[] = [];
        for (const entry of (kept[kind] as typeof entries).toReversed()) {
          if (entry.time > until) continue;
          if (entry.time < since) break;
          if (entries.length === limit) return { entries, isComplete: false };
          entries.push(entry);
        }
        return { entries, isComplete: true };
      },
      readAges: async (urls) => {
        const ages = await Promise.all(
          urls.map(async (url) => [url, await oldestMessageAge(sqs?.endpoint ?? "", url)] as const),
        );
        return new Map(ages.flatMap(([url, age]) => (age === null ? [] : [[url, age] as const])));
      },
    }),
  };
};
