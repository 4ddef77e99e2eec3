import type { Store, Stored } from "../ports/store.ts";
import {
  type Incarnation,
  type ListRef,
  listRef,
  type ObjectRef,
  objectRef,
  type Resource,
  type ResourceName,
  type Resources,
  ROOT,
} from "../resources.ts";
import { lifeOf } from "../store/view.ts";
import { eventsOf } from "./change.ts";
import type { ChangeEvent } from "./event.ts";

/** Where a walk through what is stored is: an object in each list on the way down. */
export type Position = readonly { readonly resource: ResourceName; readonly id: string }[];

export interface Present {
  readonly ref: ObjectRef;
  readonly stored: Stored;
  /** Where to go on behind it. */
  readonly position: Position;
}

export interface PresentQuery {
  readonly store: Pick<Store, "read" | "walk">;
  readonly resources: Pick<Resources, "top">;
  /** Of what resources objects are wanted. */
  readonly wanted: ReadonlySet<ResourceName>;
  /** Whether an object, or something in it, may be wanted. */
  readonly enters: (ref: ObjectRef) => boolean;
  /** Exclusive bound on when an object was changed last, in ms. */
  readonly since?: number | undefined;
  /** Where an earlier walk came to; from the beginning when empty. */
  readonly from: Position;
  /** Told of each list that is walked how many objects it holds. */
  readonly found?: ((count: number) => void) | undefined;
}

/** Objects that are read at a time: each may have 400 KB, and is to be as it is now when its turn comes. */
const STRIDE = 50;

/**
 * What there is, list by list, in the order of ids, strongly consistent: whatever is changed meanwhile keeps its place, and so all that was there at the
 * beginning, and is not deleted before its turn, comes once.
 */
export async function* presentObjects(query: PresentQuery): AsyncGenerator<Present> {
  yield* inLists(query, query.resources.top, ROOT, [], query.from);
}

async function* inLists(
  query: PresentQuery,
  lists: readonly ListRef[],
  life: Incarnation,
  above: Position,
  from: Position,
): AsyncGenerator<Present> {
  const first = Math.max(0, from.length === 0 ? 0 : lists.findIndex(({ resource }) => resource === from[0]?.resource));
  for (const [place, list] of lists.entries()) {
    if (place >= first && leadsOn(query, list.kind))
      yield* inList(query, list, life, above, place === first ? from : []);
  }
}

/** Whether objects of a kind, or some that stand in them, are wanted. */
const leadsOn = (query: PresentQuery, { name, children }: Resource): boolean =>
  query.wanted.has(name) || children.some((child) => leadsOn(query, child));

async function* inList(
  query: PresentQuery,
  list: ListRef,
  of: Incarnation,
  above: Position,
  [at, ...deeper]: Position,
): AsyncGenerator<Present> {
  const { store, wanted, enters, since = Number.NEGATIVE_INFINITY, found } = query;
  if (wanted.has(list.resource))
    found?.((await store.read({ objects: [], clocks: [list] })).clocks.get(list.uri)?.count ?? 0);
  if (at !== undefined) {
    const ref = objectRef(list, at.id);
    const stored = (await store.read({ objects: [ref], clocks: [] })).objects.get(ref.uri);
    if (stored !== undefined && !stored.deleted && stored.of === of)
      yield* below(query, ref, stored, [...above, at], deeper);
  }
  let after = at?.id;
  do {
    const { objects, next } = await store.walk(list, { of, after, limit: STRIDE });
    for (const [id, stored] of objects) {
      const ref = objectRef(list, id);
      if (!enters(ref)) continue;
      const position = [...above, { resource: ref.resource, id }];
      // What stands in an old object may be new.
      if (wanted.has(ref.resource) && stored.revision > since) yield { ref, stored, position };
      yield* below(query, ref, stored, position, []);
    }
    after = next;
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
 * The event that tells what there is as if it had just been made. Its id is that of the object with the run's beside it: once in effect in each run,
 * also where that was cut off and the object changed since, and again in another. It is part of no trace.
 */
export const replayedEvent = (
  { ref, stored }: Pick<Present, "ref" | "stored">,
  run: string,
): ChangeEvent | undefined => {
  const [event] = eventsOf({ ref, before: undefined, after: stored });
  if (event === undefined) return undefined;
  const { trace: _, ...told } = event;
  return { ...told, id: `${ref.uri}.replay.${run}` };
};
