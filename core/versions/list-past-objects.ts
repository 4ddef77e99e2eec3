import { invalid } from "../errors.ts";
import { queryIssue } from "../lists/query-parameters.ts";
import { findAccessibleEntries, type SharedEntries } from "../objects/accessible-entries.ts";
import { requireParentExists } from "../objects/checks.ts";
import { type ListObjectsInput, type ListResult, listObjectsPlan } from "../objects/list-objects.ts";
import type { EntrySource, ReadBounds } from "../objects/page-reader.ts";
import { checkListPreconditions, isNotModified, type NotModified } from "../objects/preconditions.ts";
import { createReadAsUser } from "../objects/read-as-user.ts";
import { countEntries, selectEntries } from "../objects/select.ts";
import type { StoreContext } from "../objects/store-context.ts";
import type { UserId } from "../permissions/principals.ts";
import {
  type ChangeCursor,
  type ListEntry,
  MAX_PAGE_BYTES,
  type Page,
  type PageCursor,
  type StoredObject,
} from "../ports/store.ts";
import { type ListRef, objectRef } from "../resources.ts";
import { isBehind, newestFirst, type Session } from "../store/session.ts";
import { openVersions, requirePast, type VersionAccess } from "./access.ts";
import { versionedBucket } from "./create-versions.ts";
import { findPastGeneration, type Past, type PastGeneration, readEndedGeneration, readPastObjects } from "./past.ts";
import { selectReadable } from "./past-access.ts";

/** Changes read at a time. */
const CHANGES_PER_READ = 1000;
/** Shared objects read at a time. Each may have 400 KB. */
const SHARED_PER_READ = 50;

export interface ListPastObjectsInput extends ListObjectsInput {
  /** Parses the time in ms; called after the permission check. */
  readonly at: () => number;
}

/** GET and HEAD of a list as it was: what the user may read now, and could read then. */
export const listPastObjects = async (
  context: StoreContext,
  session: Session,
  access: VersionAccess,
  { list, user, preconditions, selection, place, counted, budget, at: readAt }: ListPastObjectsInput,
): Promise<ListResult | NotModified> => {
  const view = await session.read(listObjectsPlan(list));
  const accessible = await findAccessibleEntries(context, session, { list, user, permission: "read", budget, place });
  requireParentExists(view, list);
  const conditions = preconditions();
  const at = readAt();
  if (list.parent === null)
    throw invalid(queryIssue("_at", `No history of ${list.uri} is kept. Send _at to a bucket, or to a list in one.`));
  const versions = await openVersions(access, objectRef(list, "any"));
  const current = view.ensureTimestamp(list).timestamp;
  requirePast(at, Math.max(session.now, current));
  const timestamp = Math.min(at, current);
  if (isNotModified(conditions, timestamp)) return { notModified: true, timestamp };
  checkListPreconditions(conditions, timestamp);

  const read = context.readHooks && createReadAsUser(context, session, user, list);
  const selected = { ...(await selection(timestamp)), read };
  const bucket = versionedBucket(view, objectRef(list, "any"));
  const past = bucket && { versions, bucket, at, budget };
  const of = past && (await findPastGeneration(past, view, list));
  const source =
    past === undefined || of === undefined
      ? NO_ENTRIES
      : createPastSource(context, session, past, {
          list,
          of,
          user,
          shared: accessible === "all" ? undefined : accessible,
        });
  const part = { list, accessible, budget, source };
  return counted
    ? { timestamp, total: await countEntries(context, session, part, selected) }
    : { timestamp, ...(await selectEntries(context, session, part, selected)) };
};

const NO_ENTRIES: EntrySource = () => async () => ({ entries: [], bytes: 0 });

interface PastList {
  readonly list: ListRef;
  readonly of: PastGeneration;
  readonly user: UserId;
  /** The objects that are shared with the user now, if the user may not read all. */
  readonly shared: SharedEntries | undefined;
}

const createPastSource = (
  context: StoreContext,
  session: Session,
  past: Past,
  { list, of, user, shared }: PastList,
): EntrySource => {
  if (of.isCurrent && shared === undefined) return createCurrentSource(session, past, list, of);
  let reading: Promise<readonly StoredObject[]> | undefined;
  const readAll = async () => {
    const found = of.isCurrent
      ? await readShared(session, past, list, of, shared)
      : await readEnded(past, list, of, shared);
    return selectReadable(context, session, list, user, found);
  };
  return (bounds) => async (after, limit) => {
    reading ??= readAll();
    const entries = toEntries(await reading).filter((entry) => isWithin(entry, bounds));
    return toPage(entries, after, limit, { bytes: 0 });
  };
};

