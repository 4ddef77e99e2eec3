import type { RevertAction } from "./revert-object.ts";

/** What a revert has done, or would do. */
export interface RevertReport {
  readonly created: number;
  readonly updated: number;
  readonly deleted: number;
  readonly skipped: number;
  /** The first of them: `create`, `update` or `delete` by URI, or why it is left as it is. */
  readonly objects: readonly (readonly [uri: string, what: string])[];
}

/** Limits the list, since it is part of a job's state and result. */
const MAX_LISTED_CHARS = 20_000;

const COUNTERS = { create: "created", update: "updated", delete: "deleted" } as const;

/** Collects what a revert does. */
export const createRevertReport = (start?: RevertReport) => {
  const counts = {
    created: start?.created ?? 0,
    updated: start?.updated ?? 0,
    deleted: start?.deleted ?? 0,
    skipped: start?.skipped ?? 0,
  };
  const objects = [...(start?.objects ?? [])];
  const known = new Set(objects.map(([uri]) => uri));
  let chars = JSON.stringify(objects).length;
  const list = (uri: string, what: string) => {
    known.add(uri);
    chars += uri.length + what.length + 10;
    if (chars <= MAX_LISTED_CHARS) objects.push([uri, what]);
  };
  return {
    has: (uri: string): boolean => known.has(uri),
    add: (uri: string, action: RevertAction): void => {
      counts[COUNTERS[action]]++;
      list(uri, action);
    },
    skip: (uri: string, reason: string): void => {
      counts.skipped++;
      list(uri, reason);
    },
    get: (): RevertReport => ({ ...counts, objects: [...objects] }),
  };
};
