import type { Store, StoredObject } from "../ports/store.ts";
import {
  type Generation,
  type ListRef,
  listRef,
  type ObjectRef,
  objectRef,
  type Resource,
  type ResourceName,
  type Resources,
  ROOT_GENERATION,
} from "../resources.ts";
import { generationOf } from "../store/view.ts";
import { toChangeEvents } from "./change.ts";
import type { ChangeEvent } from "./event.ts";

/** Position of a walk through the store: one object per list on the way down. */
export type WalkPosition = readonly { readonly resource: ResourceName; readonly id: string }[];

export interface WalkedObject {
  readonly ref: ObjectRef;
  readonly stored: StoredObject;
  /** Where to resume after this object. */
  readonly position: WalkPosition;
}

export interface WalkQuery {
  readonly store: Pick<Store, "read" | "walk">;
  readonly resources: Pick<Resources, "top">;
  /** Resources whose objects are returned. */
  readonly resourceNames: ReadonlySet<ResourceName>;
  /** Whether an object or its children may be returned. */
  readonly includes: (ref: ObjectRef) => boolean;
  /** Whether the children of an included object may be returned. */
  readonly includesChildren: (ref: ObjectRef) => boolean;
  /** Exclusive lower bound of the last change, in epoch ms. */
  readonly modifiedAfter?: number | undefined;
  /** Position of an earlier walk to resume from; empty to start from the beginning. */
  readonly startAt: WalkPosition;
  /** Called with the number of objects in each list that is walked. */
  readonly onListCount?: ((count: number) => void) | undefined;
}

/** Objects per read. Each may have 400 KB, and should be read shortly before it is used. */
const PAGE_SIZE = 50;

/**
 * Walks through all stored objects, list by list in the order of ids, with strongly consistent reads. Changes during
 * the walk do not move an object, so each object that exists from start to end is returned exactly once.
 */
export async function* walkObjects(query: WalkQuery): AsyncGenerator<WalkedObject> {
  yield* walkLists(query, query.resources.top, ROOT_GENERATION, [], query.startAt);
}

async function* walkLists(
  query: WalkQuery,
  lists: readonly ListRef[],
  parentGeneration: Generation,
  parents: WalkPosition,
  startAt: WalkPosition,
): AsyncGenerator<WalkedObject> {
  const found = lists.findIndex(({ resource }) => resource.name === startAt[0]?.resource);
  const first = Math.max(0, startAt.length === 0 ? 0 : found);
  for (const [index, list] of lists.entries()) {
    if (index >= first && isWanted(query, list.resource))
      yield* walkList(query, list, parentGeneration, parents, index === first ? startAt : []);
  }
}

/** Whether objects of a resource, or of one below it, are returned. */
const isWanted = (query: WalkQuery, { name, children }: Resource): boolean =>
  query.resourceNames.has(name) || children.some((child) => isWanted(query, child));

async function* walkList(
  query: WalkQuery,
  list: ListRef,
  parentGeneration: Generation,
  parents: WalkPosition,
  [at, ...deeper]: WalkPosition,
): AsyncGenerator<WalkedObject> {
  const { store, resourceNames, includes, modifiedAfter = Number.NEGATIVE_INFINITY, onListCount } = query;
  if (resourceNames.has(list.resource.name))
    onListCount?.((await store.read({ objects: [], clocks: [list] })).clocks.get(list.uri)?.count ?? 0);
  if (at !== undefined) {
    const ref = objectRef(list, at.id);
    const stored = (await store.read({ objects: [ref], clocks: [] })).objects.get(ref.uri);
    if (
      stored !== undefined &&
      !stored.deleted &&
      stored.parentGeneration === parentGeneration &&
      query.includesChildren(ref)
    )
      yield* walkChildren(query, ref, stored, [...parents, at], deeper);
  }
  let after = at?.id;
  do {
    const { objects, next } = await store.walk(list, { parentGeneration, after, limit: PAGE_SIZE });
    for (const [id, stored] of objects) {
      const ref = objectRef(list, id);
      if (!includes(ref)) continue;
      const position = [...parents, { resource: ref.resourceName, id }];
      // An old object may have new children.
      if (resourceNames.has(ref.resourceName) && stored.revision > modifiedAfter) yield { ref, stored, position };
      if (query.includesChildren(ref)) yield* walkChildren(query, ref, stored, position, []);
    }
    after = next;
  } while (after !== undefined);
}

const walkChildren = (
  query: WalkQuery,
  ref: ObjectRef,
  stored: StoredObject,
  position: WalkPosition,
  startAt: WalkPosition,
) =>
  walkLists(
    query,
    ref.list.resource.children.map((resource) => listRef(resource, ref)),
    generationOf(stored),
    position,
    startAt,
  );

/**
 * Returns a `create` event for an existing object. The id consists of the object's URI and the run, so that a run that
 * is resumed does not repeat an effect, even if the object changed in between. The event is part of no trace.
 */
export const toReplayEvent = (
  { ref, stored }: Pick<WalkedObject, "ref" | "stored">,
  run: string,
): ChangeEvent | undefined => {
  const [event] = toChangeEvents({ ref, before: undefined, after: stored });
  if (event === undefined) return undefined;
  const { trace: _, ...untraced } = event;
  return { ...untraced, id: `${ref.uri}.replay.${run}`, replay: run };
};

/**
 * Turns the replay event of an object into a `purge` event, for a listener that does not subscribe to the object, so that
 * it removes what it keeps of it.
 */
export const toReplayPurgeEvent = ({ new: data, ...event }: ChangeEvent): ChangeEvent => ({
  ...event,
  action: "purge",
  old: data ?? {},
});
