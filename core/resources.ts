import { randomBytes, randomInt, randomUUID } from "node:crypto";

/** The store's four resources; everything else is a plugin's. */
export type CoreResource = "bucket" | "group" | "collection" | "record";

export type ResourceName = CoreResource;

interface Resource {
  readonly plural: string;
  readonly parent: ResourceName | null;
  readonly children: readonly ResourceName[];
  /** The permissions an object's `permissions` may name, in the order Kinto lists them. */
  readonly permissions: readonly string[];
}

/** An id for an object that is posted without one: a short name or a UUID. */
export const newIdOf = (kind: "name" | "uuid"): string => (kind === "uuid" ? randomUUID() : shortId());

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const shortId = () => Array.from({ length: 8 }, (_, place) => (place === 0 ? LETTERS : `${LETTERS}-_`)[randomInt(place === 0 ? 62 : 64)]).join("");

export const RESOURCES: Readonly<Record<ResourceName, Resource>> = {
  bucket: {
    plural: "buckets",
    parent: null,
    children: ["collection", "group"],
    permissions: ["read", "write", "collection:create", "group:create"],
  },
  group: { plural: "groups", parent: "bucket", children: [], permissions: ["read", "write"] },
  collection: { plural: "collections", parent: "bucket", children: ["record"], permissions: ["read", "write", "record:create"] },
  record: { plural: "records", parent: "collection", children: [], permissions: ["read", "write"] },
};

export const RESOURCE_NAMES = Object.keys(RESOURCES) as readonly ResourceName[];

/** Where objects of one resource under one parent live, e.g. `/buckets/blog/collections`. */
export interface ListRef {
  readonly resource: ResourceName;
  readonly uri: string;
  /** `null` for the list of buckets. */
  readonly parent: ObjectRef | null;
}

/** One object's place, whether or not anything is stored there. */
export interface ObjectRef {
  readonly resource: ResourceName;
  readonly id: string;
  readonly uri: string;
  readonly list: ListRef;
}

/** The latest last_modified that there can be, in ms. */
export const LATEST_TIME = 999_999_999_999_999;

/** Letters, digits, `_` and `-`, beginning with a letter or digit (Kinto's id pattern); 256 at most, so that every key fits DynamoDB's. */
export const isId = (id: unknown): id is string => typeof id === "string" && /^[a-zA-Z0-9][a-zA-Z0-9_-]{0,255}$/.test(id);

export const listRef = (resource: ResourceName, parent: ObjectRef | null): ListRef => ({
  resource,
  uri: `${parent?.uri ?? ""}/${RESOURCES[resource].plural}`,
  parent,
});

export const objectRef = (list: ListRef, id: string): ObjectRef => ({ resource: list.resource, id, uri: `${list.uri}/${id}`, list });

export const BUCKETS: ListRef = listRef("bucket", null);

/** The place of a list, from the ids on its path: bucket, collection. */
export const listAt = (resource: ResourceName, ids: readonly string[]): ListRef => {
  const { parent } = RESOURCES[resource];
  if (parent === null) return BUCKETS;
  return listRef(resource, objectRef(listAt(parent, ids.slice(0, -1)), ids.at(-1) as string));
};

/** The object's parents, nearest first. */
export const ancestors = ({ list: { parent } }: ObjectRef): readonly ObjectRef[] => (parent === null ? [] : [parent, ...ancestors(parent)]);

/** The ids on the way to an object, and its own, by resource. */
export const idsOn = (ref: ObjectRef | null): Readonly<Partial<Record<ResourceName, string>>> =>
  ref === null ? {} : Object.fromEntries([ref, ...ancestors(ref)].map(({ resource, id }) => [resource, id]));

/** The object that a URI such as `/buckets/blog/collections/posts` names, or `undefined`. */
export const parseUri = (uri: string): ObjectRef | undefined => {
  const parts = uri.split("/").slice(1);
  if (parts.length === 0 || parts.length % 2 === 1) return undefined;
  let at: ObjectRef | null = null;
  for (let i = 0; i < parts.length; i += 2) {
    const resource = RESOURCE_NAMES.find((name) => RESOURCES[name].plural === parts[i] && RESOURCES[name].parent === (at?.resource ?? null));
    const id = parts[i + 1];
    if (resource === undefined || !isId(id)) return undefined;
    at = objectRef(listRef(resource, at), id);
  }
  return at ?? undefined;
};

/** A bucket's or collection's life, from its creation to its deletion; its children belong to it and end with it. */
export type Incarnation = string;

/** The life that every bucket belongs to. */
export const ROOT: Incarnation = "root";

/** Lower-case letters and digits, so that it can name a search index. */
export const newIncarnation = (): Incarnation => randomBytes(10).toString("hex");
