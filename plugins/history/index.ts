import { definePlugin, type Job, type Json, need, type VersionHistory } from "@kintoun/kit";
import { options, revertParams } from "./options.ts";
import { deleteHistory, getHistory, getSnapshot, headHistory } from "./routes.ts";

const MS_PER_DAY = 24 * 3600 * 1000;
/** A hundred thousand objects take about an hour. */
const REVERT_SECONDS = 6 * 3600;

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
  // As in Kinto, which has the count per type of object.
  capabilityFields: ({ excludeResources, maxCount }) => ({
    ...(excludeResources.length > 0 && { excluded_resources: excludeResources.map(toIds) }),
    ...(maxCount !== undefined && { auto_trim_max_count: maxCount }),
  }),
  needs: () => ({ versions: need.versions() }),
  setup: ({ resources }) => resources,

  versions: {
    excludedObjects: ({ excludeResources }) => excludeResources,
    excludedUsers: ({ excludeUserIds }) => excludeUserIds,
  },

  routes: {
    "GET /buckets/:bucket/history": {
      about: "Lists the changes in a bucket that the user may see, newest first.",
      responses: { 200: "The entries.", 304: "Nothing has changed.", 403: "The user may see none." },
      run: (request, { services: { versions } }) => getHistory(versions, request),
    },
    "HEAD /buckets/:bucket/history": {
      about: "Counts the changes in a bucket that the user may see.",
      run: (request, { services: { versions } }) => headHistory(versions, request),
    },
    "DELETE /buckets/:bucket/history": {
      about: "Deletes entries of the history. Needs the permission write on the bucket.",
      responses: { 200: "What remains of the entries.", 403: "The user may not change the bucket." },
      run: (request, { services: { versions } }) => deleteHistory(versions, request),
    },
    "GET /buckets/:bucket/snapshot/collections/:snapshot": {
      about: "Reads the records of a collection at a time: `{collection}@{timestamp}`.",
      responses: {
        200: "All records, newest first.",
        400: "The version of a record is not kept.",
        413: "The records do not fit into one response.",
      },
      run: (request, { services: { versions } }) => getSnapshot(versions, request),
    },
  },

  actions: {
    revert: {
      about: "Makes an object and all that is in it what they were at a time.",
      on: ["bucket", "group", "collection", "record"],
      params: revertParams,
      timeLimit: REVERT_SECONDS,
      run: async ({ params: { at, by, dry_run: dryRun }, uri, user, job }, { services: { versions } }) => {
        const start = readState<RevertState>(job);
        const input = { uri: uri ?? "", user, at, by, dryRun };
        const { objects, ...counts } = await versions.revert(input, start, (state) => job.checkpoint(toJson(state)));
        return { ...counts, objects: objects.map(([object, what]) => ({ uri: object, what })) };
      },
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
          readState<TrimState>(job),
          (state) => job.checkpoint(toJson(state)),
        ),
      }),
    },
  },
});

/** Returns the ids in a URI by resource: `{ bucket: "blog", collection: "drafts" }`. */
const toIds = (uri: string): Record<string, string> => {
  const parts = uri.split("/").slice(1);
  return Object.fromEntries(
    parts.flatMap((plural, index) => (index % 2 === 0 ? [[plural.replace(/s$/, ""), parts[index + 1] ?? ""]] : [])),
  );
};

type RevertState = NonNullable<Parameters<VersionHistory["revert"]>[1]>;
type TrimState = NonNullable<Parameters<VersionHistory["trim"]>[1]>;

/** What the job has saved, which was written by {@link toJson}. */
const readState = <State>({ state }: Job): State | undefined => state as State | undefined;
const toJson = (state: RevertState | TrimState): Json => JSON.parse(JSON.stringify(state));
