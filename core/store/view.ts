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

/** What a request sees: a snapshot of the store, and on it the changes it wants to make. */
export class View {
  readonly #snapshot: Snapshot;
  readonly #now: number;
  readonly #floor: (list: string) => number;
  readonly #changes = new Map<string, Change>();
  readonly #clocks = new Map<string, ClockUpdate>();
  readonly #exact = new Set<string>();

  /** @param floor the highest timestamp that this process knows a list to have given, in ms */
  constructor(snapshot: Snapshot, now: number, floor: (list: string) => number = () => 0) {
    this.#snapshot = snapshot;
    this.#now = now;
    this.#floor = floor;
  }

  /** The groups a user is in. */
  memberships(user: string): readonly Membership[] {
    const known = this.#snapshot.memberships.get(user) ?? [];
    const changed = this.changes.filter(({ ref }) => ref.resourceName === "group");
    if (changed.length === 0) return known;
    return [
      ...known.filter(({ group }) => !this.#changes.has(group)),
      ...changed.flatMap(({ ref, after }) =>
        groupMembers(after).includes(user) ? [{ group: ref.uri, of: after.parentGeneration, unproven: false }] : [],
      ),
    ];
  }

  /** Whom the objects that were read give some permission. */
  namedPrincipals(): readonly string[] {
    const seen = [...this.#snapshot.objects.values(), ...this.changes.map(({ after }) => after)];
    return seen.flatMap(({ acl }) => Object.values(acl).flat());
  }

  /** The living object at a place. */
  object(ref: ObjectRef): StoredObject | undefined {
    const stored = this.#stored(ref);
    return stored !== undefined && !stored.deleted && stored.parentGeneration === this.parentGeneration(ref.list)
      ? stored
      : undefined;
  }

  /** The life that the list's objects belong to; `undefined` when its parent does not exist. */
  parentGeneration({ parent }: ListRef): Generation | undefined {
    if (parent === null) return ROOT_GENERATION;
    const object = this.object(parent);
    return object && generationOf(object);
  }

  /** The list's clock in its parent's present life. */
  clock(list: ListRef): ListClock | undefined {
    const clock = this.#latest(list);
    return clock !== undefined && clock.parentGeneration === this.parentGeneration(list) ? clock : undefined;
  }

  get changes(): readonly Change[] {
    return [...this.#changes.values()];
  }

  /** The objects of a list that are to be changed. */
  changesIn({ uri }: ListRef): readonly Change[] {
    return this.changes.filter(({ ref }) => ref.list.uri === uri);
  }

  /** Whether the list is to be changed, or to get its first timestamp. */
  isDirty({ uri }: ListRef): boolean {
    return this.#clocks.has(uri);
  }

  /** Notes what is to be changed so far; calling the result gives up all that was added since. */
  savepoint(): () => void {
    const [changes, clocks, exact] = [new Map(this.#changes), new Map(this.#clocks), new Set(this.#exact)];
    return () => {
      refill(this.#changes, changes);
      refill(this.#clocks, clocks);
      this.#exact.clear();
      for (const uri of exact) this.#exact.add(uri);
    };
  }

  /** Makes the commit fail unless the list is as it was read. */
  requireUnchanged(list: ListRef): void {
    this.#exact.add(list.uri);
  }

  /** Gives the list a timestamp if it has none. */
  ensureTimestamp(list: ListRef): ListClock {
    return this.clock(list) ?? this.#move(list, 0);
  }

  /**
   * Stores an object, at the list's next timestamp, or at one that its writer gives (an import keeps its own). The parent must exist.
   * @param given ms; what is in the list's past stays there, though the list itself moves on
   */
  put(
    ref: ObjectRef,
    { data, acl, by, given }: { data: JsonObject; acl: Acl; by: string; given?: number | undefined },
  ): StoredObject {
    const seen = this.object(ref);
    const { last_modified, revision } = this.#time(ref.list, seen === undefined ? 1 : 0, given);
    // What is in an object stays in it, whatever plugins come and go: a life is neither taken away nor begun at a change.
    const own =
      seen === undefined ? (ref.list.resource.children.length > 0 ? newGeneration() : undefined) : seen.ownGeneration;
    const after = this.#change(ref, {
      json: JSON.stringify({ ...data, id: ref.id, last_modified }),
      last_modified,
      revision,
      deleted: false,
      acl,
      changedBy: by,
      parentGeneration: this.parentGeneration(ref.list) as Generation,
      ...(own !== undefined && { ownGeneration: own }),
    });
    if (seen === undefined) for (const list of childLists(ref)) this.#begin(list);
    return after;
  }

  /** Leaves a tombstone where an object was, at a time as {@link put}'s. Its children end with it. */
  delete(ref: ObjectRef, by: string, given?: number): StoredObject {
    const { last_modified, revision } = this.#time(ref.list, -1, given);
    return this.#change(ref, {
      json: JSON.stringify({ id: ref.id, last_modified, deleted: true }),
      last_modified,
      revision,
      deleted: true,
      acl: {},
      changedBy: by,
      parentGeneration: this.parentGeneration(ref.list) as Generation,
    });
  }

  /** What is to be committed; `undefined` when nothing was changed. */
  buildCommit(): Commit | undefined {
    if (this.#clocks.size === 0) return undefined;
    const clocks = [...this.#clocks.values()].map((move) => ({ ...move, exact: this.#exact.has(move.list.uri) }));
    return { changes: this.changes, clocks };
  }

  #stored(ref: ObjectRef): StoredObject | undefined {
    return this.#changes.get(ref.uri)?.after ?? this.#snapshot.objects.get(ref.uri);
  }

  #change(ref: ObjectRef, after: StoredObject): StoredObject {
    this.#changes.set(ref.uri, { ref, before: this.#snapshot.objects.get(ref.uri), after });
    return after;
  }

  /** When a change is made: at the list's next timestamp, or at the time given. */
  #time(list: ListRef, added: number, given: number | undefined): { last_modified: number; revision: number } {
    const { timestamp: last } = this.#move(list, added, given);
    return { last_modified: given === undefined || given === last - 1 ? last : given, revision: last };
  }

  /**
   * The list's next timestamp: now, or just after the last one (strictly rising, also over its parents' lives).
   * A time that was given leads the list into the future, or one step on.
   */
  #move(list: ListRef, added: number, given?: number): ListClock {
    const next = Math.max(this.#latest(list)?.timestamp ?? 0, this.#floor(list.uri)) + 1;
    const last = Math.max(given ?? this.#now, next);
    return this.#setClock(list, {
      parentGeneration: this.parentGeneration(list) as Generation,
      timestamp: last,
      count: (this.clock(list)?.count ?? 0) + added,
      untouched: false,
    });
  }

  /** Begins a list's life. Where nothing was written in the one before, one empty list takes another's place: its timestamp stays. */
  #begin(list: ListRef): void {
    const known = this.#latest(list);
    const { timestamp: last } = known?.untouched === true ? known : this.#move(list, 0);
    this.#setClock(list, {
      parentGeneration: this.parentGeneration(list) as Generation,
      timestamp: last,
      count: 0,
      untouched: true,
    });
  }

  /** The list's clock, whatever life it belongs to. */
  #latest({ uri }: ListRef): ListClock | undefined {
    return this.#clocks.get(uri)?.after ?? this.#snapshot.clocks.get(uri);
  }

  #setClock(list: ListRef, after: ListClock): ListClock {
    this.#clocks.set(list.uri, { list, before: this.#snapshot.clocks.get(list.uri), after, requireUnchanged: false });
    return after;
  }
}

