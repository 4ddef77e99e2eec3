import {
  type ChangesPage,
  type ChangesQuery,
  type GrantPage,
  type GrantQuery,
  grantPosition,
  type ListClock,
  type ListCount,
  type Membership,
  type MembershipPage,
  type ObjectHead,
  type ObjectsRequest,
  type Page,
  type PageCursor,
  type PageQuery,
  type ReadRequest,
  type Snapshot,
  type Store,
  type StoredObject,
  type WalkQuery,
} from "../ports/store.ts";
import { type Generation, type ListRef, type ObjectRef, objectRef } from "../resources.ts";
import { View, type ViewOptions } from "./view.ts";

/** Maximum number of memberships that a session looks up one by one. */
const MAX_LOOKUPS = 5000;

/** Everything that a session has read from the store. Each item is read at most once. */
export class SnapshotCache {
  readonly objects = new Map<string, StoredObject>();
  readonly parents = new Map<string, StoredObject>();
  readonly clocks = new Map<string, ListClock>();
  readonly memberships = new Map<string, MembershipPage>();
  readonly heads = new Map<string, ObjectHead>();
  /** Memberships that were looked up, by user id and group; `undefined` when there is none. */
  readonly foundMemberships = new Map<string, Map<string, Membership | undefined>>();
  readonly #requestedHeads = new Set<string>();
  readonly #requestedObjects = new Map<string, ObjectRef>();
  readonly #requestedParents = new Map<string, ObjectRef>();
  readonly #requestedClocks = new Map<string, ListRef>();
  readonly #requestedMembers = new Set<string>();

