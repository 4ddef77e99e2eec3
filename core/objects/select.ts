import { type Failure, invalid } from "../errors.ts";
import { createMatcher, type Filter } from "../lists/filter.ts";
import { queryIssue } from "../lists/query-parameters.ts";
import { compareSortKeys, isNewestFirst, type Sort, type SortKey, sortKeyOf } from "../lists/sort.ts";
import type { SharePlace } from "../permissions/shared-objects.ts";
import { type ListEntry, MAX_PAGE_BYTES, type Page, type PageCursor, type StoredObject } from "../ports/store.ts";
import type { Generation } from "../resources.ts";
import { MAX_READ_MS, type ReadBudget } from "../store/read-budget.ts";
import type { Session } from "../store/session.ts";
import { parseData } from "../store/view.ts";
import type { AccessibleEntries } from "./accessible-entries.ts";
import {
  type AccessibleList,
  createPageReader,
  type PageReader,
  sharedEntriesWithin,
  walkPages,
} from "./page-reader.ts";
import type { ReadAsUser } from "./read-as-user.ts";
import { countFollowed, selectFollowed } from "./select-followed.ts";
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

/** Returns the maximum number of entries of a page. */
export const pageLimit = ({ limits }: StoreContext, requested: number | undefined): number =>
  Math.min(requested ?? limits.page, limits.page);

/**
 * Returns a page of the accessible entries that match a selection. It ends early when the budget is spent.
 * @throws Failure 400 when the selection is sorted and the list is larger than the budget
 */
export const selectEntries = async (
  context: StoreContext,
  session: Session,
  accessibleList: AccessibleList,
  selection: Selection,
): Promise<SelectionPage> => {
  const { accessible, budget } = accessibleList;
  if (accessible === "all") budget.requireRest();
  const { entries, next } = await selectPart(context, session, accessibleList, selection);
  if (next !== undefined) return { entries, next: { ...next, ...placeOf(accessible) } };
  const nextPlace = accessible === "all" ? undefined : accessible.next;
  return { entries, ...(nextPlace && { next: { shares: nextPlace } }) };
};

/** The cursor of a page that starts behind an entry. */
export const cursorBehind = (
  { pages }: StoreContext,
  accessible: AccessibleEntries,
  { sorts }: Selection,
  entry: ListEntry,
): SelectionCursor => ({
  ...(isNewestFirst(sorts) ? { time: toCursor(entry) } : { sort: sortKeyOf(sorts)(pages.parseEntry(entry)) }),
  ...placeOf(accessible),
});

/** The part of the shared entries, for a cursor within it. */
const placeOf = (accessible: AccessibleEntries): Pick<SelectionCursor, "shares"> =>
  accessible === "all" || accessible.place === undefined ? {} : { shares: accessible.place };

const toCursor = ({ last_modified, id }: PageCursor): PageCursor => ({ last_modified, id });

const selectPart = async (
  context: StoreContext,
  session: Session,
  accessibleList: AccessibleList,
  selection: Selection,
): Promise<SelectionPage> => {
  const limit = pageLimit(context, selection.limit);
  const readPage = createPageReader(context, session, accessibleList, selection);
  const { filters, sorts, after, read } = selection;
  const start = after?.time;
  if (isNewestFirst(sorts) && filters.length === 0 && read === undefined) {
    const { entries, next } = await readPage(start, limit);
    return { entries, ...(next && { next: { time: next } }) };
  }
  const { list, source, budget } = accessibleList;
  const followed =
    source === undefined ? await selectFollowed(context, session, accessibleList, selection, limit) : undefined;
  if (followed !== undefined) return followed;
  if (!isNewestFirst(sorts)) return selectSorted(context, readPage, budget, selection, limit);
  const { entries, next, looked } = await selectFiltered(context, readPage, budget, filters, start, limit);
  if (looked > MAX_LOOKED && source === undefined) context.followed.want(list);
  return { entries, ...(next && { next: { time: next } }) };
};

/**
 * Counts the accessible objects that match a selection, without tombstones. Returns `undefined` when the budget is spent
 * before all are counted.
 */
