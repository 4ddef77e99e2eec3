import { createMatcher, type Filter } from "../lists/filter.ts";
import { compareSortKeys, isNewestFirst, type Sort, type SortKey, sortKeyOf } from "../lists/sort.ts";
import type { ListEntry, Page, PageCursor, StoredObject } from "../ports/store.ts";
import type { Generation, ListRef } from "../resources.ts";
import { isBehind, newestFirst, type Session } from "../store/session.ts";
import { parseData } from "../store/view.ts";
import type { AccessibleEntries } from "./accessible-entries.ts";
import type { StoreContext } from "./store-context.ts";

/** What of a list is asked for. Bounds are exclusive, in ms. */
export interface Selection {
  readonly since?: number | undefined;
  readonly before?: number | undefined;
  readonly tombstones: boolean;
  readonly filters: readonly Filter[];
  readonly sorts: readonly Sort[];
  /** Entries at most; as many as may be when absent. */
  readonly limit?: number | undefined;
  readonly after?: SelectionCursor | undefined;
}

/** Where a page ended: in the order of time, or in the order of a sort. */
export type SelectionCursor = { readonly time: PageCursor } | { readonly sort: SortKey };

export interface SelectionPage {
  readonly entries: readonly ListEntry[];
  /** Where the next page begins; absent when nothing follows. */
  readonly next?: SelectionCursor;
}

/** Entries that a search through a list reads at a time. */
const STRIDE = 2000;

/** Entries that a page holds at most, where so many are asked for. */
export const pageLimit = ({ limits }: StoreContext, asked: number | undefined): number =>
  Math.min(asked ?? limits.page, limits.page);

/** A page of those objects of a list that are reached and selected. */
export const selectEntries = async (
  world: StoreContext,
  session: Session,
  list: ListRef,
  reached: AccessibleEntries,
  selection: Selection,
): Promise<SelectionPage> => {
  const limit = pageLimit(world, selection.limit);
  const pages = pagesOf(world, session, list, reached, selection);
  const { filters, sorts, after } = selection;
  if (!isNewestFirst(sorts)) return sorted(pages, selection, limit);
  const from = after !== undefined && "time" in after ? after.time : undefined;
  const { entries, next } =
    filters.length === 0 ? await pages(from, limit) : await filtered(pages, filters, from, limit);
  return { entries, ...(next && { next: { time: next } }) };
};

/** How many objects are reached and selected; tombstones do not count. */
export const countEntries = async (
  world: StoreContext,
  session: Session,
  list: ListRef,
  reached: AccessibleEntries,
  selection: Selection,
): Promise<number> => {
  const { since, before, filters } = selection;
  if (reached === "all" && filters.length === 0) {
    if (since === undefined && before === undefined) return session.view.clock(list)?.count ?? 0;
    return session.count(list, { parentGeneration: session.view.parentGeneration(list) as Generation, since, before });
  }
  const matches = createMatcher(filters);
  let found = 0;
  for await (const entry of walk(pagesOf(world, session, list, reached, { ...selection, tombstones: false })))
    if (matches(parseData(entry))) found++;
  return found;
};

/** Whether an object is selected, wherever it stands in the list. */
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

/** Reads a page of entries, newest first, that come after a place. */
type ReadPage = (after: PageCursor | undefined, limit: number) => Promise<Page>;

/** The entries that are reached, within the bounds. */
const pagesOf = (
  world: StoreContext,
  session: Session,
  list: ListRef,
  reached: AccessibleEntries,
  { since, before, tombstones }: Selection,
): ReadPage => {
  const { view } = session;
  if (reached !== "all") {
    const within = reached
      .filter(({ last_modified: at }) => at > (since ?? -1) && at < (before ?? Number.POSITIVE_INFINITY))
      .sort(newestFirst);
    return async (after, limit) =>
      cut(after === undefined ? within : within.filter((entry) => isBehind(entry, after)), limit);
  }
  const of = view.parentGeneration(list) as Generation;
  const clock = view.clock(list);
  return (after, limit) => {
    const query = { of, since, before, tombstones, limit, after };
    const read = () => session.readPage(list, query);
    // What is about to change the list is not its page for others.
    return clock === undefined || view.isDirty(list)
      ? read()
      : world.pages.getOrRead(list.uri, clock, JSON.stringify(query), read);
  };
};

async function* walk(pages: ReadPage, from?: PageCursor): AsyncGenerator<ListEntry> {
  let after = from;
  do {
    const { entries, next }: Page = await pages(after, STRIDE);
    yield* entries;
    after = next;
  } while (after !== undefined);
}

const filtered = async (
  pages: ReadPage,
  filters: readonly Filter[],
  from: PageCursor | undefined,
  limit: number,
): Promise<Page> => {
  const matches = createMatcher(filters);
  const found: ListEntry[] = [];
  for await (const entry of walk(pages, from)) {
    if (matches(parseData(entry))) found.push(entry);
    if (found.length > limit) break;
  }
  return cut(found, limit);
};

/** Goes through the whole list, and keeps no more of it than the page takes. */
const sorted = async (pages: ReadPage, { filters, sorts, after }: Selection, limit: number): Promise<SelectionPage> => {
  const [matches, place, compare] = [createMatcher(filters), sortKeyOf(sorts), compareSortKeys(sorts)];
  const from = after !== undefined && "sort" in after ? after.sort : undefined;
  let kept: { entry: ListEntry; place: SortKey }[] = [];
  const settle = () => {
    kept = kept.sort((a, b) => compare(a.place, b.place)).slice(0, limit + 1);
  };
  for await (const entry of walk(pages)) {
    const object = parseData(entry);
    if (!matches(object)) continue;
    const candidate = { entry, place: place(object) };
    if (from !== undefined && compare(candidate.place, from) <= 0) continue;
    kept.push(candidate);
    if (kept.length > 4 * (limit + 1)) settle();
  }
  settle();
  const last = kept[limit - 1];
  return {
    entries: kept.slice(0, limit).map(({ entry }) => entry),
    ...(kept.length > limit && last !== undefined && { next: { sort: last.place } }),
  };
};

const cut = (entries: readonly ListEntry[], limit: number): Page => {
  const shown = entries.slice(0, limit);
  const last = shown.at(-1);
  return entries.length > limit && last !== undefined
    ? { entries: shown, next: { last_modified: last.last_modified, id: last.id } }
    : { entries: shown };
};