/** The lists in an object that begin with it; plugins' begin when they are first used, so that each object costs a transaction one item. */
const childLists = (parent: ObjectRef): readonly ListRef[] =>
  parent.list.resource.children.flatMap((kind) => (isCore(kind.name) ? [listRef(kind, parent)] : []));

const refill = <T>(map: Map<string, T>, kept: ReadonlyMap<string, T>): void => {
  map.clear();
  for (const [key, value] of kept) map.set(key, value);
};

/** The user ids in a group. */
export const groupMembers = (group: StoredObject): string[] => {
  const { members } = group.deleted ? {} : parseData(group);
  return Array.isArray(members) ? members.filter((member) => typeof member === "string") : [];
};

/** The life that an object's children belong to: its own, or, where it was stored before a plugin brought children to it, that which it belongs to itself. */
export const generationOf = ({
  own: own,
  of: of,
}: Pick<StoredObject, "own" | "of">): Generation => own ?? of;

/** What must be there for the list to be. */
export const parentsOf = ({ parent }: ListRef): readonly ObjectRef[] =>
  parent === null ? [] : [parent, ...ancestors(parent)];

/** What must be read to change an object: it, its parents, its list's clock, and its children's, which begin anew with it. */
export const around = (ref: ObjectRef) => ({
  objects: [ref, ...ancestors(ref)],
  clocks: [ref.list, ...childLists(ref)],
});

/** `data` as the API shows it. */
export const parseData = ({ json }: Pick<StoredObject, "json">): JsonObject => {
  const data: unknown = JSON.parse(json);
  if (!isObject(data)) throw new TypeError("A stored object is not a JSON object");
  return data;
};
