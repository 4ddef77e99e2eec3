import { randomBytes, randomInt, randomUUID } from "node:crypto";
import type { JsonObject } from "../lib/json.ts";

/** The store's own resources. All others come from plugins. */
export type CoreResource = "bucket" | "group" | "collection" | "record";

/** The name of a resource, either one of the store's own or one of a plugin. */
export type ResourceName = string;

/** A type of object, such as `bucket` or `record`. */
export interface Resource {
  readonly name: ResourceName;
  /** The name of its lists in paths, e.g. `records`. */
  readonly plural: string;
  /** The resource that contains its objects; `null` at the top level. */
  readonly parent: Resource | null;
  readonly children: readonly Resource[];
  /** The permissions on an object, in Kinto's order: `read`, `write`, then `<child>:create` for each child resource. */
  readonly permissions: readonly string[];
  /** The plugin's definition of the resource; `undefined` for the store's own. */
  readonly plugin: PluginResource | undefined;
}

/** A plugin's definition of a resource. */
export interface PluginResource {
  readonly name: ResourceName;
  readonly about: string;
  readonly plural: string;
  readonly parent: ResourceName | null;
  /** Principals that have a permission on every object of the resource, in addition to the objects' own permissions. */
  readonly principals: Readonly<Record<"create" | "read" | "write", readonly string[]>>;
  /** Whether clients choose ids, which may also have `+`, `.` and `@`: {@link isIdOf}. The store's rules when absent. */
  readonly ids?: "chosen" | undefined;
  /** Returns the principal that has `write` on an object instead of the user who changes it. */
  readonly owner?: ((id: string) => string) | undefined;
  /** Validates an object's data. Data is not validated when absent. */
  readonly findIssues?: ((data: JsonObject) => Promise<readonly DataIssue[]>) | undefined;
}

