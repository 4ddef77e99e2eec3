import { isObject, type JsonObject, parseJson } from "../../lib/json.ts";
import type { Counter } from "../ports/state.ts";
import type {
  Acl,
  Change,
  ClockUpdate,
  Commit,
  HeadSnapshot,
  ListClock,
  Membership,
  ObjectHead,
  OutboxEntry,
  PluginCounterUpdate,
  Snapshot,
  StoredObject,
} from "../ports/store.ts";
import {
  ancestors,
  type Generation,
  type ListRef,
  listRef,
  newGeneration,
  type ObjectRef,
  ROOT_GENERATION,
} from "../resources.ts";
import { applyCounterChange, mergeCounterUpdates } from "./counter-updates.ts";
import { createIdGenerators, type NextId } from "./generated-ids.ts";

interface ObjectDraft {
  readonly data: JsonObject;
  readonly acl: Acl;
  readonly changedBy: string;
  /** The object's `last_modified` in ms; default: the list's next timestamp. */
  readonly lastModified?: number | undefined;
  /** Whether it has exactly this `lastModified`, also if the list's timestamp is there already. */
  readonly isExact?: boolean;
}

/** Objects may be known by their heads only. */
type ViewSnapshot = Snapshot & Partial<Pick<HeadSnapshot, "heads">>;

export interface ViewOptions {
  /** Returns the newest known timestamp of a list, in ms; 0 when unknown. */
  readonly minTimestamp?: (list: string) => number;
  readonly nextId?: NextId;
}

/** A snapshot of the store with a request's pending changes applied. */
export class View {
  readonly #snapshot: ViewSnapshot;
  /** The clock when the attempt began, in epoch ms: lists get no earlier timestamp. */
  readonly now: number;
  readonly #minTimestamp: (list: string) => number;
  /** Returns the next id that is generated for a kind of thing, the same in each attempt of a transaction. */
  readonly nextId: NextId;
  readonly #changes = new Map<string, Change>();
  readonly #clocks = new Map<string, ClockUpdate>();
  readonly #unchangedLists = new Set<string>();
  readonly #counters = new Map<string, PluginCounterUpdate>();
  #outbox: readonly OutboxEntry[] = [];

  constructor(
    snapshot: ViewSnapshot,
    now: number,
    { minTimestamp = () => 0, nextId = createIdGenerators()() }: ViewOptions = {},
  ) {
    this.#snapshot = snapshot;
    this.now = now;
    this.#minTimestamp = minTimestamp;
    this.nextId = nextId;
  }

