import type { JobSummary } from "../../../core/jobs/job.ts";
import type { JobFilter, JobPage, JobQuery } from "../../../core/ports/job-store.ts";
import { type Item, text } from "./items.ts";
import {
  fromIndexSortKey,
  jobKey,
  pluginPartition,
  SUMMARY_ATTRIBUTES,
  summaryFromItem,
  toIndexSortKey,
  userPartition,
} from "./job-items.ts";
import { readAll, type Send } from "./operations.ts";

/** Index items that are read of each partition at once. */
const MAX_CHUNK_ITEMS = 100;
/** Jobs that are read for one page. A filter may leave out all of them. */
const MAX_READ_JOBS = 1000;

/** Lists jobs through their index items. Index items may outlive their jobs. */
export const listJobs = async (
  send: Send,
  table: string,
  now: number,
  { of, filter = {}, limit, after }: JobQuery,
): Promise<JobPage> => {
  const partitions = "user" in of ? [userPartition(of.user)] : [...new Set(of.plugins)].map(pluginPartition);
  const chunk = Math.min(limit + 1, MAX_CHUNK_ITEMS);
  const jobs: JobSummary[] = [];
  let position = after && toIndexSortKey(after);
  for (let count = 0; jobs.length <= limit; ) {
    const { sortKeys, end } = await readIndex(send, table, partitions, { before: position, limit: chunk });
    const ids = new Set(sortKeys.map((sortKey) => fromIndexSortKey(sortKey).id));
    const found = (await readAll(send, table, [...ids].map(jobKey), SUMMARY_ATTRIBUTES)).map(summaryFromItem);
    const byKey = new Map(found.map((job) => [toIndexSortKey(job), job]));
    // An index item may belong to an expired job with the same id.
    jobs.push(
      ...sortKeys
        .map((sortKey) => byKey.get(sortKey))
        .filter((job) => job !== undefined)
        .filter((job) => job.expires > now && matches(filter, job)),
    );
    position = sortKeys.at(-1);
    if (end || position === undefined) return toPage(jobs, limit, undefined);
    count += sortKeys.length;
    if (count >= MAX_READ_JOBS) break;
  }
  return toPage(jobs, limit, position);
};

const toPage = (jobs: readonly JobSummary[], limit: number, position: string | undefined): JobPage => {
  const last = jobs[limit - 1];
  if (jobs.length > limit && last !== undefined)
    return { jobs: jobs.slice(0, limit), next: { created: last.created, id: last.id } };
  return { jobs, ...(position !== undefined && { next: fromIndexSortKey(position) }) };
};

const matches = ({ status, plugin, user, kind, name }: JobFilter, job: JobSummary): boolean =>
  (status === undefined || job.status === status) &&
  (plugin === undefined || job.plugin === plugin) &&
  (user === undefined || job.user === user) &&
  (kind === undefined || job.kind === kind) &&
  (name === undefined || job.name === name);

/**
 * Reads the next sort keys of several partitions, newest first. Keys behind the end of a partition's chunk are left
 * out, because the partition may have newer ones.
 */
const readIndex = async (
  send: Send,
  table: string,
  partitions: readonly string[],
  { before, limit }: { readonly before: string | undefined; readonly limit: number },
): Promise<{ readonly sortKeys: readonly string[]; readonly end: boolean }> => {
  const chunks = await Promise.all(
    partitions.map(async (partition) => {
      const { Items = [], LastEvaluatedKey } = await send("Query", {
        TableName: table,
        ConsistentRead: true,
        ScanIndexForward: false,
        KeyConditionExpression: before === undefined ? "pk = :pk" : "pk = :pk AND sk < :before",
        ExpressionAttributeValues: {
          ":pk": { S: partition },
          ...(before !== undefined && { ":before": { S: before } }),
        },
        Limit: limit,
      });
      return { sortKeys: Items.map((item: Item) => text(item, "sk")), end: LastEvaluatedKey === undefined };
    }),
  );
  const all = chunks.flatMap(({ sortKeys }) => sortKeys).toSorted((a, b) => (a < b ? 1 : -1));
  const ends = chunks.flatMap(({ sortKeys, end }) => (end ? [] : [sortKeys.at(-1) ?? ""])).toSorted();
  const horizon = ends.at(-1);
  const sortKeys = all.filter((sortKey) => horizon === undefined || sortKey >= horizon).slice(0, MAX_READ_JOBS);
  return { sortKeys, end: horizon === undefined && sortKeys.length === all.length };
};
