/** Kinto's rules of who may do what, over a plain tree of objects: no lives, no rows, no storage. */

export type Resource = "bucket" | "group" | "collection" | "record";
export type Permissions = Readonly<Record<string, readonly string[]>>;
/** By URI: `/buckets/blog/collections/posts`. */
export type Tree = ReadonlyMap<string, { readonly permissions: Permissions; readonly members: readonly string[] }>;
/** A user id, or nobody in particular. */
export type User = string | null;
/** What an operator grants on all objects of a resource. */
export type Settings = { readonly [Name in `${Resource}${"Create" | "Read" | "Write"}Principals`]?: readonly string[] };

/** One request. `at` is the URI of an object (GET, PUT, PATCH, DELETE) or of a list (GET, POST, DELETE). */
export interface Request {
  readonly as: User;
  readonly method: "GET" | "PUT" | "PATCH" | "POST" | "DELETE";
  readonly at: string;
  /** The id that a POST brings. */
  readonly id?: string;
  /** `If-None-Match: *` */
  readonly onlyNew?: boolean;
  readonly permissions?: Permissions;
  readonly members?: readonly string[];
}

/** What is answered, and the tree afterwards. */
export interface Verdict {
  readonly status: number;
  /** Of the object that is shown. */
  readonly permissions?: Permissions;
  /** Of the objects in the list that is shown, or that were deleted. */
  readonly ids?: readonly string[];
  readonly tree: Tree;
}

export const EVERYONE = "system.Everyone";
export const AUTHENTICATED = "system.Authenticated";

const RESOURCES: Readonly<Record<string, Resource>> = {
  buckets: "bucket",
  groups: "group",
  collections: "collection",
  records: "record",
};

/** The permissions that an object of a resource may give. */
export const PERMISSIONS: Readonly<Record<Resource, readonly string[]>> = {
  bucket: ["read", "write", "group:create", "collection:create"],
  group: ["read", "write"],
  collection: ["read", "write", "record:create"],
  record: ["read", "write"],
};

const above = (uri: string): string => uri.slice(0, uri.lastIndexOf("/"));
const isList = (uri: string): boolean => uri.split("/").length % 2 === 0;
/** The resource of an object or of a list's objects. */
export const resourceOf = (uri: string): Resource =>
  RESOURCES[(isList(uri) ? uri : above(uri)).split("/").at(-1) ?? ""] as Resource;
/** The object and its parents. */
const upwards = (uri: string): string[] => (uri === "" ? [] : [uri, ...upwards(above(above(uri)))]);

/** Who somebody is: groups count for their members, and for all who logged in where that is a member. */
export const principals = (tree: Tree, user: User): ReadonlySet<string> => {
  const groups = [...tree]
    .filter(([, { members }]) => members.some((member) => member === user || member === AUTHENTICATED))
    .map(([uri]) => uri);
  return new Set(user === null ? [EVERYONE] : [user, EVERYONE, AUTHENTICATED, ...groups]);
};

/**
 * `write` on an object lets one change it, and do anything with what is below it. `read` lets one read it and what is below it.
 * `x:create` lets one add an x to it, and see the object itself. Settings for a resource grant the same on whatever is asked of that
 * resource, wherever it is: those to write also what reading and creating need, but for the list of buckets, where each is by itself.
 */
const rules = (tree: Tree, settings: Settings, user: User) => {
  const names = principals(tree, user);
  const set = (resource: Resource, what: "Create" | "Read" | "Write") =>
    (settings[`${resource}${what}Principals`] ?? []).some((name) => names.has(name));
  const gives = (uri: string, ...permissions: readonly string[]) =>
    permissions.some((permission) => tree.get(uri)?.permissions[permission]?.some((name) => names.has(name)) === true);

  /** @param below the resource of what is asked about: that of the object, or of its children */
  const writes = (uri: string, below = resourceOf(uri)) =>
    set(below, "Write") || upwards(uri).some((at) => gives(at, "write"));
  const reads = (uri: string, below = resourceOf(uri)) =>
    writes(uri, below) || set(below, "Read") || upwards(uri).some((at) => gives(at, "read"));
  const sees = (uri: string) => reads(uri) || gives(uri, "group:create", "collection:create", "record:create");

  const createsIn = (list: string) => {
    const resource = resourceOf(list);
    return (
      set(resource, "Create") ||
      (list !== "/buckets" && (writes(above(list), resource) || gives(above(list), `${resource}:create`)))
    );
  };
  const readsAll = (list: string) =>
    list === "/buckets" ? set("bucket", "Read") : reads(above(list), resourceOf(list));
  const writesAll = (list: string) =>
    list === "/buckets" ? set("bucket", "Write") : writes(above(list), resourceOf(list));
  /** That there is no such object is told to those who may read its list; where that is the list of buckets, to those who may write any. */
  const learnsMissing = (uri: string) => (resourceOf(uri) === "bucket" ? set("bucket", "Write") : readsAll(above(uri)));
  return { names, set, gives, writes, reads, sees, createsIn, readsAll, writesAll, learnsMissing };
};