  /** Applies pending changes of groups to a member's memberships. @param isIncluded selects further groups by URI */
  applyGroupChanges(
    member: string,
    stored: readonly Membership[],
    isIncluded: (group: string) => boolean,
  ): readonly Membership[] {
    const changedGroups = this.changes.filter(({ ref }) => ref.resourceName === "group");
    if (changedGroups.length === 0) return stored;
    return [
      ...stored.filter(({ group }) => !this.#changes.has(group)),
      ...changedGroups.flatMap(({ ref, after }) =>
        isIncluded(ref.uri) && groupMembers(after).includes(member)
          ? [{ group: ref.uri, parentGeneration: after.parentGeneration, unverified: false }]
          : [],
      ),
    ];
  }

  /** Returns all principals in the permissions of the objects in the view. */
  namedPrincipals(): readonly string[] {
    const { objects, parents, heads } = this.#snapshot;
    const all = [
      ...objects.values(),
      ...parents.values(),
      ...(heads?.values() ?? []),
      ...this.changes.map(({ after }) => after),
    ];
    return all.flatMap(({ acl }) => Object.values(acl).flat());
  }

  /** Whether an object has pending changes. */
  isChanged({ uri }: ObjectRef): boolean {
    return this.#changes.has(uri);
  }

  /** Returns an object, or `undefined` when it is missing, deleted or of an ended generation. */
  object(ref: ObjectRef): StoredObject | undefined {
    return this.ifCurrent(ref, this.stored(ref) ?? this.#snapshot.parents.get(ref.uri));
  }

  /** Returns an object or tombstone of any generation, if it was read from its list. */
  stored({ uri }: ObjectRef): StoredObject | undefined {
    return this.#changes.get(uri)?.after ?? this.#snapshot.objects.get(uri);
  }

  /** Like {@link object}, also for objects of which only the head was read. */
  head(ref: ObjectRef): ObjectHead | undefined {
    const { parents, heads } = this.#snapshot;
    return this.ifCurrent(ref, this.stored(ref) ?? parents.get(ref.uri) ?? heads?.get(ref.uri));
  }

  /** Returns what is stored at an address unless it is deleted or of an ended generation. */
  ifCurrent<Stored extends ObjectHead>(ref: ObjectRef, stored: Stored | undefined): Stored | undefined {
    return stored !== undefined && !stored.deleted && stored.parentGeneration === this.parentGeneration(ref.list)
      ? stored
      : undefined;
  }

  /** Returns the generation of a list's parent, or `undefined` when the parent does not exist. */
  parentGeneration({ parent }: ListRef): Generation | undefined {
    if (parent === null) return ROOT_GENERATION;
    const object = this.head(parent);
    return object && generationOf(object);
  }

  /** Returns a list's clock, or `undefined` when it has none in its parent's current generation. */
  clock(list: ListRef): ListClock | undefined {
    const clock = this.#latestClock(list);
    return clock !== undefined && clock.parentGeneration === this.parentGeneration(list) ? clock : undefined;
  }

  /** Like {@link clock}, without pending changes: what the store has committed. */
  committedClock(list: ListRef): ListClock | undefined {
    const clock = this.#snapshot.clocks.get(list.uri);
    return clock !== undefined && clock.parentGeneration === this.parentGeneration(list) ? clock : undefined;
  }

  /** All pending changes. */
  get changes(): readonly Change[] {
    return [...this.#changes.values()];
  }

  /** Returns the pending changes of a list's objects. */
  changesIn({ uri }: ListRef): readonly Change[] {
    return this.changes.filter(({ ref }) => ref.list.uri === uri);
  }

  /** Whether the list has pending changes or gets its first timestamp. */
  isDirty({ uri }: ListRef): boolean {
    return this.#clocks.has(uri);
  }

  /** Creates a savepoint. Call the result to discard all later changes. */
  savepoint(): () => void {
    const [changes, clocks, lists] = [new Map(this.#changes), new Map(this.#clocks), new Set(this.#unchangedLists)];
    const [outbox, counters] = [this.#outbox, new Map(this.#counters)];
    return () => {
      this.#outbox = outbox;
      resetMap(this.#counters, counters);
      resetMap(this.#changes, changes);
      resetMap(this.#clocks, clocks);
      this.#unchangedLists.clear();
      for (const uri of lists) this.#unchangedLists.add(uri);
    };
  }

  /** Makes the commit fail when the list has changed since it was read. */
  requireUnchanged(list: ListRef): void {
    this.#unchangedLists.add(list.uri);
  }

  /** Returns the list's clock, and gives the list a timestamp if it has none. */
  ensureTimestamp(list: ListRef): ListClock {
    return this.clock(list) ?? this.#advanceClock(list, 0);
  }

  /**
   * Stores an object at the list's next timestamp. The parent must exist.
   * A `lastModified` in the list's past is kept for the object, while the list's own timestamp advances.
   */
  put(ref: ObjectRef, { data, acl, changedBy, lastModified, isExact = false }: ObjectDraft): StoredObject {
    const existing = this.object(ref);
    const next = this.#nextTimestamps(ref, existing === undefined ? 1 : 0, lastModified);
    const { revision } = next;
    const last_modified = isExact && lastModified !== undefined ? lastModified : next.last_modified;
    // An existing object keeps its generation when plugins add or remove child resources.
    const ownGeneration =
      existing === undefined
        ? ref.list.resource.children.length > 0
          ? this.nextId("generation", newGeneration)
          : undefined
        : existing.ownGeneration;
    const after = this.#change(ref, {
      json: JSON.stringify({ ...data, id: ref.id, last_modified }),
      last_modified,
      revision,
      deleted: false,
      acl,
      changedBy,
      parentGeneration: this.parentGeneration(ref.list) as Generation,
      ...(ownGeneration !== undefined && { ownGeneration }),
    });
    if (existing === undefined) for (const list of childLists(ref)) this.#startList(list);
    return after;
  }

  /**
   * Stores an object, or a tombstone if there is no `data`, as it is in another store: with exactly this `lastModified`. The
   * parent must exist. The list's own timestamp advances.
   */
  putCopy(
    ref: ObjectRef,
    {
      data,
      acl,
      changedBy,
      lastModified,
    }: Omit<ObjectDraft, "data"> & {
      readonly data: JsonObject | undefined;
      readonly lastModified: number;
    },
  ): StoredObject {
    if (data !== undefined) return this.put(ref, { data, acl, changedBy, lastModified, isExact: true });
    const json = JSON.stringify({ id: ref.id, last_modified: lastModified, deleted: true });
    const added = this.object(ref) === undefined ? 0 : -1;
    const { revision } = this.#nextTimestamps(ref, added, lastModified);
    const parentGeneration = this.parentGeneration(ref.list) as Generation;
    const last_modified = lastModified;
    return this.#change(ref, { json, last_modified, revision, deleted: true, acl: {}, changedBy, parentGeneration });
  }

  /** Replaces an object with a tombstone. Its children end with it. @param lastModified as for {@link put} */
  delete(ref: ObjectRef, changedBy: string, lastModified?: number): StoredObject {
    const { last_modified, revision } = this.#nextTimestamps(ref, -1, lastModified);
    return this.#change(ref, {
      json: JSON.stringify({ id: ref.id, last_modified, deleted: true }),
      last_modified,
      revision,
      deleted: true,
      acl: {},
      changedBy,
      parentGeneration: this.parentGeneration(ref.list) as Generation,
    });
  }

  /**
   * Changes the `last_modified` of an object or tombstone that the view has read. Nothing else of it changes, and its
   * list's own timestamp advances.
   */
  setLastModified(ref: ObjectRef, lastModified: number): void {
    const stored = this.stored(ref);
    if (stored === undefined || stored.parentGeneration !== this.parentGeneration(ref.list)) return;
    const { provenance: _, ...kept } = stored;
    const { revision } = this.#nextTimestamps(ref, 0, lastModified);
    const json = JSON.stringify({ ...parseData(stored), last_modified: lastModified });
    this.#change(ref, { ...kept, json, last_modified: lastModified, revision });
  }

  /** Sets a list's timestamp back to a time in ms. The commit fails when the list has changed since it was read. */
  setBack(list: ListRef, timestamp: number): void {
    const clock = this.clock(list);
    if (clock === undefined) return;
    this.requireUnchanged(list);
    this.#setClock(list, { ...clock, timestamp });
  }

  /** Creates a job or sends a message if the pending changes are committed. */
  addToOutbox(entry: OutboxEntry): void {
    this.#outbox = [...this.#outbox, entry];
  }

  /** Changes a plugin's counter if the pending changes are committed and its conditions hold. */
  addToCounter(update: PluginCounterUpdate): void {
    const key = counterKey(update);
    this.#counters.set(key, mergeCounterUpdates(this.#counters.get(key), update));
  }

  /** Whether a plugin's counter has a pending change. */
  hasCounter(address: CounterAddress): boolean {
    return this.#counters.has(counterKey(address));
  }

  /** Returns a plugin's counter as it will be after the pending change. */
  applyCounterChange(address: CounterAddress, stored: Counter | undefined): Counter {
    return applyCounterChange(stored, this.#counters.get(counterKey(address)) ?? {});
  }

  /** Returns the pending changes as a commit, or `undefined` when there are none. */
  buildCommit(): Commit | undefined {
    if (this.#clocks.size === 0 && this.#outbox.length === 0 && this.#counters.size === 0) return undefined;
    const clocks = [...this.#clocks.values()].map((update) => ({
      ...update,
      requireUnchanged: this.#unchangedLists.has(update.list.uri),
    }));
    return {
      changes: this.changes,
      clocks,
      outbox: this.#outbox,
      ...(this.#counters.size > 0 && { counters: [...this.#counters.values()] }),
    };
  }

  #change(ref: ObjectRef, after: StoredObject): StoredObject {
    this.#changes.set(ref.uri, { ref, before: this.#snapshot.objects.get(ref.uri), after });
    return after;
  }

  /** Revisions of an object rise also after its list's timestamp was set back. */
  #nextTimestamps(
    ref: ObjectRef,
    added: number,
    lastModified: number | undefined,
  ): { last_modified: number; revision: number } {
    const { timestamp } = this.#advanceClock(ref.list, added, lastModified);
    const isCurrent = lastModified === undefined || lastModified === timestamp - 1;
    const revision = Math.max(timestamp, (this.stored(ref)?.revision ?? 0) + 1);
    return { last_modified: isCurrent ? timestamp : lastModified, revision };
  }

  /**
   * Advances a list's clock to the current time, or by 1 ms if its timestamp is not in the past. Timestamps rise
   * strictly, also across generations of the parent. A `lastModified` in the future advances the clock to that time.
   */
  #advanceClock(list: ListRef, added: number, lastModified?: number): ListClock {
    const next = Math.max(this.#latestClock(list)?.timestamp ?? 0, this.#minTimestamp(list.uri)) + 1;
    return this.#setClock(list, {
      parentGeneration: this.parentGeneration(list) as Generation,
      timestamp: Math.max(lastModified ?? this.now, next),
      count: (this.clock(list)?.count ?? 0) + added,
      untouched: false,
    });
  }

  /**
   * Starts a child list of a new object. An untouched list of an ended generation was empty too: its timestamp stays.
   */
  #startList(list: ListRef): void {
    const latest = this.#latestClock(list);
    const { timestamp } = latest?.untouched === true ? latest : this.#advanceClock(list, 0);
    const parentGeneration = this.parentGeneration(list) as Generation;
    this.#setClock(list, { parentGeneration, timestamp, count: 0, untouched: true });
  }

  /** The list's clock of any generation. */
  #latestClock({ uri }: ListRef): ListClock | undefined {
    return this.#clocks.get(uri)?.after ?? this.#snapshot.clocks.get(uri);
  }