  /** All items requested so far. */
  get requested(): ReadRequest {
    return {
      objects: [...this.#requestedObjects.values()],
      parents: [...this.#requestedParents.values()],
      clocks: [...this.#requestedClocks.values()],
      members: [...this.#requestedMembers],
    };
  }

  /** Marks items as requested. Returns those that must be read, or `undefined` when none are missing. */
  addMissing({ objects, parents = [], clocks, members = [] }: ReadRequest): ReadRequest | undefined {
    const missing = {
      objects: addNew(this.#requestedObjects, objects),
      parents: addNew(
        this.#requestedParents,
        parents.filter(({ uri }) => !this.#requestedObjects.has(uri)),
      ),
      clocks: addNew(this.#requestedClocks, clocks),
      members: [...new Set(members)].filter((user) => !this.#requestedMembers.has(user)),
    };
    for (const user of missing.members) this.#requestedMembers.add(user);
    const count = missing.objects.length + missing.parents.length + missing.clocks.length + missing.members.length;
    return count === 0 ? undefined : missing;
  }

  /**
   * Marks heads as requested. Returns the objects of which neither the head nor the whole object was requested, or
   * `undefined` when none are missing.
   */
  addMissingHeads({ objects, parents = [] }: ObjectsRequest): ObjectsRequest | undefined {
    const addNewHeads = (refs: readonly ObjectRef[]) =>
      refs.filter(({ uri }) => {
        const isMissing = ![this.#requestedHeads, this.#requestedObjects, this.#requestedParents].some((requested) =>
          requested.has(uri),
        );
        if (isMissing) this.#requestedHeads.add(uri);
        return isMissing;
      });
    const missing = { objects: addNewHeads(objects), parents: addNewHeads(parents) };
    return missing.objects.length + missing.parents.length === 0 ? undefined : missing;
  }

  forgetHeads(): void {
    this.heads.clear();
    this.#requestedHeads.clear();
    this.foundMemberships.clear();
  }

  add({ objects, parents, clocks, memberships }: Snapshot): void {
    for (const [uri, object] of objects) this.objects.set(uri, object);
    for (const [uri, parent] of parents) this.parents.set(uri, parent);
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

  constructor(store: Store, cache: SnapshotCache, now: number, options?: ViewOptions) {
    this.view = new View(cache, now, options);
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

  /** Reads the committed clocks of lists again, without keeping them. */
  async readClocks(lists: readonly ListRef[]): Promise<ReadonlyMap<string, ListClock>> {
    return (await this.#store.read({ objects: [], clocks: lists })).clocks;
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
      bytes: stored.bytes,
      ...(!isLastPage && last !== undefined && { next: { last_modified: last.last_modified, id: last.id } }),
    };
  }

  /** Reads a page of what changed in a list, without pending changes. */
  readChanges(list: ListRef, query: ChangesQuery): Promise<ChangesPage> {
    return this.#store.readChanges(list, query);
  }

  /** Reads a list's clock anew. The view keeps the one that it has. */
  async readNewClock(list: ListRef): Promise<ListClock | undefined> {
    return (await this.#store.read({ objects: [], clocks: [list] })).clocks.get(list.uri);
  }

  /** Counts a list's objects, including pending changes. */
  async count(list: ListRef, query: Omit<PageQuery, "limit" | "after" | "tombstones">): Promise<ListCount> {
    const bounds = { ...query, tombstones: false };
    const stored = await this.#store.count(list, bounds);
    const counts = (object: StoredObject | undefined) =>
      object !== undefined && isSelected({ ...object, id: "" }, bounds);
    const count = this.view
      .changesIn(list)
      .reduce((sum, { before, after }) => sum + Number(counts(after)) - Number(counts(before)), stored.count);
    return { ...stored, count };
  }

  /** Counts a list's tombstones, without pending changes. */
  async countTombstones(list: ListRef, parentGeneration: Generation): Promise<number> {
    return (await this.#store.count(list, { parentGeneration, tombstones: "only" })).count;
  }

  /** Reads the heads of objects that the view lacks. Returns the size of the whole objects in bytes. */
  async readHeads(request: ObjectsRequest): Promise<number> {
    const missing = this.#cache.addMissingHeads(request);
    if (missing === undefined) return 0;
    const { heads, bytes } = await this.#store.readHeads(missing);
    for (const [uri, head] of heads) this.#cache.heads.set(uri, head);
    return bytes;
  }

  /** Forgets all heads, so that a request that reads many of them in parts does not keep all. */
  forgetHeads(): void {
    this.#cache.forgetHeads();
  }

  /**
   * Reads objects, including pending changes, without keeping them. Leaves out those that do not exist. `bytes` is the size
   * of what the table has read.
   */
  async readOnce(
    refs: readonly ObjectRef[],
  ): Promise<{ objects: readonly (readonly [ObjectRef, StoredObject])[]; bytes: number }> {
    const { objects: stored, bytes } = await this.#store.read({ objects: refs, clocks: [] });
    const objects = refs.flatMap((ref) => {
      const object = this.view.isChanged(ref) ? this.view.object(ref) : this.view.ifCurrent(ref, stored.get(ref.uri));
      return object === undefined ? [] : [[ref, object] as const];
    });
    return { objects, bytes };
  }

  /** Reads the heads of a part of a list in the order of ids, including pending changes. */
  async walkHeads(
    list: ListRef,
    query: WalkQuery,
  ): Promise<{ refs: readonly ObjectRef[]; bytes: number; next?: string }> {
    const { heads, bytes, next } = await this.#store.walkHeads(list, query);
    const refs = heads.map(([id]) => objectRef(list, id)).filter((ref) => !this.view.isChanged(ref));
    for (const [id, head] of heads) this.#cache.heads.set(objectRef(list, id).uri, head);
    const pending = this.view
      .changesIn(list)
      .flatMap(({ ref, after }) => (after.deleted ? [] : [ref]))
      .filter(({ id }) => id > (query.after ?? "") && (next === undefined || id <= next));
    return { refs: [...refs, ...pending], bytes, ...(next !== undefined && { next }) };
  }

  /** Reads a page of a member's groups in the order of their URIs, including pending changes. */
  async readMemberships(member: string, after: string | undefined): Promise<MembershipPage> {
    if (after === undefined) await this.read({ objects: [], clocks: [], members: [member] });
    const page =
      after === undefined
        ? (this.#cache.memberships.get(member) ?? { groups: [] })
        : await this.#store.readMemberships(member, after);
    const { next } = page;
    const isInPage = (group: string) => group > (after ?? "") && (next === undefined || group <= next);
    return { ...page, groups: this.view.applyGroupChanges(member, page.groups, isInPage) };
  }

  /** Reads a member's memberships in some groups, including pending changes. */
  async findMemberships(member: string, groups: ReadonlySet<string>): Promise<readonly Membership[]> {
    const { groups: first, next } = await this.readMemberships(member, undefined);
    const further = next === undefined ? [] : [...groups].filter((group) => group > next);
    const known = this.#cache.foundMemberships.get(member) ?? new Map<string, Membership | undefined>();
    this.#cache.foundMemberships.set(member, known);
    const missing = further.filter((group) => !known.has(group)).slice(0, Math.max(MAX_LOOKUPS - known.size, 0));
    const found = missing.length === 0 ? [] : await this.#store.findMemberships(member, missing);
    for (const group of missing) known.set(group, undefined);
    for (const membership of found) known.set(membership.group, membership);
    const stored = further.flatMap((group) => known.get(group) ?? []);
    return [
      ...first.filter(({ group }) => groups.has(group)),
      ...this.view.applyGroupChanges(member, stored, (group) => next !== undefined && group > next),
    ];
  }

  /** Returns addresses of objects whose own permissions may name one of the principals, including pending changes. */
  async findGrants(principals: readonly string[], query: GrantQuery): Promise<GrantPage> {
    const { list, after } = query;
    const { grants, next } = await this.#store.findGrants(principals, query);
    const changes = list === undefined ? this.view.changes : this.view.changesIn(list);
    const pending = changes
      .map(({ ref }) => ({ list: ref.list.uri, id: ref.id }))
      .filter((address) => {
        const position = grantPosition(address);
        return (after === undefined || position < after) && (next === undefined || position >= next);
      });
    const all = new Map([...grants, ...pending].map((address) => [grantPosition(address), address]));
    return {
      grants: [...all].sort(([a], [b]) => (a < b ? 1 : -1)).map(([, address]) => address),
      ...(next !== undefined && { next }),
    };
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
