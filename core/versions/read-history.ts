import type { JsonObject } from "../../lib/json.ts";
import { Failure, invalid } from "../errors.ts";
import { createProjection } from "../lists/fields.ts";
import { createMatcher, type Filter } from "../lists/filter.ts";
import { type ListQuery, readListQuery } from "../lists/list-query.ts";
import { queryIssue } from "../lists/query-parameters.ts";
import { compareSortKeys, sortCriteria, sortKeyOf } from "../lists/sort.ts";
import { accessDenied, objectNotFound } from "../objects/checks.ts";
import { pageLimit } from "../objects/select.ts";
import type { StoreContext } from "../objects/store-context.ts";
import { type Authorizer, createAuthorizer } from "../permissions/authorizer.ts";
import type { UserId } from "../permissions/principals.ts";
import { MAX_PAGE_BYTES } from "../ports/store.ts";
import type { VersionedBucket, VersionKey, Versions } from "../ports/versions.ts";
import type { ObjectRef } from "../resources.ts";
import { ReadBudget } from "../store/read-budget.ts";
import type { Session } from "../store/session.ts";
import { versionedBucket } from "./create-versions.ts";
import { entryFields } from "./history-entry.ts";
import { digestQuery, formatPosition, parsePosition } from "./history-position.ts";
import { createVersionWalk, type VersionWalk } from "./version-walk.ts";
import { createEntryReader, type VisibleEntry } from "./visible-entries.ts";

export interface HistoryQuery {
  readonly bucket: ObjectRef;
  readonly user: UserId;
  /** The query of a list, as in the URL. */
  readonly query: string;
  /** The permission on the bucket that shows all entries. With `write`, it is required. */
  readonly permission: "read" | "write";
  /** Reads all entries that match, whatever page the query asks for. */
  readonly counted?: boolean;
}

/** A page of a bucket's history. */
export interface FoundHistory {
  readonly kept: VersionedBucket;
  /** In ms: it changes with every entry that is added, and when entries are deleted by users. */
  readonly timestamp: number;
  readonly found: readonly VisibleEntry[];
  readonly project: (entry: JsonObject) => JsonObject;
  readonly limit: number;
  /** `_token` of the next page; absent on the last one. */
  readonly token?: string;
}

/** The part of the budget of users who may see some entries only: anyone may ask, also who sees none. */
const SHARED_BUDGET = 1 / 8;
/** Entries that a sorted page may look through and keep in memory. */
const MAX_SORTED_ENTRIES = 10_000;
const MAX_SORTED_BYTES = 32_000_000;

/** Reads a page of a bucket's history: the entries that the user may see and that match the query. */
export const readHistory = async (
  context: StoreContext,
  session: Session,
  versions: Versions,
  request: HistoryQuery,
): Promise<FoundHistory> => {
  const { bucket, user, permission } = request;
  const view = await session.read({ objects: [], parents: [bucket], clocks: [] });
  const authorizer = await createAuthorizer(session, context.grants, user);
  const seesAll = await authorizer.can(permission, bucket);
  const kept = versionedBucket(view, bucket);
  if (kept === undefined && seesAll) throw objectNotFound(bucket);
  if (kept === undefined || (permission === "write" && !seesAll)) throw accessDenied(authorizer);
  const timestamp = await findTimestamp(versions, kept, view.object(bucket)?.last_modified ?? 0);
  const read = (text: string) =>
    readPage(context, session, { ...request, query: text, versions, kept, timestamp, authorizer, seesAll });
  try {
    return await read(request.query);
  } catch (error) {
    // Users who may see nothing are refused first, so that they do not learn whether the bucket exists.
    if (!seesAll && error instanceof Failure && error.kind === "INVALID_PARAMETERS") await read("_limit=1");
    throw error;
  }
};

interface PageRequest extends HistoryQuery, Pick<FoundHistory, "kept" | "timestamp"> {
  readonly versions: Versions;
  readonly authorizer: Authorizer;
  readonly seesAll: boolean;
}