/** Reads the objects that are shared with the user now, as they were. */
const readShared = async (
  session: Session,
  past: Past,
  list: ListRef,
  { generation }: PastGeneration,
  shared: SharedEntries | undefined,
): Promise<readonly StoredObject[]> => {
  const ids = shared?.entries.map(({ id }) => id) ?? [];
  const found: StoredObject[] = [];
  for (let i = 0; i < ids.length; i += SHARED_PER_READ) {
    const read = await session.readOnce(ids.slice(i, i + SHARED_PER_READ).map((id) => objectRef(list, id)));
    past.budget.spend(read.bytes);
    const changed = read.objects.filter(([, { revision }]) => revision > past.at).map(([{ id }]) => id);
    found.push(...read.objects.flatMap(([, object]) => (object.revision > past.at ? [] : [object])));
    found.push(...(await readPastObjects(past, list, generation, changed)).values());
  }
  return found;
};

const readEnded = async (
  past: Past,
  list: ListRef,
  { generation }: PastGeneration,
  shared: SharedEntries | undefined,
): Promise<readonly StoredObject[]> => {
  const all = await readEndedGeneration(past, list, generation);
  return shared === undefined ? [...all.values()] : shared.entries.flatMap(({ id }) => all.get(id) ?? []);
};

/**
 * Reads pages of what has not changed since, with what was in the place of the rest. What has changed is read after each
 * page, so that nothing is missed of a list that changes meanwhile.
 */
const createCurrentSource = (
  session: Session,
  past: Past,
  list: ListRef,
  { generation: parentGeneration }: PastGeneration,
): EntrySource => {
  const changed = new Map<string, StoredObject | undefined>();
  let position = past.at;
  /** What is not committed yet, in a batch. */
  const readPending = async () => {
    for (const { ref, before } of session.view.changesIn(list)) {
      const isUnchanged = before !== undefined && before.revision <= past.at;
      const kept = isUnchanged
        ? before
        : before && (await readPastObjects(past, list, parentGeneration, [ref.id])).get(ref.id);
      changed.set(ref.id, kept?.parentGeneration === parentGeneration ? kept : undefined);
    }
  };
  const followChanges = async () => {
    const clock = await session.readNewClock(list);
    let after: ChangeCursor | undefined = { revision: position };
    while (after !== undefined) {
      const page = await session.readChanges(list, { parentGeneration, after, limit: CHANGES_PER_READ });
      const ids = [...new Set(page.changes.map(({ id }) => id))].filter((id) => !changed.has(id));
      past.budget.spend(page.changes.reduce((sum, { json }) => sum + Buffer.byteLength(json), 0));
      const were = await readPastObjects(past, list, parentGeneration, ids);
      for (const id of ids) changed.set(id, were.get(id));
      after = page.next;
    }
    position = Math.max(position, clock?.timestamp ?? 0);
  };
  return (bounds) =>
    async (after, limit, { pageBytes: maxBytes }) => {
      const { tombstones, since, before } = bounds;
      const stored = await session.readPage(list, {
        parentGeneration,
        since,
        before,
        tombstones,
        limit,
        after,
        maxBytes,
      });
      if (changed.size === 0) await readPending();
      await followChanges();
      const were = toEntries([...changed.values()].flatMap((was) => was ?? [])).filter((entry) =>
        isWithin(entry, bounds),
      );
      const { next } = stored;
      const entries = [
        ...stored.entries.filter(({ id }) => !changed.has(id)),
        ...were.filter((entry) => next === undefined || !isBehind(entry, next)),
      ];
      return toPage(entries, after, limit, stored);
    };
};

type PastEntry = ListEntry & Pick<StoredObject, "deleted">;

const toEntries = (objects: readonly StoredObject[]): readonly PastEntry[] =>
  objects.map(({ json, last_modified, deleted }) => ({
    id: String(JSON.parse(json).id),
    json,
    last_modified,
    deleted,
  }));

const isWithin = (
  { last_modified, deleted }: PastEntry,
  { since = -1, before = Number.POSITIVE_INFINITY, tombstones }: ReadBounds,
): boolean => last_modified > since && last_modified < before && (tombstones || !deleted);

const toPage = (
  all: readonly ListEntry[],
  after: PageCursor | undefined,
  limit: number,
  { next, bytes }: Pick<Page, "next" | "bytes">,
): Page => {
  const entries = all.filter((entry) => after === undefined || isBehind(entry, after)).sort(newestFirst);
  const page = entries.slice(0, countFitting(entries, limit));
  const last = page.at(-1);
  const end =
    page.length < entries.length && last !== undefined ? { last_modified: last.last_modified, id: last.id } : next;
  return { entries: page, bytes, ...(end && { next: end }) };
};

/** Counts the first entries that fit into a page, at least one. */
const countFitting = (entries: readonly ListEntry[], limit: number): number => {
  let bytes = 0;
  const end = entries.findIndex(({ json }, index) => {
    bytes += Buffer.byteLength(json);
    return index > 0 && bytes > MAX_PAGE_BYTES;
  });
  return Math.min(end === -1 ? entries.length : end, limit);
};