/** One problem in an object's data. */
export interface DataIssue {
  /** The path to the field. */
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** Generates an id for an object that is posted without one: a short name or a UUID. */
export const generateId = (kind: "name" | "uuid"): string => (kind === "uuid" ? randomUUID() : generateShortId());

const ALPHANUMERICS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const generateShortId = () =>
  Array.from(
    { length: 8 },
    (_, index) => (index === 0 ? ALPHANUMERICS : `${ALPHANUMERICS}-_`)[randomInt(index === 0 ? 62 : 64)],
  ).join("");

/** Parents come before their children. */
const CORE: Readonly<Record<CoreResource, Pick<Resource, "plural"> & { readonly parent: CoreResource | null }>> = {
  bucket: { plural: "buckets", parent: null },
  group: { plural: "groups", parent: "bucket" },
  collection: { plural: "collections", parent: "bucket" },
  record: { plural: "records", parent: "collection" },
};

export const CORE_RESOURCES = Object.keys(CORE) as readonly CoreResource[];

export const isCore = (name: ResourceName): name is CoreResource => Object.hasOwn(CORE, name);

/** A list: all objects of one resource under one parent, e.g. `/buckets/blog/collections`. */
export interface ListRef {
  readonly resource: Resource;
  readonly uri: string;
  /** `null` at the top level, as for the list of buckets. */
  readonly parent: ObjectRef | null;
}

/** The address of an object, whether or not the object exists. */
export interface ObjectRef {
  readonly resourceName: ResourceName;
  readonly id: string;
  readonly uri: string;
  readonly list: ListRef;
}

/** How far ahead of the store's clock a timestamp from outside may be: clocks differ by less than a day. */
export const MAX_FUTURE_MS = 24 * 3600 * 1000;

/**
 * Whether a value is a valid object id (Kinto's pattern): 1 to 256 of letters, digits, `_` and `-`, starting with a
 * letter or digit.
 */
export const isId = (id: unknown): id is string =>
  typeof id === "string" && /^[a-zA-Z0-9][a-zA-Z0-9_-]{0,255}$/.test(id);

/** Whether a value is a valid id of a resource's objects. */
export const isIdOf = ({ plugin }: Resource, id: unknown): id is string =>
  plugin?.ids === "chosen" ? typeof id === "string" && /^[a-zA-Z0-9][a-zA-Z0-9_+.@-]{0,255}$/.test(id) : isId(id);

/**
 * Maximum length of an object's URI in characters. Leaves room for child lists and index items in DynamoDB's
 * sort keys (1,024 bytes).
 */
export const MAX_URI_CHARS = 950;

/** Whether an object can be stored at an address: all ids are valid and the URI is not too long. */
export const isStorable = (ref: ObjectRef): boolean =>
  ref.uri.length <= MAX_URI_CHARS && [ref, ...ancestors(ref)].every(({ id, list }) => isIdOf(list.resource, id));

export const listRef = (resource: Resource, parent: ObjectRef | null): ListRef => ({
  resource,
  uri: `${parent?.uri ?? ""}/${resource.plural}`,
  parent,
});

export const objectRef = (list: ListRef, id: string): ObjectRef => ({
  resourceName: list.resource.name,
  id,
  uri: `${list.uri}/${id}`,
  list,
});

/** Builds a list reference from the ids on its path, e.g. `["blog", "posts"]` for a list of records. */
export const listFromIds = (resource: Resource, ids: readonly string[]): ListRef =>
  listRef(
    resource,
    resource.parent === null ? null : objectRef(listFromIds(resource.parent, ids.slice(0, -1)), ids.at(-1) as string),
  );

/** Whether a resource has children whatever plugins are active. */
export const hasCoreChildren = ({ children }: Resource): boolean => children.some(({ name }) => isCore(name));

/** Returns an object's ancestors, nearest first. */
export const ancestors = ({ list: { parent } }: ObjectRef): readonly ObjectRef[] =>
  parent === null ? [] : [parent, ...ancestors(parent)];

/** Returns the ids of an object and its ancestors by resource name. */
export const idsByResource = (ref: ObjectRef | null): Readonly<Partial<Record<ResourceName, string>>> =>
  ref === null
    ? {}
    : Object.fromEntries([ref, ...ancestors(ref)].map(({ resourceName: resource, id }) => [resource, id]));

/** Allows starting the actions that demand it, on an object and on everything below it. */
export const EXECUTE_PERMISSION = "execute";

/** All resources of a store. */
export interface Resources {
  readonly core: Readonly<Record<CoreResource, Resource>>;
  /** Parents come before their children, and the store's own resources before those of plugins. */
  readonly all: readonly Resource[];
  /** The top-level lists: buckets first, then those of plugins. */
  readonly top: readonly ListRef[];
  find(name: ResourceName): Resource | undefined;
  /** Parses a URI such as `/buckets/blog/collections/posts`. Returns `undefined` when it does not name an object. */
  parseUri(uri: string): ObjectRef | undefined;
}

/**
 * Creates the store's own resources and those of plugins.
 * @param added plugin resources, parents first. Names must be unique; plurals must be unique among siblings.
 * @param options `executable`: whether buckets, collections and groups have the permission `execute`
 * @throws TypeError when a parent does not exist
 */
export const createResources = (
  added: readonly PluginResource[] = [],
  { executable = false }: { readonly executable?: boolean } = {},
): Resources => {
  const resources = new Map<ResourceName, Resource & { children: Resource[]; permissions: string[] }>();
  const add = (
    { name, plural, parent: parentName }: Pick<PluginResource, "name" | "plural" | "parent">,
    plugin?: PluginResource,
  ) => {
    const parent = parentName === null ? null : resources.get(parentName);
    if (parent === undefined)
      throw new TypeError(`The resource '${name}' has the parent '${parentName}', which does not exist`);
    const resource = { name, plural, parent, children: [], permissions: ["read", "write"], plugin };
    resources.set(name, resource);
    parent?.children.push(resource);
    parent?.permissions.push(`${name}:create`);
    return resource;
  };
  const bucket = add({ name: "bucket", ...CORE.bucket });
  // Kinto lists the `create` permissions of a bucket in this order.
  const collection = add({ name: "collection", ...CORE.collection });
  const group = add({ name: "group", ...CORE.group });
  const record = add({ name: "record", ...CORE.record });
  for (const definition of added) add(definition, definition);
  if (executable) for (const { permissions } of [bucket, collection, group]) permissions.push(EXECUTE_PERMISSION);

  const core = { bucket, group, collection, record };
  const all = [...Object.values(core), ...added.map(({ name }) => resources.get(name) as Resource)];
  const top = all.filter(({ parent }) => parent === null);
  return {
    core,
    all,
    top: top.map((resource) => listRef(resource, null)),
    find: (name) => resources.get(name),
    parseUri: (uri) => parseUri(top, uri),
  };
};

const parseUri = (top: readonly Resource[], uri: string): ObjectRef | undefined => {
  const parts = uri.split("/").slice(1);
  if (parts.length === 0 || parts.length % 2 === 1) return undefined;
  let ref: ObjectRef | null = null;
  for (let i = 0; i < parts.length; i += 2) {
    const candidates: readonly Resource[] = ref === null ? top : ref.list.resource.children;
    const resource = candidates.find(({ plural }) => plural === parts[i]);
    const id = parts[i + 1];
    if (resource === undefined || !isIdOf(resource, id)) return undefined;
    ref = objectRef(listRef(resource, ref), id);
  }
  return ref ?? undefined;
};

/** Parses a list URI such as `/buckets/blog/collections`. Returns `undefined` when it does not name a list. */
export const parseListUri = (resources: Resources, uri: string): ListRef | undefined => {
  const end = uri.lastIndexOf("/");
  const parent = end <= 0 ? null : resources.parseUri(uri.slice(0, end));
  if (parent === undefined) return undefined;
  const candidates = parent === null ? resources.top.map(({ resource }) => resource) : parent.list.resource.children;
  const resource = candidates.find(({ plural }) => `/${plural}` === uri.slice(end));
  return resource && listRef(resource, parent);
};

/** The store's own resources, without plugins. */
export const RESOURCES: Resources = createResources();

export const BUCKETS: ListRef = listRef(RESOURCES.core.bucket, null);

/**
 * A random id that an object with children, such as a bucket, gets each time it is created. Its children carry it and
 * exist only while the parent still has it.
 */
export type Generation = string;

/** The parent generation of top-level objects, such as buckets. */
export const ROOT_GENERATION: Generation = "root";

/** Generates a random generation of lowercase letters and digits, so that it is a valid search index name. */
export const newGeneration = (): Generation => randomBytes(10).toString("hex");
