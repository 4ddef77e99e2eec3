import { definePlugin, need } from "@kintoun/kit";
import { options } from "./options.ts";
import { deleteHistory, getHistory, getSnapshot, headHistory } from "./routes.ts";

/**
 * Keeps what each change in a bucket has made, like Kinto's plugin of the same name: lists changes, and reads objects and
 * lists as they were.
 * @example
 * history({ maxAgeDays: 365, excludeResources: ["/buckets/preview"] });
 */
export const history = definePlugin({
  name: "history",
  about: "Lists the changes of each bucket, and reads objects as they were.",
  url: "https://kinto.readthedocs.io/en/latest/api/1.x/history.html",
  config: options,
  needs: () => ({ versions: need.versions() }),
  setup: ({ resources }) => resources,

  versions: {
    excludedObjects: ({ excludeResources }) => excludeResources,
    excludedUsers: ({ excludeUserIds }) => excludeUserIds,
  },

  routes: {
    "GET /buckets/:bucket/history": {
      about: "The changes in a bucket that the user may see, newest first.",
      responses: { 200: "The entries.", 304: "Nothing has changed.", 403: "The user may see none." },
      run: (request, { services: { versions } }) => getHistory(versions, request),
    },
    "HEAD /buckets/:bucket/history": {
      about: "The number of changes in a bucket that the user may see.",
      run: (request, { services: { versions } }) => headHistory(versions, request),
    },
    "DELETE /buckets/:bucket/history": {
      about: "Deletes entries of the history. Needs the permission write on the bucket.",
      responses: { 200: "What remains of the entries.", 403: "The user may not change the bucket." },
      run: (request, { services: { versions } }) => deleteHistory(versions, request),
    },
    "GET /buckets/:bucket/snapshot/collections/:snapshot": {
      about: "The records of a collection at a time: `{collection}@{timestamp}`.",
      responses: {
        200: "All records, newest first.",
        400: "The version of a record is not kept.",
        413: "The records do not fit into one response.",
      },
      run: (request, { services: { versions } }) => getSnapshot(versions, request),
    },
  },

  schedules: {
    trim: {
      about: "Deletes entries that are too old or too many.",
      cron: ({ maxCount, maxAgeDays, trimSchedule }) =>
        maxCount === undefined && maxAgeDays === undefined ? undefined : trimSchedule,
      run: async ({ job }, { config: { maxCount, maxAgeDays }, services: { versions } }) => ({
        trimmed: await versions.trim(
          { maxCount, maxAgeMs: maxAgeDays === undefined ? undefined : maxAgeDays * MS_PER_DAY },
          job.state === undefined ? undefined : readProgress(job.state),
          ({ after, trimmed }) => job.checkpoint({ trimmed, ...(after !== undefined && { after }) }),
        ),
      }),
    },
  },
});

const MS_PER_DAY = 24 * 3600 * 1000;

/** Reads what the job has saved. */
const readProgress = (state: unknown): { readonly after?: string; readonly trimmed: number } =>
  state as { readonly after?: string; readonly trimmed: number };
