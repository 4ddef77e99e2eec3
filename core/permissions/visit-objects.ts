import {
  ancestors,
  type ListRef,
  listRef,
  type ObjectRef,
  objectRef,
  type ResourceName,
  type Resources,
} from "../resources.ts";
import type { Session } from "../store/session.ts";

/** Objects of a list that are read at a time. */
const OBJECTS_PER_READ = 200;

interface VisitQuery {
  /** The URI of the last visited object. */
  readonly after: string | undefined;
  readonly limits: { readonly objects: number; readonly bytes: number };
}

/**
 * Visits a part of all objects of the given resources among buckets, collections and groups: each bucket, then its
 * collections, then its groups. Reads them without their data. `bytes` is the size of the whole objects.
 */
export const visitObjects = async (
  session: Session,
  resources: Resources,
  names: ReadonlySet<ResourceName>,
  { after, limits }: VisitQuery,
): Promise<{ refs: readonly ObjectRef[]; bytes: number; next?: string }> => {
  const start = after === undefined ? undefined : resources.parseUri(after);
  if (start !== undefined) await session.readHeads({ objects: [], parents: [start, ...ancestors(start)] });
  const refs: ObjectRef[] = [];
  let [visited, bytes] = [0, 0];
  let last = after;
  for await (const part of walk(session, resources, names, start)) {
    refs.push(...part.refs.filter(({ resourceName }) => names.has(resourceName)));
    bytes += part.bytes;
    // A part without objects costs a call too.
    visited += Math.max(part.refs.length, 1);
    last = part.last ?? last;
    const isFull = visited >= limits.objects || bytes >= limits.bytes;
    if (isFull && last !== undefined && last !== after) return { refs, bytes, next: last };
  }
  return { refs, bytes };
};

interface Part {
  readonly refs: readonly ObjectRef[];
  /** The URI up to which all objects of the list were visited; `undefined` when there were none. */
  readonly last: string | undefined;
  readonly bytes: number;
}

async function* walk(
  session: Session,
  { core }: Resources,
  names: ReadonlySet<ResourceName>,
  start: ObjectRef | undefined,
): AsyncGenerator<Part> {
  const children = [core.collection, core.group].filter(({ name }) => names.has(name));
  /** Visits a bucket's collections and groups. */
  async function* walkChildren(bucket: ObjectRef, from?: ObjectRef): AsyncGenerator<Part> {
    for (const resource of children) {
      const isBefore = from !== undefined && resource.name === "collection" && from.resourceName === "group";
      if (isBefore) continue;
      const after = from?.resourceName === resource.name ? from.id : undefined;
      yield* walkList(session, listRef(resource, bucket), after);
    }
  }

  const startBucket = start === undefined ? undefined : (ancestors(start).at(-1) ?? start);
  if (startBucket !== undefined) yield* walkChildren(startBucket, start);
  for await (const { refs, last, bytes } of walkList(session, listRef(core.bucket, null), startBucket?.id)) {
    yield { refs: [], last: undefined, bytes };
    for (const bucket of refs) {
      yield { refs: [bucket], last: bucket.uri, bytes: 0 };
      yield* walkChildren(bucket);
    }
    if (last !== refs.at(-1)?.uri) yield { refs: [], last, bytes: 0 };
  }
}

async function* walkList(session: Session, list: ListRef, start: string | undefined): AsyncGenerator<Part> {
  const parentGeneration = session.view.parentGeneration(list);
  if (parentGeneration === undefined) return;
  let after = start;
  do {
    const { refs, bytes, next } = await session.walkHeads(list, { parentGeneration, after, limit: OBJECTS_PER_READ });
    yield { refs, bytes, last: next === undefined ? refs.at(-1)?.uri : objectRef(list, next).uri };
    after = next;
  } while (after !== undefined);
}
