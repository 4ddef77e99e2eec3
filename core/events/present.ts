import { type Incarnation, type ListRef, listRef, type ObjectRef, objectRef, type Resource, type ResourceName, type Resources, ROOT } from "../resources.ts";
import type { Place, Store, Stored } from "../store/store.ts";
import { lifeOf } from "../store/view.ts";
import { eventsOf } from "./change.ts";
import type { ChangeEvent } from "./event.ts";

/** Where a walk through what is stored is: a place in each list on the way down. */
export type Position = readonly (Place & { readonly resource: ResourceName })[];

export interface Present {
  readonly ref: ObjectRef;
  readonly stored: Stored;
  /** Where to go on behind it. */
  readonly position: Position;
}

export interface PresentQuery {
  readonly store: Pick<Store, "read" | "page">;
  readonly resources: Pick<Resources, "top">;
  /** Of what resources objects are wanted. */
  readonly wanted: ReadonlySet<ResourceName>;
  /** Whether an object, or something in it, may be wanted. */
  readonly enters: (ref: ObjectRef) => boolean;
  /** Exclusive bound on last_modified, in ms. */
  readonly since?: number | undefined;
  /** Where an earlier walk came to; from the beginning when empty. */
  readonly from: Position;
  /** Told of each list that is walked how many objects it holds. */
  readonly found?: ((count: number) => void) | undefined;
}

/** Objects that are read at a time: each may have 400 KB. */
const STRIDE = 50;

/**
 * What there is now, list by list, newest first, strongly consistent. What changes or is made meanwhile may be missed, as somebody else is told of that.
 */
export async function* presentObjects(query: PresentQuery): AsyncGenerator<Present> {
  yield* inLists(query, query.resources.top, ROOT, [], query.from);
}

async function* inLists(query: PresentQuery, lists: readonly ListRef[], life: Incarnation, above: Position, from: Position): AsyncGenerator<Present> {
  const first = Math.max(0, from.length === 0 ? 0 : lists.findIndex(({ resource }) => resource === from[0]?.resource));
  for (const [place, list] of lists.entries()) {
    if (place >= first && leadsOn(query, list.kind)) yield* inList(query, list, life, above, place === first ? from : []);
  }
}

/** Whether objects of a kind, or some that stand in them, are wanted. */
const leadsOn = (query: PresentQuery, { name, children }: Resource): boolean => query.wanted.has(name) || children.some((child) => leadsOn(query, child));

async function* inList(query: PresentQuery, list: ListRef, of: Incarnation, above: Position, [at, ...deeper]: Position): AsyncGenerator<Present> {
  const { store, wanted, enters, since, found } = query;
  if (at !== undefined) {
    const ref = objectRef(list, at.id);
    const stored = (await store.read({ objects: [ref], clocks: [] })).objects.get(ref.uri);
    if (stored !== undefined && !stored.deleted && stored.of === of) yield* below(query, ref, stored, [...above, at], deeper);
  }
  // What stands in an old object may be new.
  const bound = list.kind.children.some((child) => leadsOn(query, child)) ? undefined : since;
  let after: Place | undefined = at;
  let isFirst = true;
  do {
    const { entries, next } = await store.page(list, { of, limit: STRIDE, tombstones: false, after, since: bound });
    const places = entries.flatMap(({ id, last_modified }) => {
      const ref = objectRef(list, id);
      return enters(ref) ? [{ ref, last_modified }] : [];
    });
    const { objects, clocks } = await store.read({ objects: places.map(({ ref }) => ref), clocks: isFirst && wanted.has(list.resource) ? [list] : [] });
    found?.(clocks.get(list.uri)?.count ?? 0);
    for (const { ref, last_modified } of places) {
      const stored = objects.get(ref.uri);
      if (stored === undefined || stored.deleted || stored.of !== of) continue;
      const position = [...above, { resource: ref.resource, id: ref.id, last_modified }];
      if (wanted.has(ref.resource) && (since === undefined || stored.last_modified > since)) yield { ref, stored, position };
      yield* below(query, ref, stored, position, []);
    }
    after = next;
    isFirst = false;
  } while (after !== undefined);
}

const below = (query: PresentQuery, ref: ObjectRef, stored: Stored, position: Position, from: Position) =>
  inLists(
    query,
    ref.list.kind.children.map((kind) => listRef(kind, ref)),
    lifeOf(stored),
    position,
    from,
  );

/**
 * The event that tells what there is as if it had just been made. Its id is that of the last change with the run's beside it: once in effect in each
 * run, and again in another. It is part of no trace.
 */
export const replayedEvent = ({ ref, stored }: Pick<Present, "ref" | "stored">, run: string): ChangeEvent | undefined => {
  const [event] = eventsOf({ ref, before: undefined, after: stored });
  if (event === undefined) return undefined;
  const { trace: _, ...told } = event;
  return { ...told, id: `${event.id}.replay.${run}` };
};
