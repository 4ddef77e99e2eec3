import { createMatcher, type Filter } from "../lists/filter.ts";
import { compareSortKeys, isNewestFirst, type Sort, type SortKey, sortKeyOf } from "../lists/sort.ts";
import type { SharePlace } from "../permissions/shared-objects.ts";
import { type ListEntry, MAX_PAGE_BYTES, type Page, type PageCursor, type StoredObject } from "../ports/store.ts";
import { type Generation, type ListRef, objectRef } from "../resources.ts";
import { isBehind, newestFirst, type Session } from "../store/session.ts";
import { parseData } from "../store/view.ts";
import type { AccessibleEntries, SharedEntries } from "./accessible-entries.ts";
import { type ReadAsUser, readUnlessRefused } from "./read-as-user.ts";
import type { StoreContext } from "./store-context.ts";

/** The part of a list to return. `since` and `before` are exclusive bounds of last_modified, in ms. */
export interface Selection {
  readonly since?: number | undefined;
  readonly before?: number | undefined;
  readonly tombstones: boolean;
  readonly filters: readonly Filter[];
  readonly sorts: readonly Sort[];
  /** Maximum number of entries; default: the page limit. */
  readonly limit?: number | undefined;
  readonly after?: SelectionCursor | undefined;
  /** Filters and orders apply to what it returns, and entries that it refuses are left out. All as stored when absent. */
  readonly read?: ReadAsUser | undefined;
}

/** The end of a page, in the list's own order by time or in a sorted order, within a part of the shared entries. */
export interface SelectionCursor {
  readonly time?: PageCursor;
  readonly sort?: SortKey;
  /** Where the part starts. */
  readonly shares?: SharePlace;
}

export interface SelectionPage {
  readonly entries: readonly ListEntry[];
  /** Where the next page starts; absent on the last page. */
  readonly next?: SelectionCursor;
}

/** Entries read at a time when a list is searched. */
const ENTRIES_PER_READ = 2000;
/** Shared entries read at a time: few until their size is known, since each may have 400 KB. */
const MIN_SHARED_ENTRIES_PER_READ = 8;
const MAX_SHARED_ENTRIES_PER_READ = 50;
/** Entries read at a time when hooks run for each. */
const HOOKED_ENTRIES_PER_READ = 200;

/** Returns the maximum number of entries of a page. */
export const pageLimit = ({ limits }: StoreContext, requested: number | undefined): number =>
  Math.min(requested ?? limits.page, limits.page);

/** Returns a page of the accessible entries that match a selection. */
export const selectEntries = async (
  context: StoreContext,
  session: Session,
  list: ListRef,
  accessible: AccessibleEntries,
  selection: Selection,
): Promise<SelectionPage> => {
  const { entries, next } = await selectPart(context, session, list, accessible, selection);
  if (accessible === "all") return { entries, ...(next && { next }) };
  const { place, next: nextPlace } = accessible;
  if (next !== undefined) return { entries, next: { ...next, ...(place && { shares: place }) } };
  return { entries, ...(nextPlace && { next: { shares: nextPlace } }) };
};

const selectPart = async (
  context: StoreContext,
  session: Session,
  list: ListRef,
  accessible: AccessibleEntries,
  selection: Selection,
): Promise<SelectionPage> => {
  const limit = pageLimit(context, selection.limit);
  const readPage = createPageReader(context, session, list, accessible, selection);
  const { filters, sorts, after, read } = selection;
  if (!isNewestFirst(sorts)) return selectSorted(context, readPage, selection, limit);
  const start = after?.time;
  const { entries, next } =
    filters.length === 0 && read === undefined
      ? await readPage(start, limit)
      : await selectFiltered(context, readPage, filters, start, limit);
  return { entries, ...(next && { next: { time: next } }) };
};

