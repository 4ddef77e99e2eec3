import { randomBytes, randomInt, randomUUID } from "node:crypto";
import type { JsonObject } from "../lib/json.ts";

/** The store's own four; everything else is a plugin's. */
export type CoreResource = "bucket" | "group" | "collection" | "record";

/** One of the store's own, or one that a plugin brings. */
export type ResourceName = string;

/** A type of objects. */
export interface Resource {
  readonly name: ResourceName;
  /** What its lists are called in paths. */
  readonly plural: string;
  /** What its objects stand in; `null` at the top level. */
  readonly parent: Resource | null;
  readonly children: readonly Resource[];
  /** The permissions an object's `permissions` may name, in the order Kinto lists them: `read`, `write`, and to create what stands in it. */
  readonly permissions: readonly string[];
  /** What the plugin that brings it says of it; `undefined` for the store's own. */
  readonly plugin: PluginResource | undefined;
}

/** What a plugin says of a type of objects that it brings. */
export interface PluginResource {
  readonly name: ResourceName;
  readonly about: string;
  readonly plural: string;
  readonly parent: ResourceName | null;
  /** Who has a permission on all of its objects, whatever they say. */
  readonly principals: Readonly<Record<"create" | "read" | "write", readonly string[]>>;
  /** What is wrong with an object's data, each with the path to the field; nothing when absent. */
  readonly findIssues?: ((data: JsonObject) => Promise<readonly DataIssue[]>) | undefined;
}

export interface DataIssue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** An id for an object that is posted without one: a short name or a UUID. */
export const generateId = (kind: "name" | "uuid"): string => (kind === "uuid" ? randomUUID() : shortId());

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const shortId = () =>
  Array.from(
    { length: 8 },
    (_, place) => (place === 0 ? LETTERS : `${LETTERS}-_`)[randomInt(place === 0 ? 62 : 64)],
  ).join("");

/** Parents first. */
const CORE: Readonly<Record<CoreResource, Pick<Resource, "plural"> & { readonly parent: CoreResource | null }>> = {
  bucket: { plural: "buckets", parent: null },
  group: { plural: "groups", parent: "bucket" },
  collection: { plural: "collections", parent: "bucket" },
  record: { plural: "records", parent: "collection" },
};

export const CORE_RESOURCES = Object.keys(CORE) as readonly CoreResource[];

export const isCore = (name: ResourceName): name is CoreResource => Object.hasOwn(CORE, name);

/** Where objects of one resource under one parent live, e.g. `/buckets/blog/collections`. */
export interface ListRef {
  readonly resource: Resource;
  readonly uri: string;
  /** `null` at the top level, as for the list of buckets. */
  readonly parent: ObjectRef | null;
}

/** One object's place, whether or not anything is stored there. */
export interface ObjectRef {
  readonly resourceName: ResourceName;
  readonly id: string;
  readonly uri: string;
  readonly list: ListRef;
}

/** The latest last_modified that there can be, in ms. */
export const MAX_TIMESTAMP_MS = 999_999_999_999_999;

/** Letters, digits, `_` and `-`, beginning with a letter or digit (Kinto's id pattern); 256 at most. */
export const isId = (id: unknown): id is string =>
  typeof id === "string" && /^[a-zA-Z0-9][a-zA-Z0-9_-]{0,255}$/.test(id);

/** Characters of an object's URI, such that a list in it and all rows that lead to it still fit DynamoDB's sort keys (1,024 bytes). */
export const MAX_URI_CHARS = 950;

/** Whether something can be stored at a place: its ids are ids, and, below what plugins bring, not too long together. */
export const isStorable = (ref: ObjectRef): boolean =>
  ref.uri.length <= MAX_URI_CHARS && [ref, ...ancestors(ref)].every(({ id }) => isId(id));

export const listRef = (kind: Resource, parent: ObjectRef | null): ListRef => ({
  resource: kind,
  uri: `${parent?.uri ?? ""}/${kind.plural}`,
  parent,
});

export const objectRef = (list: ListRef, id: string): ObjectRef => ({
  resourceName: list.resource.name,
  id,
  uri: `${list.uri}/${id}`,
  list,
});

