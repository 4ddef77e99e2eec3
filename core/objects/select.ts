import { createMatcher, type Filter } from "../lists/filter.ts";
import { compareSortKeys, isNewestFirst, type Sort, type SortKey, sortKeyOf } from "../lists/sort.ts";
import type { ListEntry, Page, PageCursor, StoredObject } from "../ports/store.ts";
import type { Generation, ListRef } from "../resources.ts";
import { isBehind, newestFirst, type Session } from "../store/session.ts";
import { parseData } from "../store/view.ts";
import type { AccessibleEntries } from "./accessible-entries.ts";
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
}

/** The end of a page: in the list's own order by time, or in a sorted order. */
export type SelectionCursor = { readonly time: PageCursor } | { readonly sort: SortKey };

export interface SelectionPage {
  readonly entries: readonly ListEntry[];
  /** Where the next page starts; absent on the last page. */
  readonly next?: SelectionCursor;
}

/** Entries read at a time when a list is searched. */
const ENTRIES_PER_READ = 2000;

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
  const limit = pageLimit(context, selection.limit);
  const readPage = createPageReader(context, session, list, accessible, selection);
  const { filters, sorts, after } = selection;
  if (!isNewestFirst(sorts)) return selectSorted(readPage, selection, limit);
  const start = after !== undefined && "time" in after ? after.time : undefined;
  const { entries, next } =
    filters.length === 0 ? await readPage(start, limit) : await selectFiltered(readPage, filters, start, limit);
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
  const { since, before, filters } = selection;
  if (accessible === "all" && filters.length === 0) {
    if (since === undefined && before === undefined) return session.view.clock(list)?.count ?? 0;
    const parentGeneration = session.view.parentGeneration(list) as Generation;
    return session.count(list, { parentGeneration, since, before });
  }
  const matches = createMatcher(filters);
  const readPage = createPageReader(context, session, list, accessible, { ...selection, tombstones: false });
  let count = 0;
  for await (const entry of walkEntries(readPage)) if (matches(parseData(entry))) count++;
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
  { since, before, tombstones }: Selection,
): PageReader => {
  const { view } = session;
  if (accessible !== "all") {
    const entries = accessible
      .filter(({ last_modified: time }) => time > (since ?? -1) && time < (before ?? Number.POSITIVE_INFINITY))
      .sort(newestFirst);
    return async (after, limit) =>
      toPage(after === undefined ? entries : entries.filter((entry) => isBehind(entry, after)), limit);
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

async function* walkEntries(readPage: PageReader, start?: PageCursor): AsyncGenerator<ListEntry> {
  let after = start;
  do {
    const { entries, next }: Page = await readPage(after, ENTRIES_PER_READ);
    yield* entries;
    after = next;
  } while (after !== undefined);
}

const selectFiltered = async (
  readPage: PageReader,
  filters: readonly Filter[],
  start: PageCursor | undefined,
  limit: number,
): Promise<Page> => {
  const matches = createMatcher(filters);
  const found: ListEntry[] = [];
  for await (const entry of walkEntries(readPage, start)) {
    if (matches(parseData(entry))) found.push(entry);
    if (found.length > limit) break;
  }
  return toPage(found, limit);
};

/** Reads the whole list, but keeps only about as many entries as the page has. */
const selectSorted = async (
  readPage: PageReader,
  { filters, sorts, after }: Selection,
  limit: number,
): Promise<SelectionPage> => {
  const [matches, toSortKey, compare] = [createMatcher(filters), sortKeyOf(sorts), compareSortKeys(sorts)];
  const start = after !== undefined && "sort" in after ? after.sort : undefined;
  let best: { entry: ListEntry; key: SortKey }[] = [];
  const keepBest = () => {
    best = best.sort((a, b) => compare(a.key, b.key)).slice(0, limit + 1);
  };
  for await (const entry of walkEntries(readPage)) {
    const data = parseData(entry);
    if (!matches(data)) continue;
    const candidate = { entry, key: toSortKey(data) };
    if (start !== undefined && compare(candidate.key, start) <= 0) continue;
    best.push(candidate);
    if (best.length > 4 * (limit + 1)) keepBest();
  }
  keepBest();
  const last = best[limit - 1];
  return {
    entries: best.slice(0, limit).map(({ entry }) => entry),
    ...(best.length > limit && last !== undefined && { next: { sort: last.key } }),
  };
};

const toPage = (entries: readonly ListEntry[], limit: number): Page => {
  const page = entries.slice(0, limit);
  const last = page.at(-1);
  return entries.length > limit && last !== undefined
    ? { entries: page, next: { last_modified: last.last_modified, id: last.id } }
    : { entries: page };
};