/** Counts the accessible objects that match a selection, without tombstones. */
export const countEntries = async (
  context: StoreContext,
  session: Session,
  list: ListRef,
  accessible: AccessibleEntries,
  selection: Selection,
): Promise<number> => {
  const { since, before, filters, read } = selection;
  if (accessible === "all" && filters.length === 0 && read === undefined) {
    if (since === undefined && before === undefined) return session.view.clock(list)?.count ?? 0;
    const parentGeneration = session.view.parentGeneration(list) as Generation;
    return session.count(list, { parentGeneration, since, before });
  }
  const matches = createMatcher(filters);
  const readPage = createPageReader(context, session, list, accessible, { ...selection, tombstones: false });
  let count = 0;
  for await (const entry of walkEntries(readPage)) if (matches(context.pages.parseEntry(entry))) count++;
  return count;
};

/** Creates a predicate for objects that match a selection, whatever their position in the list. */
export const createSelector = ({
  since = -1,
  before = Number.POSITIVE_INFINITY,
  filters,
}: Selection): ((object: StoredObject | undefined) => boolean) => {
  const matches = createMatcher(filters);
  return (object) =>
    object !== undefined &&
    object.last_modified > since &&
    object.last_modified < before &&
    (filters.length === 0 || matches(parseData(object)));
};

/** Reads entries after a cursor, newest first. */
type PageReader = (after: PageCursor | undefined, limit: number) => Promise<Page>;

/** Creates a reader of the accessible entries within the bounds. */
const createPageReader = (
  context: StoreContext,
  session: Session,
  list: ListRef,
  accessible: AccessibleEntries,
  { read, ...selection }: Selection,
): PageReader => {
  const readPage = createStoredPageReader(context, session, list, accessible, selection);
  return read === undefined ? readPage : createSeenPageReader(readPage, read);
};

/** Runs hooks for each entry. Pages may have fewer entries than the limit. */
const createSeenPageReader =
  (readPage: PageReader, read: ReadAsUser): PageReader =>
  async (after, limit) => {
    const { entries, next } = await readPage(after, Math.min(limit, HOOKED_ENTRIES_PER_READ));
    const seen: ListEntry[] = [];
    for (const entry of entries) {
      const visible = await readUnlessRefused(read, entry.id, entry);
      if (visible !== undefined) seen.push(visible);
    }
    return { entries: seen, ...(next && { next }) };
  };

const createStoredPageReader = (
  context: StoreContext,
  session: Session,
  list: ListRef,
  accessible: AccessibleEntries,
  { since, before, tombstones }: Omit<Selection, "read">,
): PageReader => {
  const { view } = session;
  if (accessible !== "all") {
    const entries = accessible.entries
      .filter(({ last_modified: time }) => time > (since ?? -1) && time < (before ?? Number.POSITIVE_INFINITY))
      .sort(newestFirst);
    return (after, limit) => readShared(session, list, accessible, toPage(entries, after, limit));
  }
  const parentGeneration = view.parentGeneration(list) as Generation;
  const clock = view.clock(list);
  return (after, limit) => {
    const query = { parentGeneration, since, before, tombstones, limit, after };
    const read = () => session.readPage(list, query);
    // A page with uncommitted changes must not be cached.
    return clock === undefined || view.isDirty(list)
      ? read()
      : context.pages.getOrRead(list.uri, clock, JSON.stringify(query), read);
  };
};

/** Returns the entries after a cursor. */
const toPage = (
  entries: readonly PageCursor[],
  after: PageCursor | undefined,
  limit: number,
): { readonly entries: readonly PageCursor[]; readonly next?: PageCursor } => {
  const rest = after === undefined ? entries : entries.filter((entry) => isBehind(entry, after));
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  return { entries: page, ...(rest.length > limit && last !== undefined && { next: last }) };
};