  #setClock(list: ListRef, after: ListClock): ListClock {
    const before = this.#snapshot.clocks.get(list.uri);
    this.#clocks.set(list.uri, { list, before, after, requireUnchanged: false });
    return after;
  }
}

/**
 * The child lists that start with an object: collections and records. Those of groups and plugins start at their first
 * use, so that 25 buckets with their parent items fit into one transaction.
 */
const childLists = (parent: ObjectRef): readonly ListRef[] =>
  parent.list.resource.children.flatMap((resource) =>
    resource.name === "collection" || resource.name === "record" ? [listRef(resource, parent)] : [],
  );

type CounterAddress = Pick<PluginCounterUpdate, "plugin" | "list" | "key">;

const counterKey = ({ plugin, list, key }: CounterAddress): string => JSON.stringify([plugin, list, key]);

const resetMap = <T>(map: Map<string, T>, content: ReadonlyMap<string, T>): void => {
  map.clear();
  for (const [key, value] of content) map.set(key, value);
};

/** Returns the user ids in a group. */
export const groupMembers = (group: StoredObject): string[] => {
  const { members } = group.deleted ? {} : parseData(group);
  return Array.isArray(members) ? members.filter((member) => typeof member === "string") : [];
};

/**
 * Returns the generation that an object's children carry. An object that was stored before a plugin added child
 * resources has none of its own: its children carry that of its parent.
 */
export const generationOf = (stored: Pick<StoredObject, "ownGeneration" | "parentGeneration">): Generation =>
  stored.ownGeneration ?? stored.parentGeneration;

/** Returns the objects that must exist for a list to exist. */
export const parentsOf = ({ parent }: ListRef): readonly ObjectRef[] =>
  parent === null ? [] : [parent, ...ancestors(parent)];

/** Returns what must be read to use an object: the object and its parents. */
export const readsOf = (ref: ObjectRef) => ({ objects: [ref], parents: ancestors(ref), clocks: [] });

/** Returns what must be read to change an object: also its list's clock and the clocks of its child lists. */
export const readsForWrite = (ref: ObjectRef) => ({
  ...readsOf(ref),
  clocks: [ref.list, ...childLists(ref)],
});

/** Parses an object's `data`. */
export const parseData = ({ json }: Pick<StoredObject, "json">): JsonObject => {
  const data = parseJson(json);
  if (!isObject(data)) throw new TypeError("A stored object is not a JSON object");
  return data;
};
