import { isObject, type JsonObject } from "../json.ts";
import { ancestors, type Incarnation, type ListRef, newIncarnation, type ObjectRef, RESOURCES, ROOT } from "../resources.ts";
import type { Acl, Change, Clock, ClockMove, Commit, Snapshot, Stored } from "./store.ts";

/** What a request sees: a snapshot of the store, and on it the changes it wants to make. */
export class View {
  readonly #snapshot: Snapshot;
  readonly #now: number;
  readonly #floor: (list: string) => number;
  readonly #changes = new Map<string, Change>();
  readonly #clocks = new Map<string, ClockMove>();
  readonly #exact = new Set<string>();

  /** @param floor the highest timestamp that this process knows a list to have given, in ms */
  constructor(snapshot: Snapshot, now: number, floor: (list: string) => number = () => 0) {
    this.#snapshot = snapshot;
    this.#now = now;
    this.#floor = floor;
  }

  get memberships() {
    return this.#snapshot.memberships;
  }

  /** Whether some object that was read gives this principal a permission. */
  names(principal: string): boolean {
    return [...this.#snapshot.objects.values()].some(({ acl }) => Object.values(acl).some((given) => given.includes(principal)));
  }

  /** The living object at a place. */
  object(ref: ObjectRef): Stored | undefined {
    const stored = this.#stored(ref);
    return stored !== undefined && !stored.deleted && stored.of === this.life(ref.list) ? stored : undefined;
  }

  /** The life that the list's objects belong to; `undefined` when its parent does not exist. */
  life({ parent }: ListRef): Incarnation | undefined {
    return parent === null ? ROOT : this.object(parent)?.own;
  }

  /** The list's clock in its parent's present life. */
  clock(list: ListRef): Clock | undefined {
    const clock = this.#clocks.get(list.uri)?.after ?? this.#snapshot.clocks.get(list.uri);
    return clock !== undefined && clock.of === this.life(list) ? clock : undefined;
  }

  /** Makes the commit fail unless the list is as it was read. */
  unchanged(list: ListRef): void {
    this.#exact.add(list.uri);
  }

  /** Gives the list a timestamp if it has none. */
  touch(list: ListRef): Clock {
    return this.clock(list) ?? this.#move(list, 0);
  }

  /** Stores an object, at the list's next timestamp. The parent must exist. */
  put(ref: ObjectRef, { data, acl, by }: { data: JsonObject; acl: Acl; by: string }): Stored {
    const seen = this.object(ref);
    const { last } = this.#move(ref.list, seen === undefined ? 1 : 0);
    const mother = RESOURCES[ref.resource].children.length > 0;
    const own = mother ? (seen?.own ?? newIncarnation()) : undefined;
    const after = this.#change(ref, {
      json: JSON.stringify({ ...data, id: ref.id, last_modified: last }),
      last_modified: last,
      deleted: false,
      acl,
      by,
      of: this.life(ref.list) as Incarnation,
      ...(own !== undefined && { own }),
    });
    if (seen === undefined) for (const list of childLists(ref)) this.#move(list, 0);
    return after;
  }

  /** Leaves a tombstone where an object was. Its children end with it. */
  delete(ref: ObjectRef, by: string): Stored {
    const { last } = this.#move(ref.list, -1);
    return this.#change(ref, {
      json: JSON.stringify({ id: ref.id, last_modified: last, deleted: true }),
      last_modified: last,
      deleted: true,
      acl: {},
      by,
      of: this.life(ref.list) as Incarnation,
    });
  }

  /** What is to be committed; `undefined` when nothing was changed. */
  commit(): Commit | undefined {
    if (this.#clocks.size === 0) return undefined;
    const clocks = [...this.#clocks.values()].map((move) => ({ ...move, exact: this.#exact.has(move.list.uri) }));
    return { changes: [...this.#changes.values()], clocks };
  }

  #stored(ref: ObjectRef): Stored | undefined {
    return this.#changes.get(ref.uri)?.after ?? this.#snapshot.objects.get(ref.uri);
  }

  #change(ref: ObjectRef, after: Stored): Stored {
    this.#changes.set(ref.uri, { ref, before: this.#snapshot.objects.get(ref.uri), after });
    return after;
  }

  /** The list's next timestamp: now, or just after the last one (strictly rising, also over its parents' lives). */
  #move(list: ListRef, added: number): Clock {
    const before = this.#snapshot.clocks.get(list.uri);
    const known = this.#clocks.get(list.uri)?.after ?? before;
    const last = Math.max(this.#now, (known?.last ?? 0) + 1, this.#floor(list.uri) + 1);
    const after = { of: this.life(list) as Incarnation, last, count: (this.clock(list)?.count ?? 0) + added };
    this.#clocks.set(list.uri, { list, before, after, exact: false });
    return after;
  }
}

const childLists = (parent: ObjectRef): readonly ListRef[] =>
  RESOURCES[parent.resource].children.map((resource) => ({ resource, uri: `${parent.uri}/${RESOURCES[resource].plural}`, parent }));

/** What must be read to change an object: it, its parents, its list's clock, and its children's, which begin anew with it. */
export const around = (ref: ObjectRef) => ({
  objects: [ref, ...ancestors(ref)],
  clocks: [ref.list, ...childLists(ref)],
});

/** `data` as the API shows it. */
export const dataOf = ({ json }: Stored): JsonObject => {
  const data: unknown = JSON.parse(json);
  if (!isObject(data)) throw new TypeError("A stored object is not a JSON object");
  return data;
};