/** Reads a page of shared entries, in parts, until their JSON fills a page. */
const readShared = async (
  session: Session,
  list: ListRef,
  { isShared }: SharedEntries,
  { entries, next }: { readonly entries: readonly PageCursor[]; readonly next?: PageCursor },
): Promise<Page> => {
  const found: ListEntry[] = [];
  let bytes = 0;
  let [start, size] = [0, MIN_SHARED_ENTRIES_PER_READ];
  while (start < entries.length) {
    const part = entries.slice(start, start + size);
    const objects = new Map(
      (await session.readOnce(part.map(({ id }) => objectRef(list, id)))).map(([{ id }, object]) => [id, object]),
    );
    for (const [index, cursor] of part.entries()) {
      const object = objects.get(cursor.id);
      if (object === undefined || !(await isShared(object))) continue;
      bytes += Buffer.byteLength(object.json);
      const previous = entries[start + index - 1];
      if (bytes > MAX_PAGE_BYTES && found.length > 0 && previous !== undefined)
        return { entries: found, next: previous };
      // The cursor is that of the list as it was found.
      found.push({ id: cursor.id, json: object.json, last_modified: cursor.last_modified });
    }
    start += part.length;
    const fitting = Math.ceil((MAX_PAGE_BYTES - bytes) / (bytes / start));
    size = Math.min(Math.max(fitting, MIN_SHARED_ENTRIES_PER_READ), MAX_SHARED_ENTRIES_PER_READ);
  }
  return { entries: found, ...(next && { next }) };
};

async function* walkEntries(readPage: PageReader, start?: PageCursor): AsyncGenerator<ListEntry> {
  let after = start;
  do {
    const { entries, next }: Page = await readPage(after, ENTRIES_PER_READ);
    yield* entries;
    after = next;
  } while (after !== undefined);
}

const selectFiltered = async (
  { pages }: StoreContext,
  readPage: PageReader,
  filters: readonly Filter[],
  start: PageCursor | undefined,
  limit: number,
): Promise<Page> => {
  const matches = createMatcher(filters);
  const found: ListEntry[] = [];
  let bytes = 0;
  for await (const entry of walkEntries(readPage, start)) {
    if (!matches(pages.parseEntry(entry))) continue;
    bytes += Buffer.byteLength(entry.json);
    const last = found.at(-1);
    if (last !== undefined && (found.length === limit || bytes > MAX_PAGE_BYTES))
      return { entries: found, next: { last_modified: last.last_modified, id: last.id } };
    found.push(entry);
  }
  return { entries: found };
};

/** Reads the whole list, but keeps only about as many entries and bytes as the page has. */
const selectSorted = async (
  { pages }: StoreContext,
  readPage: PageReader,
  { filters, sorts, after }: Selection,
  limit: number,
): Promise<SelectionPage> => {
  const [matches, toSortKey, compare] = [createMatcher(filters), sortKeyOf(sorts), compareSortKeys(sorts)];
  const start = after?.sort;
  let best: SortedEntry[] = [];
  let bytes = 0;
  const keepBest = () => {
    best = best.sort((a, b) => compare(a.key, b.key));
    best = best.slice(0, countFitting(best, limit) + 1);
    bytes = best.reduce((sum, entry) => sum + entry.bytes, 0);
  };
  for await (const entry of walkEntries(readPage)) {
    const data = pages.parseEntry(entry);
    if (!matches(data)) continue;
    const candidate = { entry, key: toSortKey(data), bytes: Buffer.byteLength(entry.json) };
    if (start !== undefined && compare(candidate.key, start) <= 0) continue;
    best.push(candidate);
    bytes += candidate.bytes;
    if (best.length > 4 * (limit + 1) || bytes > 4 * MAX_PAGE_BYTES) keepBest();
  }
  keepBest();
  const page = best.slice(0, countFitting(best, limit));
  const last = page.at(-1);
  return {
    entries: page.map(({ entry }) => entry),
    ...(best.length > page.length && last !== undefined && { next: { sort: last.key } }),
  };
};

interface SortedEntry {
  readonly entry: ListEntry;
  readonly key: SortKey;
  /** The size of its JSON. */
  readonly bytes: number;
}

/** Counts the first entries that fit into a page, at least one. */
const countFitting = (entries: readonly SortedEntry[], limit: number): number => {
  let sum = 0;
  const end = entries.findIndex(({ bytes }, index) => {
    sum += bytes;
    return index > 0 && sum > MAX_PAGE_BYTES;
  });
  return Math.min(end === -1 ? entries.length : end, limit);
};
