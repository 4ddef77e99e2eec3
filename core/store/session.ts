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

/** What is known of the store: read once, however many ask for it. */
export class SnapshotCache {
  readonly objects = new Map<string, StoredObject>();
  readonly clocks = new Map<string, ListClock>();
  readonly memberships = new Map<string, readonly Membership[]>();
  readonly #objects = new Map<string, ObjectRef>();
  readonly #clocks = new Map<string, ListRef>();
  readonly #members = new Set<string>();

  /** Everything that was asked for so far. */
  get requested(): ReadRequest {
    return { objects: [...this.#objects.values()], clocks: [...this.#clocks.values()], members: [...this.#members] };
  }

  /** What of it is not known yet, noted as asked for; `undefined` when nothing is missing. */
  addMissing({ objects, clocks, members = [] }: ReadRequest): ReadRequest | undefined {
    const missing = {
      objects: added(this.#objects, objects),
      clocks: added(this.#clocks, clocks),
      members: [...new Set(members)].filter((user) => !this.#members.has(user)),
    };
    for (const user of missing.members) this.#members.add(user);
    return missing.objects.length + missing.clocks.length + missing.members.length === 0 ? undefined : missing;
  }

  add({ objects, clocks, memberships }: Snapshot): void {
    for (const [uri, object] of objects) this.objects.set(uri, object);
    for (const [uri, clock] of clocks) this.clocks.set(uri, clock);
    for (const [user, groups] of memberships) this.memberships.set(user, groups);
  }
}

/** Adds what is new, and tells it, each once. */
const added = <T extends { readonly uri: string }>(known: Map<string, T>, all: readonly T[]): T[] =>
  all.filter((one) => !known.has(one.uri) && known.set(one.uri, one));

/** One request's, or one batch's, way through the store: what it has read so far, and on it what it is about to change. */
export class Session {
  readonly view: View;
  readonly now: number;
  readonly #store: Store;
  readonly #known: SnapshotCache;

  constructor(store: Store, known: SnapshotCache, now: number, floor?: (list: string) => number) {
    this.view = new View(known, now, floor);
    this.now = now;
    this.#store = store;
    this.#known = known;
  }

  /** Sees to it that the view has what is wanted: in one round of calls, or in none. */
  async read(wanted: ReadRequest): Promise<View> {
    const missing = this.#known.addMissing(wanted);
    if (missing !== undefined) this.#known.add(await this.#store.read(missing));
    return this.view;
  }

  /** A page of a list as the view has it: what is about to be changed is in it. */
  async readPage(list: ListRef, query: PageQuery): Promise<Page> {
    const changes = this.view.changesIn(list);
    if (changes.length === 0) return this.#store.readPage(list, query);
    const changed = new Set(changes.map(({ ref }) => ref.id));
    const base = await this.#store.readPage(list, { ...query, limit: query.limit + changes.length });
    const own = changes.flatMap(({ ref: { id }, after }) =>
      isWithin({ ...after, id }, query) ? [{ ...after, id }] : [],
    );
    const { next } = base;
    const entries = [
      ...base.entries.filter(({ id }) => !changed.has(id)),
      ...own.filter((entry) => next === undefined || !isBehind(entry, next)),
    ].sort(newestFirst);
    const shown = entries.slice(0, query.limit);
    const last = shown.at(-1);
    const ended = next === undefined && entries.length === shown.length;
    return {
      entries: shown,
      ...(!ended && last !== undefined && { next: { last_modified: last.last_modified, id: last.id } }),
    };
  }

  /** How many objects a page without end would hold. */
  async count(list: ListRef, query: Omit<PageQuery, "limit" | "after" | "tombstones">): Promise<number> {
    const bounds = { ...query, tombstones: false };
    const stored = await this.#store.count(list, bounds);
    const counts = (object: StoredObject | undefined) =>
      object !== undefined && isWithin({ ...object, id: "" }, bounds);
    return this.view
      .changesIn(list)
      .reduce((sum, { before, after }) => sum + Number(counts(after)) - Number(counts(before)), stored);
  }

  /** URIs of objects whose own permissions may name one of the principals. */
  async findGranted(principals: readonly string[]): Promise<readonly string[]> {
    return [
      ...new Set([...(await this.#store.findGranted(principals)), ...this.view.changes.map(({ ref }) => ref.uri)]),
    ];
  }

  /** Ids in a list whose own permissions may name one of the principals. */
  async findShared(list: ListRef, principals: readonly string[]): Promise<readonly string[]> {
    const stored = await this.#store.findShared(list, principals);
    return [...new Set([...stored, ...this.view.changesIn(list).map(({ ref }) => ref.id)])];
  }
}

type Entry = PageCursor & Pick<StoredObject, "of" | "deleted">;

const isWithin = (
  entry: Entry,
  { parentGeneration: of, since = -1, before = Number.POSITIVE_INFINITY, tombstones, after }: Omit<PageQuery, "limit">,
): boolean =>
  entry.of === of &&
  (tombstones || !entry.deleted) &&
  entry.last_modified > since &&
  entry.last_modified < before &&
  (after === undefined || isBehind(entry, after));

/** Whether an entry comes after a place in a list that is ordered newest first. */
export const isBehind = (entry: PageCursor, place: PageCursor): boolean => newestFirst(place, entry) < 0;

export const newestFirst = (a: PageCursor, b: PageCursor): number =>
  b.last_modified - a.last_modified || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
