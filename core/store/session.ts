import type {
  ListClock,
  Membership,
  Page,
  PageCursor,
  PageQuery,
  ReadRequest,
  Snapshot,
  Store,
  StoredObject,
} from "../ports/store.ts";
import type { ListRef, ObjectRef } from "../resources.ts";
import { View } from "./view.ts";

/** Everything that a session has read from the store. Each item is read at most once. */
export class SnapshotCache {
  readonly objects = new Map<string, StoredObject>();
  readonly clocks = new Map<string, ListClock>();
  readonly memberships = new Map<string, readonly Membership[]>();
  readonly #requestedObjects = new Map<string, ObjectRef>();
  readonly #requestedClocks = new Map<string, ListRef>();
  readonly #requestedMembers = new Set<string>();

  /** All items requested so far. */
  get requested(): ReadRequest {
    return {
      objects: [...this.#requestedObjects.values()],
      clocks: [...this.#requestedClocks.values()],
      members: [...this.#requestedMembers],
    };
  }

  /** Marks items as requested. Returns those that must be read, or `undefined` when none are missing. */
  addMissing({ objects, clocks, members = [] }: ReadRequest): ReadRequest | undefined {
    const missing = {
      objects: addNew(this.#requestedObjects, objects),
      clocks: addNew(this.#requestedClocks, clocks),
      members: [...new Set(members)].filter((user) => !this.#requestedMembers.has(user)),
    };
    for (const user of missing.members) this.#requestedMembers.add(user);
    return missing.objects.length + missing.clocks.length + missing.members.length === 0 ? undefined : missing;
  }

  add({ objects, clocks, memberships }: Snapshot): void {
    for (const [uri, object] of objects) this.objects.set(uri, object);
    for (const [uri, clock] of clocks) this.clocks.set(uri, clock);
    for (const [user, groups] of memberships) this.memberships.set(user, groups);
  }
}

/** Adds and returns the items that the map does not have. */
const addNew = <T extends { readonly uri: string }>(map: Map<string, T>, items: readonly T[]): T[] =>
  items.filter((item) => !map.has(item.uri) && map.set(item.uri, item));

/** The reads and pending changes of a request or batch. */
export class Session {
  readonly view: View;
  readonly now: number;
  readonly #store: Store;
  readonly #cache: SnapshotCache;

  constructor(store: Store, cache: SnapshotCache, now: number, minTimestamp?: (list: string) => number) {
    this.view = new View(cache, now, minTimestamp);
    this.now = now;
    this.#store = store;
    this.#cache = cache;
  }

  /** Returns the view after reading what it lacks, in at most one round of calls. */
  async read(request: ReadRequest): Promise<View> {
    const missing = this.#cache.addMissing(request);
    if (missing !== undefined) this.#cache.add(await this.#store.read(missing));
    return this.view;
  }

  /** Reads a page of a list, including pending changes. */
  async readPage(list: ListRef, query: PageQuery): Promise<Page> {
    const changes = this.view.changesIn(list);
    if (changes.length === 0) return this.#store.readPage(list, query);
    const changedIds = new Set(changes.map(({ ref }) => ref.id));
    const stored = await this.#store.readPage(list, { ...query, limit: query.limit + changes.length });
    const pending = changes.flatMap(({ ref: { id }, after }) =>
      isSelected({ ...after, id }, query) ? [{ ...after, id }] : [],
    );
    const { next } = stored;
    const entries = [
      ...stored.entries.filter(({ id }) => !changedIds.has(id)),
      ...pending.filter((entry) => next === undefined || !isBehind(entry, next)),
    ].sort(newestFirst);
    const page = entries.slice(0, query.limit);
    const last = page.at(-1);
    const isLastPage = next === undefined && entries.length === page.length;
    return {
      entries: page,
      ...(!isLastPage && last !== undefined && { next: { last_modified: last.last_modified, id: last.id } }),
    };
  }

  /** Counts a list's objects, including pending changes. */
  async count(list: ListRef, query: Omit<PageQuery, "limit" | "after" | "tombstones">): Promise<number> {
    const bounds = { ...query, tombstones: false };
    const stored = await this.#store.count(list, bounds);
    const counts = (object: StoredObject | undefined) =>
      object !== undefined && isSelected({ ...object, id: "" }, bounds);
    return this.view
      .changesIn(list)
      .reduce((sum, { before, after }) => sum + Number(counts(after)) - Number(counts(before)), stored);
  }

  /** Returns URIs of objects whose own permissions may name one of the principals. */
  async findGranted(principals: readonly string[]): Promise<readonly string[]> {
    const stored = await this.#store.findGranted(principals);
    return [...new Set([...stored, ...this.view.changes.map(({ ref }) => ref.uri)])];
  }

  /** Returns ids of a list's objects whose own permissions may name one of the principals. */
  async findShared(list: ListRef, principals: readonly string[]): Promise<readonly string[]> {
    const stored = await this.#store.findShared(list, principals);
    return [...new Set([...stored, ...this.view.changesIn(list).map(({ ref }) => ref.id)])];
  }
}

type SelectableEntry = PageCursor & Pick<StoredObject, "parentGeneration" | "deleted">;

const isSelected = (
  entry: SelectableEntry,
  { parentGeneration, since = -1, before = Number.POSITIVE_INFINITY, tombstones, after }: Omit<PageQuery, "limit">,
): boolean =>
  entry.parentGeneration === parentGeneration &&
  (tombstones || !entry.deleted) &&
  entry.last_modified > since &&
  entry.last_modified < before &&
  (after === undefined || isBehind(entry, after));

/** Whether an entry comes after a cursor in a list that is ordered newest first. */
export const isBehind = (entry: PageCursor, cursor: PageCursor): boolean => newestFirst(cursor, entry) < 0;

export const newestFirst = (a: PageCursor, b: PageCursor): number =>
  b.last_modified - a.last_modified || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