/** What Kinto answers a request, and what comes of it. */
export const verdict = (tree: Tree, settings: Settings, request: Request): Verdict => {
  const { as, method, at, onlyNew = false } = request;
  const may = rules(tree, settings, as);
  const list = isList(at) ? at : above(at);
  const refused = (status: number): Verdict => ({ status, tree });
  const denied = refused(as === null ? 401 : 403);
  const orphaned = list !== "/buckets" && !tree.has(above(list));
  const exists = tree.has(at) && !orphaned;

  /** An object's permissions are shown to those whom the object itself lets write. */
  const shown = (status: number, uri: string, after: Tree = tree): Verdict => {
    const { permissions = {} } = after.get(uri) ?? {};
    return {
      status,
      permissions: permissions.write?.some((name) => rules(after, settings, as).names.has(name)) ? permissions : {},
      tree: after,
    };
  };
  /** Those of the list that may be seen or deleted: all, or those that themselves permit it; `undefined` when it is not to be asked for. */
  const reached = (all: boolean, ...permissions: readonly string[]): readonly string[] | undefined => {
    const there = [...tree.keys()].filter((uri) => above(uri) === list);
    const shared = there.filter((uri) => all || may.gives(uri, ...permissions));
    return all || shared.length > 0 || may.createsIn(list) ? shared : undefined;
  };
  const idOf = (uri: string) => uri.slice(list.length + 1);

  // That a record's collection is missing is told to everyone who would change something below it.
  const changes = isList(at) ? method === "POST" : method !== "GET";
  if (orphaned && resourceOf(at) === "record" && changes) return refused(404);

  if (isList(at)) {
    if (method === "POST") {
      const uri = `${at}/${request.id}`;
      if (tree.has(uri)) return may.sees(uri) ? shown(200, uri) : denied;
      if (!may.createsIn(at)) return denied;
      return orphaned ? refused(404) : shown(201, uri, edited(tree, uri, request));
    }
    const uris =
      method === "GET"
        ? reached(may.readsAll(at), "read", "write", "group:create", "collection:create", "record:create")
        : reached(may.writesAll(at), "write");
    if (uris === undefined) return denied;
    if (orphaned) return refused(404);
    return { status: 200, ids: uris.map(idOf), tree: method === "GET" ? tree : without(tree, uris) };
  }

  if (method === "GET") {
    if (!may.sees(at)) return denied;
    return exists ? shown(200, at) : refused(404);
  }
  if (method === "PUT") {
    // Whoever asks for a creation and nothing else needs no more than the permission to create.
    if (exists && !onlyNew ? !may.writes(at) : !may.createsIn(list)) return denied;
    if (orphaned) return refused(404);
    if (exists && onlyNew) return refused(412);
    return shown(exists ? 200 : 201, at, edited(tree, at, request));
  }
  if (exists ? !may.writes(at) : !may.learnsMissing(at)) return denied;
  if (!exists) return refused(404);
  return method === "PATCH" ? shown(200, at, edited(tree, at, request)) : { status: 200, tree: without(tree, [at]) };
};

/**
 * PUT and POST replace the members, and the permissions if they bring any; PATCH replaces the members if it brings them, and the
 * permissions that it names. Those emptied vanish, and the editor keeps `write`.
 */
const edited = (tree: Tree, uri: string, { as, method, permissions: given = {}, members }: Request): Tree => {
  const before = tree.get(uri);
  const kept = method === "PATCH" || Object.keys(given).length === 0 ? before?.permissions : {};
  const all: Permissions = { ...kept, ...given };
  const write = [...(all.write ?? []), as ?? EVERYONE];
  const permissions = Object.fromEntries(
    Object.entries({ ...all, write: [...new Set(write)] }).filter(([, names]) => names.length > 0),
  );
  return new Map([
    ...tree,
    [uri, { permissions, members: members ?? (method === "PATCH" ? (before?.members ?? []) : []) }],
  ]);
};

const without = (tree: Tree, uris: readonly string[]): Tree =>
  new Map([...tree].filter(([uri]) => !uris.some((gone) => uri === gone || uri.startsWith(`${gone}/`))));

/** What a permission on an object lets one do with that object itself. */
const IMPLIED: Readonly<Partial<Record<Resource, Permissions>>> = {
  bucket: {
    write: ["write", "read", "read:attributes", "group:create", "collection:create"],
    read: ["read", "read:attributes"],
    "group:create": ["group:create", "read:attributes"],
    "collection:create": ["collection:create", "read:attributes"],
  },
  collection: {
    write: ["write", "read", "read:attributes", "record:create"],
    read: ["read", "read:attributes"],
    "record:create": ["record:create", "read:attributes"],
  },
};

/**
 * What `/permissions` shows to somebody: by URI, what objects themselves or settings let them do there; `/` stands for what needs no object.
 * What is below is not listed for being below; settings for records list no records.
 */
export const permissionsOf = (tree: Tree, settings: Settings, user: User): ReadonlyMap<string, readonly string[]> => {
  const { set, gives } = rules(tree, settings, user);
  const entries = [...tree.keys()].map((uri) => {
    const resource = resourceOf(uri);
    const own = PERMISSIONS[resource].filter(
      (permission) => gives(uri, permission) || isSet(set, resource, permission),
    );
    const implied = own.flatMap(
      (permission) => IMPLIED[resource]?.[permission] ?? (permission === "write" ? ["write", "read"] : [permission]),
    );
    return [uri, [...new Set(implied)].toSorted()] as const;
  });
  const root: [string, readonly string[]][] = set("bucket", "Create") ? [["/", ["bucket:create"]]] : [];
  return new Map([...root, ...entries.filter(([, permissions]) => permissions.length > 0)]);
};

const isSet = (
  set: (resource: Resource, what: "Create" | "Read" | "Write") => boolean,
  resource: Resource,
  permission: string,
): boolean => {
  if (resource === "record") return false;
  if (permission === "read" || permission === "write") return set(resource, permission === "read" ? "Read" : "Write");
  return set(permission.split(":")[0] as Resource, "Create");
};
