import type { ListClock, StoredObject } from "../../../core/ports/store.ts";
import { listRef, type ObjectRef, RESOURCES } from "../../../core/resources.ts";
import { SnapshotCache } from "../../../core/store/session.ts";
import { View, type ViewOptions } from "../../../core/store/view.ts";

/** Epoch ms. */
export const NOW = 1_800_000_000_000;

export const refOf = (uri: string): ObjectRef => RESOURCES.parseUri(uri) as ObjectRef;

export const BUCKET = refOf("/buckets/b");
export const COLLECTION = refOf("/buckets/b/collections/c");
export const RECORD = refOf("/buckets/b/collections/c/records/r");

export const RECORDS = listRef(RESOURCES.core.record, COLLECTION);
export const GROUPS = listRef(RESOURCES.core.group, BUCKET);
export const recordOf = (id: string): ObjectRef => refOf(`${RECORDS.uri}/${id}`);
export const groupOf = (id: string): ObjectRef => refOf(`${GROUPS.uri}/${id}`);

/** A record, or with the generations of others a bucket or collection. */
export const stored = (changes: Partial<StoredObject> = {}): StoredObject => ({
  ...{ json: '{"id":"r","last_modified":5}', last_modified: 5, revision: 5, deleted: false, acl: {} },
  ...{ changedBy: "a", parentGeneration: "c1" },
  ...changes,
});

export const clock = (timestamp: number, changes: Partial<ListClock> = {}): ListClock => ({
  ...{ parentGeneration: "c1", timestamp, count: 3, untouched: false },
  ...changes,
});

/** The bucket and collection that a view has by default. */
export const PARENTS = {
  [BUCKET.uri]: stored({ parentGeneration: "root", ownGeneration: "b1" }),
  [COLLECTION.uri]: stored({ parentGeneration: "b1", ownGeneration: "c1" }),
};

interface Content {
  readonly objects?: Readonly<Record<string, StoredObject>>;
  /** Default: {@link PARENTS}. */
  readonly parents?: Readonly<Record<string, StoredObject>>;
  readonly heads?: Readonly<Record<string, StoredObject>>;
  /** By the list's URI. */
  readonly clocks?: Readonly<Record<string, ListClock>>;
}

/** A view of what was read from a store. */
export const openView = ({ objects, parents = PARENTS, heads, clocks }: Content = {}, options?: ViewOptions): View => {
  const cache = new SnapshotCache();
  const fill = <T>(map: Map<string, T>, content: Readonly<Record<string, T>> = {}) => {
    for (const [uri, value] of Object.entries(content)) map.set(uri, value);
  };
  fill(cache.objects, objects);
  fill(cache.parents, parents);
  fill(cache.heads, heads);
  fill(cache.clocks, clocks);
  return new View(cache, NOW, options);
};

/** An empty draft. */
export const DRAFT = { data: {}, acl: {}, changedBy: "me" };