export const countEntries = async (
  context: StoreContext,
  session: Session,
  accessibleList: AccessibleList,
  selection: Selection,
): Promise<number | undefined> => {
  const { list, accessible, source, budget } = accessibleList;
  const { since, before, filters, read } = selection;
  if (filters.length === 0 && read === undefined && source === undefined) {
    if (accessible !== "all") return sharedEntriesWithin(accessible, selection).length;
    if (since === undefined && before === undefined) return session.view.clock(list)?.count ?? 0;
    const parentGeneration = session.view.parentGeneration(list) as Generation;
    const maxBytes = budget.restBytes;
    const { count, bytes, isComplete } = await session.count(list, { parentGeneration, since, before, maxBytes });
    budget.spend(bytes);
    return isComplete ? count : undefined;
  }
  const followed =
    source === undefined
      ? await countFollowed(context, session, accessibleList, { ...selection, tombstones: false })
      : undefined;
  if (followed !== undefined) return followed;
  const matches = createMatcher(filters);
  const readPage = createPageReader(context, session, accessibleList, { ...selection, tombstones: false });
  let count = 0;
  let unread: PageCursor | undefined;
  for await (const { entries, next } of walkPages(readPage, budget)) {
    for (const entry of entries) if (matches(context.pages.parseEntry(entry))) count++;
    unread = next;
  }
  return unread === undefined ? count : undefined;
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

/** A list of which a query looks through more entries is kept in memory. */
const MAX_LOOKED = 2000;

/** Looks through the list until the page is full, or the budget is spent: then the page may have no entries. */
const selectFiltered = async (
  { pages }: StoreContext,
  readPage: PageReader,
  budget: ReadBudget,
  filters: readonly Filter[],
  start: PageCursor | undefined,
  limit: number,
): Promise<Pick<Page, "entries" | "next"> & { readonly looked: number }> => {
  const matches = createMatcher(filters);
  const found: ListEntry[] = [];
  let [bytes, looked] = [0, 0];
  let unread: PageCursor | undefined;
  for await (const { entries, next } of walkPages(readPage, budget, start)) {
    for (const entry of entries) {
      looked++;
      if (!matches(pages.parseEntry(entry))) continue;
      bytes += Buffer.byteLength(entry.json);
      const last = found.at(-1);
      if (last !== undefined && (found.length === limit || bytes > MAX_PAGE_BYTES))
        return { entries: found, next: toCursor(last), looked };
      found.push(entry);
    }
    unread = next;
  }
  return { entries: found, ...(unread && { next: unread }), looked };
};

/** Reads the whole list, but keeps only about as many entries and bytes as the page has. */
const selectSorted = async (
  { pages }: StoreContext,
  readPage: PageReader,
  budget: ReadBudget,
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
  let unread: PageCursor | undefined;
  for await (const { entries, next } of walkPages(readPage, budget)) {
    for (const entry of entries) {
      const data = pages.parseEntry(entry);
      if (!matches(data)) continue;
      const candidate = { entry, key: toSortKey(data), bytes: Buffer.byteLength(entry.json) };
      if (start !== undefined && compare(candidate.key, start) <= 0) continue;
      best.push(candidate);
      bytes += candidate.bytes;
      if (best.length > 4 * (limit + 1) || bytes > 4 * MAX_PAGE_BYTES) keepBest();
    }
    unread = next;
  }
  if (unread !== undefined) throw unsortable(budget);
  keepBest();
  const page = best.slice(0, countFitting(best, limit));
  const last = page.at(-1);
  return {
    entries: page.map(({ entry }) => entry),
    ...(best.length > page.length && last !== undefined && { next: { sort: last.key } }),
  };
};

/** The first entry of a sorted list may be the last one that is read. */
const unsortable = ({ description }: ReadBudget): Failure =>
  invalid(
    queryIssue(
      "_sort",
      `The list is too large for _sort: a request may read ${description} of it, for ${MAX_READ_MS / 1000} seconds. Leave out _sort, select a part of the list with _since and _before, or use search.`,
    ),
  );

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
