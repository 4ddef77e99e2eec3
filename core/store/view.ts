import { isObject, type JsonObject } from "../../lib/json.ts";
import type {
  Acl,
  Change,
  ClockUpdate,
  Commit,
  ListClock,
  Membership,
  Snapshot,
  StoredObject,
} from "../ports/store.ts";
import {
  ancestors,
  type Generation,
  isCore,
  type ListRef,
  listRef,
  newGeneration,
  type ObjectRef,
  ROOT_GENERATION,
} from "../resources.ts";

interface ObjectDraft {
  readonly data: JsonObject;
  readonly acl: Acl;
  readonly changedBy: string;
  /** The object's `last_modified` in ms; default: the list's next timestamp. */
  readonly lastModified?: number | undefined;
}

/** A snapshot of the store with a request's pending changes applied. */
export class View {
  readonly #snapshot: Snapshot;
  readonly #now: number;
  readonly #minTimestamp: (list: string) => number;
  readonly #changes = new Map<string, Change>();
  readonly #clocks = new Map<string, ClockUpdate>();
  readonly #unchangedLists = new Set<string>();

  /** @param minTimestamp returns the newest known timestamp of a list, in ms; 0 when unknown */
  constructor(snapshot: Snapshot, now: number, minTimestamp: (list: string) => number = () => 0) {
    this.#snapshot = snapshot;
    this.#now = now;
    this.#minTimestamp = minTimestamp;
  }

  /** Returns a user's group memberships. */
  memberships(user: string): readonly Membership[] {
    const stored = this.#snapshot.memberships.get(user) ?? [];
    const changedGroups = this.changes.filter(({ ref }) => ref.resourceName === "group");
    if (changedGroups.length === 0) return stored;
    return [
      ...stored.filter(({ group }) => !this.#changes.has(group)),
      ...changedGroups.flatMap(({ ref, after }) =>
        groupMembers(after).includes(user)
          ? [{ group: ref.uri, parentGeneration: after.parentGeneration, unverified: false }]
          : [],
      ),
    ];
  }

  /** Returns all principals in the permissions of the objects in the view. */
  namedPrincipals(): readonly string[] {
    const objects = [...this.#snapshot.objects.values(), ...this.changes.map(({ after }) => after)];
    return objects.flatMap(({ acl }) => Object.values(acl).flat());
  }

  /** Returns an object, or `undefined` when it is missing, deleted or of an ended generation. */
  object(ref: ObjectRef): StoredObject | undefined {
    const stored = this.#changes.get(ref.uri)?.after ?? this.#snapshot.objects.get(ref.uri);
    return stored !== undefined && !stored.deleted && stored.parentGeneration === this.parentGeneration(ref.list)
      ? stored
      : undefined;
  }

  /** Returns the generation of a list's parent, or `undefined` when the parent does not exist. */
  parentGeneration({ parent }: ListRef): Generation | undefined {
    if (parent === null) return ROOT_GENERATION;
    const object = this.object(parent);
    return object && generationOf(object);
  }

  /** Returns a list's clock, or `undefined` when it has none in its parent's current generation. */
  clock(list: ListRef): ListClock | undefined {
    const clock = this.#latestClock(list);
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
    return () => {
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
  put(ref: ObjectRef, { data, acl, changedBy, lastModified }: ObjectDraft): StoredObject {
    const existing = this.object(ref);
    const { last_modified, revision } = this.#nextTimestamps(ref.list, existing === undefined ? 1 : 0, lastModified);
    // An existing object keeps its generation when plugins add or remove child resources.
    const ownGeneration =
      existing === undefined
        ? ref.list.resource.children.length > 0
          ? newGeneration()
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

  /** Replaces an object with a tombstone. Its children end with it. @param lastModified as for {@link put} */
  delete(ref: ObjectRef, changedBy: string, lastModified?: number): StoredObject {
    const { last_modified, revision } = this.#nextTimestamps(ref.list, -1, lastModified);
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

  /** Returns the pending changes as a commit, or `undefined` when there are none. */
  buildCommit(): Commit | undefined {
    if (this.#clocks.size === 0) return undefined;
    const clocks = [...this.#clocks.values()].map((update) => ({
      ...update,
      requireUnchanged: this.#unchangedLists.has(update.list.uri),
    }));
    return { changes: this.changes, clocks };
  }

  #change(ref: ObjectRef, after: StoredObject): StoredObject {
    this.#changes.set(ref.uri, { ref, before: this.#snapshot.objects.get(ref.uri), after });
    return after;
  }

  #nextTimestamps(
    list: ListRef,
    added: number,
    lastModified: number | undefined,
  ): { last_modified: number; revision: number } {
    const { timestamp } = this.#advanceClock(list, added, lastModified);
    const isCurrent = lastModified === undefined || lastModified === timestamp - 1;
    return { last_modified: isCurrent ? timestamp : lastModified, revision: timestamp };
  }

  /**
   * Advances a list's clock to the current time, or by 1 ms if its timestamp is not in the past. Timestamps rise
   * strictly, also across generations of the parent. A `lastModified` in the future advances the clock to that time.
   */
  #advanceClock(list: ListRef, added: number, lastModified?: number): ListClock {
    const next = Math.max(this.#latestClock(list)?.timestamp ?? 0, this.#minTimestamp(list.uri)) + 1;
    return this.#setClock(list, {
      parentGeneration: this.parentGeneration(list) as Generation,
      timestamp: Math.max(lastModified ?? this.#now, next),
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
 * The child lists that start with an object. Lists of plugins start at their first use, which saves items per
 * transaction.
 */
const childLists = (parent: ObjectRef): readonly ListRef[] =>
  parent.list.resource.children.flatMap((resource) => (isCore(resource.name) ? [listRef(resource, parent)] : []));

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

/** Returns what must be read to change an object: its parents, its list's clock and the clocks of its child lists. */
export const readsForWrite = (ref: ObjectRef) => ({
  objects: [ref, ...ancestors(ref)],
  clocks: [ref.list, ...childLists(ref)],
});

/** Parses an object's `data`. */
export const parseData = ({ json }: Pick<StoredObject, "json">): JsonObject => {
  const data: unknown = JSON.parse(json);
  if (!isObject(data)) throw new TypeError("A stored object is not a JSON object");
  return data;
};
