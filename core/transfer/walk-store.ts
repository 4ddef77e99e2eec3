import type { Store, StoredObject } from "../ports/store.ts";
import type { Version, VersionKey, Versions } from "../ports/versions.ts";
import {
  type Generation,
  type ListRef,
  listRef,
  type ObjectRef,
  objectRef,
  type Resources,
  ROOT_GENERATION,
} from "../resources.ts";
import { generationOf } from "../store/view.ts";

/** Where a walk is: the lists on the way down, the deepest last. */
export type WalkPosition = readonly WalkPlace[];

interface WalkPlace {
  /** The URI of a list, or of a bucket whose versions are read. */
  readonly list: string;
  /** The last entry that was returned, whose children come next. */
  readonly id?: string;
  /** The last version that was returned. */
  readonly version?: VersionKey;
  /** Whether nothing more comes of the list. */
  readonly isDone?: true;
}

/** One thing that a walk has found. */
export type WalkStep = { readonly position: WalkPosition } & (
  | { readonly kind: "entry"; readonly ref: ObjectRef; readonly stored: StoredObject }
  | { readonly kind: "list"; readonly list: ListRef }
  | { readonly kind: "version"; readonly version: Version }
  | { readonly kind: "history"; readonly bucket: ObjectRef }
);

export interface StoreWalk {
  readonly store: Pick<Store, "read" | "walk">;
  /** Where versions are read; none are returned when absent. */
  readonly versions?: Pick<Versions, "list"> | undefined;
  readonly resources: Pick<Resources, "top">;
  /** Whether a top-level object is returned, with all that it contains. */
  readonly includes: (ref: ObjectRef) => boolean;
  /** Called with the number of objects in each list that is begun. */
  readonly onListCount?: ((count: number) => void) | undefined;
  /** Position of an earlier walk to resume from; empty to start from the beginning. */
  readonly startAt: WalkPosition;
}

/** Objects per read. Each may have 400 KB. */
const PAGE_SIZE = 50;

/**
 * Walks through all objects and tombstones of a store with strongly consistent reads: each object, then what it contains,
 * then its next sibling. The end of each list is a step too. What exists from start to end is returned exactly once.
 */
export async function* walkStore(walk: StoreWalk): AsyncGenerator<WalkStep> {
  yield* walkLists(walk, walk.resources.top, ROOT_GENERATION, [], walk.startAt);
}

async function* walkLists(
  walk: StoreWalk,
  lists: readonly ListRef[],
  generation: Generation,
  parents: WalkPosition,
  startAt: WalkPosition,
): AsyncGenerator<WalkStep> {
  const [place] = startAt;
  const first = Math.max(
    0,
    lists.findIndex(({ uri }) => uri === place?.list),
  );
  for (const [index, list] of lists.entries()) {
    if (index < first) continue;
    if (index > first || place === undefined) yield* walkList(walk, list, generation, parents, []);
    else if (place.isDone !== true) yield* walkList(walk, list, generation, parents, startAt);
  }
}

async function* walkList(
  walk: StoreWalk,
  list: ListRef,
  parentGeneration: Generation,
  parents: WalkPosition,
  [place, ...deeper]: WalkPosition,
): AsyncGenerator<WalkStep> {
  const { store, onListCount } = walk;
  if (onListCount !== undefined)
    onListCount((await store.read({ objects: [], clocks: [list] })).clocks.get(list.uri)?.count ?? 0);
  if (place?.id !== undefined) {
    const ref = objectRef(list, place.id);
    const stored = (await store.read({ objects: [ref], clocks: [] })).objects.get(ref.uri);
    if (stored !== undefined && stored.parentGeneration === parentGeneration)
      yield* walkContent(walk, ref, stored, [...parents, place], deeper);
  }
  let after = place?.id;
  do {
    const { objects, next } = await store.walk(list, { parentGeneration, after, limit: PAGE_SIZE, tombstones: true });
    for (const [id, stored] of objects) {
      const ref = objectRef(list, id);
      if (list.parent === null && !walk.includes(ref)) continue;
      const position = [...parents, { list: list.uri, id }];
      yield { kind: "entry", ref, stored, position };
      yield* walkContent(walk, ref, stored, position, []);
    }
    after = next;
  } while (after !== undefined);
  yield { kind: "list", list, position: [...parents, { list: list.uri, isDone: true }] };
}

/** Walks through what an object contains, and the versions of a bucket. */
async function* walkContent(
  walk: StoreWalk,
  ref: ObjectRef,
  stored: StoredObject,
  position: WalkPosition,
  startAt: WalkPosition,
): AsyncGenerator<WalkStep> {
  if (stored.deleted) return;
  const generation = generationOf(stored);
  const [place] = startAt;
  if (place?.list !== ref.uri)
    yield* walkLists(
      walk,
      ref.list.resource.children.map((resource) => listRef(resource, ref)),
      generation,
      position,
      startAt,
    );
  if (ref.resourceName !== "bucket" || walk.versions === undefined || (place?.list === ref.uri && place.isDone)) return;
  let after = place?.list === ref.uri ? place.version : undefined;
  do {
    const page = await walk.versions.list({ uri: ref.uri, generation }, { descending: false, after, limit: PAGE_SIZE });
    for (const version of page.versions) {
      const key = { revision: version.revision, uri: version.uri };
      yield { kind: "version", version, position: [...position, { list: ref.uri, version: key }] };
    }
    after = page.next;
  } while (after !== undefined);
  yield { kind: "history", bucket: ref, position: [...position, { list: ref.uri, isDone: true }] };
}