const readPage = async (
  context: StoreContext,
  session: Session,
  { bucket, user, versions, kept, timestamp, authorizer, seesAll, query: text, counted = false }: PageRequest,
): Promise<FoundHistory> => {
  const parsed = readListQuery(
    new URLSearchParams(text),
    Math.max(session.now, timestamp),
    entryFields(context.resources),
  );
  const query = counted ? { ...parsed, sorts: [], limit: undefined, token: null } : parsed;
  const filters = query.filters.map(withTextIds);
  const budget = new ReadBudget(context.limits.readBytes * (seesAll ? 1 : SHARED_BUDGET));
  const walk = createVersionWalk(context.resources, versions, kept, { ...query, filters, budget });
  const read = createEntryReader(context, session, { user, seesAll, budget });
  const limit = pageLimit(context, query.limit);
  const digest = digestQuery(bucket.uri, text);
  const page = { limit, matches: createMatcher(filters), read, walk, digest };
  const { entries, token, isSeen } = walk.isSorted
    ? await readInOrder(query, page)
    : await readSorted(query, page, budget);
  // As with lists, users who may see nothing are refused.
  if (!seesAll && !isSeen && token === undefined && query.token === null) throw accessDenied(authorizer);
  const project = query.fields === undefined ? (entry: JsonObject) => entry : createProjection(query.fields);
  return { kept, timestamp, found: entries, project, limit, ...(token !== undefined && { token }) };
};

const findTimestamp = async (versions: Versions, kept: VersionedBucket, created: number): Promise<number> => {
  const [newest, deletedAt] = await Promise.all([
    versions.list(kept, { descending: true, limit: 1 }),
    versions.deletedAt(kept),
  ]);
  return Math.max(newest.versions[0]?.revision ?? created, deletedAt);
};

/** Ids are text, even if they look like numbers. */
const withTextIds = (filter: Filter): Filter =>
  filter.field.endsWith("_id") && typeof filter.value === "number"
    ? { ...filter, value: String(filter.value) }
    : filter;

interface PageContext {
  readonly limit: number;
  readonly matches: (entry: JsonObject) => boolean;
  readonly read: ReturnType<typeof createEntryReader>;
  readonly walk: VersionWalk;
  /** That of the query, for `_token`. */
  readonly digest: string;
}

interface ReadPage {
  readonly entries: readonly VisibleEntry[];
  readonly token?: string | undefined;
  /** Whether there was an entry that the user may see, if it matches or not. */
  readonly isSeen: boolean;
}

const readInOrder = async (
  query: ListQuery,
  { limit, matches, read, walk, digest }: PageContext,
): Promise<ReadPage> => {
  const start = query.token ? parsePosition(query.token, 0, digest) : undefined;
  const entries: VisibleEntry[] = [];
  let [bytes, isSeen] = [0, false];
  let end: VersionKey | undefined;
  for await (const page of walk.pages(start && "key" in start ? start.key : undefined)) {
    for (const entry of await read(page.versions)) {
      isSeen = true;
      if (!matches(entry.data)) continue;
      bytes += entry.bytes;
      const last = entries.at(-1);
      if (last !== undefined && (entries.length === limit || bytes > MAX_PAGE_BYTES))
        return { entries, isSeen, token: formatPosition({ key: keyOf(last) }, digest) };
      entries.push(entry);
    }
    end = page.next;
  }
  return { entries, isSeen, token: end && formatPosition({ key: end }, digest) };
};

const keyOf = ({ version: { revision, uri } }: VisibleEntry): VersionKey => ({ revision, uri });

const readSorted = async (
  { sorts, token }: ListQuery,
  { limit, matches, read, walk, digest }: PageContext,
  budget: ReadBudget,
): Promise<ReadPage> => {
  const [toKey, compare] = [sortKeyOf(sorts), compareSortKeys(sorts)];
  const start = token ? parsePosition(token, sortCriteria(sorts).length, digest) : undefined;
  const all: { entry: VisibleEntry; key: ReturnType<typeof toKey> }[] = [];
  let [bytes, isSeen] = [0, false];
  for await (const page of walk.pages()) {
    for (const entry of await read(page.versions)) {
      isSeen = true;
      if (!matches(entry.data)) continue;
      const key = toKey(entry.data);
      if (start && "sort" in start && compare(key, start.sort) <= 0) continue;
      bytes += entry.bytes;
      all.push({ entry, key });
    }
    if (page.next !== undefined && (all.length > MAX_SORTED_ENTRIES || bytes > MAX_SORTED_BYTES || budget.isSpent))
      throw invalid(
        queryIssue(
          "_sort",
          `The history is too long for _sort: a request may read ${budget.description} and sort ${MAX_SORTED_ENTRIES} entries. Sort by last_modified, or select a part with filters, _since and _before.`,
        ),
      );
  }
  all.sort((a, b) => compare(a.key, b.key));
  let pageBytes = 0;
  const page = all.slice(0, limit).filter(({ entry }, index) => {
    pageBytes += entry.bytes;
    return index === 0 || pageBytes <= MAX_PAGE_BYTES;
  });
  const last = page.at(-1);
  const hasMore = page.length < all.length && last !== undefined;
  return {
    entries: page.map(({ entry }) => entry),
    isSeen,
    token: hasMore ? formatPosition({ sort: last.key }, digest) : undefined,
  };
};
