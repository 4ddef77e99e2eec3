import type { ListEntry, Page, PageCursor, PageQuery } from "../ports/store.ts";
import { type Generation, type ListRef, objectRef } from "../resources.ts";
import type { ReadBudget } from "../store/read-budget.ts";
import { isBehind, newestFirst, type Session } from "../store/session.ts";
import type { AccessibleEntries, SharedEntries } from "./accessible-entries.ts";
import { type ReadAsUser, readUnlessRefused } from "./read-as-user.ts";
import type { StoreContext } from "./store-context.ts";

/** Entries read at a time when a list is searched. */
const ENTRIES_PER_READ = 2000;
/** Shared entries read at a time: few until their size is known, since each may have 400 KB. */
const MIN_SHARED_ENTRIES_PER_READ = 8;
const MAX_SHARED_ENTRIES_PER_READ = 50;
/** Entries read at a time when hooks run for each. */
const HOOKED_ENTRIES_PER_READ = 200;

/** Reads a page of entries after a cursor, newest first. A page may have fewer entries than the limit, and none. */
export type PageReader = (after: PageCursor | undefined, limit: number) => Promise<Page>;

/** Which entries a {@link PageReader} reads. */
export interface ReadBounds extends Pick<PageQuery, "since" | "before" | "tombstones"> {
  /** Runs hooks for each entry. */
  readonly read?: ReadAsUser | undefined;
}

/** Creates a reader of entries that are not those of the list now. */
export type EntrySource = (bounds: Omit<ReadBounds, "read">) => StoredPageReader;

export interface AccessibleList {
  readonly list: ListRef;
  readonly accessible: AccessibleEntries;
  /** Where entries come from instead: only those that are accessible. */
  readonly source?: EntrySource | undefined;
  /** What is read is spent from it. */
  readonly budget: ReadBudget;
}

/** Creates a reader of the accessible entries within the bounds. */
export const createPageReader = (
  context: StoreContext,
  session: Session,
  { list, accessible, source, budget }: AccessibleList,
  { read, ...bounds }: ReadBounds,
): PageReader => {
  const readStored =
    source?.(bounds) ??
    (accessible === "all"
      ? createListReader(context, session, list, bounds)
      : createSharedReader(session, list, accessible, bounds));
  const readPage: PageReader = async (after, limit) => {
    const page = await readStored(after, limit, budget);
    budget.spend(page.bytes);
    return page;
  };
  return read === undefined ? readPage : createSeenPageReader(readPage, read);
};

/** Reads pages until the list ends or the budget is spent: then the last page has `next`. */
export async function* walkPages(
  readPage: PageReader,
  budget: ReadBudget,
  start?: PageCursor,
): AsyncGenerator<Page, void, undefined> {
  let after = start;
  do {
    const page: Page = await readPage(after, ENTRIES_PER_READ);
    yield page;
    after = page.next;
  } while (after !== undefined && !budget.isSpent);
}

/** Returns those of the shared entries that are within the bounds, newest first. */
export const sharedEntriesWithin = (
  { entries }: SharedEntries,
  { since = -1, before = Number.POSITIVE_INFINITY }: Pick<ReadBounds, "since" | "before">,
): readonly PageCursor[] =>
  entries.filter(({ last_modified: time }) => time > since && time < before).sort(newestFirst);

type StoredPageReader = (after: PageCursor | undefined, limit: number, budget: ReadBudget) => Promise<Page>;

const createListReader = (
  context: StoreContext,
  session: Session,
  list: ListRef,
  { since, before, tombstones }: ReadBounds,
): StoredPageReader => {
  const { view } = session;
  const parentGeneration = view.parentGeneration(list) as Generation;
  const clock = view.clock(list);
  return (after, limit, { pageBytes: maxBytes }) => {
    const query = { parentGeneration, since, before, tombstones, limit, after, maxBytes };
    const read = () => session.readPage(list, query);
    // A page with uncommitted changes must not be cached.
    return clock === undefined || view.isDirty(list)
      ? read()
      : context.pages.getOrRead(list.uri, clock, JSON.stringify(query), read);
  };
};

const createSharedReader = (
  session: Session,
  list: ListRef,
  accessible: SharedEntries,
  bounds: ReadBounds,
): StoredPageReader => {
  const entries = sharedEntriesWithin(accessible, bounds);
  return async (after, limit, budget) => {
    const rest = after === undefined ? entries : entries.filter((entry) => isBehind(entry, after));
    const page = await readShared(session, list, accessible, rest.slice(0, limit), budget);
    const last = rest[limit - 1];
    return { ...(rest.length > limit && last !== undefined && { next: last }), ...page };
  };
};

/** Reads shared entries, in parts, until their JSON fills a page or the budget is spent. Then the result has `next`. */
const readShared = async (
  session: Session,
  list: ListRef,
  { isShared }: SharedEntries,
  entries: readonly PageCursor[],
  { pageBytes: maxBytes, restBytes }: ReadBudget,
): Promise<Page> => {
  const found: ListEntry[] = [];
  let [jsonBytes, bytes] = [0, 0];
  let [start, size] = [0, MIN_SHARED_ENTRIES_PER_READ];
  while (start < entries.length) {
    const part = entries.slice(start, start + size);
    const read = await session.readOnce(part.map(({ id }) => objectRef(list, id)));
    const objects = new Map(read.objects.map(([{ id }, object]) => [id, object]));
    bytes += read.bytes;
    for (const [index, cursor] of part.entries()) {
      const object = objects.get(cursor.id);
      if (object === undefined || !(await isShared(objectRef(list, cursor.id), object))) continue;
      jsonBytes += Buffer.byteLength(object.json);
      const previous = entries[start + index - 1];
      if (jsonBytes > maxBytes && found.length > 0 && previous !== undefined)
        return { entries: found, next: previous, bytes };
      // The cursor is that of the list as it was found.
      found.push({ id: cursor.id, json: object.json, last_modified: cursor.last_modified });
    }
    start += part.length;
    const last = part.at(-1);
    // Also what is not shared any more has been read.
    if (bytes >= restBytes && start < entries.length && last !== undefined)
      return { entries: found, next: last, bytes };
    const fitting = Math.ceil((maxBytes - jsonBytes) / (jsonBytes / start));
    size = Math.min(Math.max(fitting, MIN_SHARED_ENTRIES_PER_READ), MAX_SHARED_ENTRIES_PER_READ);
  }
  return { entries: found, bytes };
};

/** Runs hooks for each entry. */
const createSeenPageReader =
  (readPage: PageReader, read: ReadAsUser): PageReader =>
  async (after, limit) => {
    const page = await readPage(after, Math.min(limit, HOOKED_ENTRIES_PER_READ));
    const entries: ListEntry[] = [];
    for (const entry of page.entries) {
      const visible = await readUnlessRefused(read, entry.id, entry);
      if (visible !== undefined) entries.push(visible);
    }
    return { ...page, entries };
  };