/** The place of a list, from the ids on its path: bucket, collection. */
export const listFromIds = (kind: Resource, ids: readonly string[]): ListRef =>
  listRef(
    kind,
    kind.parent === null ? null : objectRef(listFromIds(kind.parent, ids.slice(0, -1)), ids.at(-1) as string),
  );

/** The object's parents, nearest first. */
export const ancestors = ({ list: { parent } }: ObjectRef): readonly ObjectRef[] =>
  parent === null ? [] : [parent, ...ancestors(parent)];

/** The ids on the way to an object, and its own, by resource. */
export const idsByResource = (ref: ObjectRef | null): Readonly<Partial<Record<ResourceName, string>>> =>
  ref === null
    ? {}
    : Object.fromEntries([ref, ...ancestors(ref)].map(({ resourceName: resource, id }) => [resource, id]));

/** The types of objects of one store. */
export interface Resources {
  readonly core: Readonly<Record<CoreResource, Resource>>;
  /** Parents first, the store's own four before those of plugins. */
  readonly all: readonly Resource[];
  /** The lists at the top level: that of buckets, then plugins'. */
  readonly top: readonly ListRef[];
  find(name: ResourceName): Resource | undefined;
  /** The object that a URI such as `/buckets/blog/collections/posts` names, or `undefined`. */
  parseUri(uri: string): ObjectRef | undefined;
}

/** The store's own four and those that plugins bring, parents first; names, and plurals among siblings, are each other's unlike. */
export const createResources = (added: readonly PluginResource[] = []): Resources => {
  const kinds = new Map<ResourceName, Resource & { children: Resource[]; permissions: string[] }>();
  const add = (
    { name, plural, parent: above }: Pick<PluginResource, "name" | "plural" | "parent">,
    told?: PluginResource,
  ) => {
    const parent = above === null ? null : kinds.get(above);
    if (parent === undefined) throw new TypeError(`The resource '${name}' stands in '${above}', which there is not`);
    const kind = { name, plural, parent, children: [], permissions: ["read", "write"], added: told };
    kinds.set(name, kind);
    parent?.children.push(kind);
    parent?.permissions.push(`${name}:create`);
    return kind;
  };
  const bucket = add({ name: "bucket", ...CORE.bucket });
  // Kinto lists what may be created in a bucket in this order.
  const collection = add({ name: "collection", ...CORE.collection });
  const group = add({ name: "group", ...CORE.group });
  const record = add({ name: "record", ...CORE.record });
  for (const one of added) add(one, one);

  const core = { bucket, group, collection, record };
  const all = [...Object.values(core), ...added.map(({ name }) => kinds.get(name) as Resource)];
  const top = all.filter(({ parent }) => parent === null);
  return {
    core,
    all,
    top: top.map((kind) => listRef(kind, null)),
    find: (name) => kinds.get(name),
    parseUri: (uri) => parseUri(top, uri),
  };
};

const parseUri = (top: readonly Resource[], uri: string): ObjectRef | undefined => {
  const parts = uri.split("/").slice(1);
  if (parts.length === 0 || parts.length % 2 === 1) return undefined;
  let at: ObjectRef | null = null;
  for (let i = 0; i < parts.length; i += 2) {
    const kinds: readonly Resource[] = at === null ? top : at.list.resource.children;
    const kind = kinds.find(({ plural }) => plural === parts[i]);
    const id = parts[i + 1];
    if (kind === undefined || !isId(id)) return undefined;
    at = objectRef(listRef(kind, at), id);
  }
  return at ?? undefined;
};

/** The store's own four alone. */
export const RESOURCES: Resources = createResources();

export const BUCKETS: ListRef = listRef(RESOURCES.core.bucket, null);

/** The life of an object that others stand in, from its creation to its deletion; its children belong to it and end with it. */
export type Generation = string;

/** The life that what stands at the top level belongs to, as every bucket. */
export const ROOT_GENERATION: Generation = "root";

/** Lower-case letters and digits, so that it can name a search index. */
export const newGeneration = (): Generation => randomBytes(10).toString("hex");
