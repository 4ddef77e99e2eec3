/** A model of Kinto's permission rules on a plain tree of objects, without generations, index items and storage. */

export type Resource = "bucket" | "group" | "collection" | "record";
export type Permissions = Readonly<Record<string, readonly string[]>>;
/** Objects by URI, e.g. `/buckets/blog/collections/posts`. */
export type Tree = ReadonlyMap<string, { readonly permissions: Permissions; readonly members: readonly string[] }>;
/** URIs by permission; `*` is any id. */
export type Scope = Permissions;
/** A user id, or `null` for an anonymous user. */
export type User = string | null;
/** Principals with a permission on all objects of a resource. */
export type Settings = { readonly [Name in `${Resource}${"Create" | "Read" | "Write"}Principals`]?: readonly string[] };

/** A request. `at` is the URI of an object (GET, PUT, PATCH, DELETE) or a list (GET, POST, DELETE). */
export interface Request {
  readonly as: User;
  /** What it may do at most; all that the user may do when absent. */
  readonly scope?: Scope | undefined;
  readonly method: "GET" | "PUT" | "PATCH" | "POST" | "DELETE";
  readonly at: string;
  /** The id in the body of a POST. */
  readonly id?: string;
  /** `If-None-Match: *` */
  readonly onlyNew?: boolean;
  readonly permissions?: Permissions;
  readonly members?: readonly string[];
}

/** The expected response, and the tree afterwards. */
export interface ExpectedResult {
  readonly status: number;
  /** The permissions in the response. */
  readonly permissions?: Permissions;
  /** The ids of the objects in the response. */
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

/** The permissions on the objects of a resource. */
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
/** Returns an object and its ancestors. */
const withAncestors = (uri: string): string[] => (uri === "" ? [] : [uri, ...withAncestors(above(above(uri)))]);

/** Returns a user's principals, including groups that have the user or all authenticated users as members. */
const principals = (tree: Tree, user: User): ReadonlySet<string> => {
  const groups = [...tree]
    .filter(([, { members }]) => members.some((member) => member === user || member === AUTHENTICATED))
    .map(([uri]) => uri);
  return new Set(user === null ? [EVERYONE] : [user, EVERYONE, AUTHENTICATED, ...groups]);
};

/**
 * `write` on an object allows everything on it and its descendants. `read` allows reading it and its descendants.
 * `x:create` allows creating an x in it and reading the object itself. Settings for a resource grant the same on all
 * its objects; `write` includes `read` and `create`, except on the list of buckets.
 */
const rules = (tree: Tree, settings: Settings, user: User) => {
  const names = principals(tree, user);
  return rulesOf(
    (resource, what) => (settings[`${resource}${what}Principals`] ?? []).some((name) => names.has(name)),
    (uri, permission) => tree.get(uri)?.permissions[permission]?.some((name) => names.has(name)) === true,
  );
};

/** A scope allows what permissions would grant that name its user on its URIs. */
const scopeRules = (scope: Scope) => {
  const names = (uri: string, permission: string) =>
    (uri === "/" || PERMISSIONS[resourceOf(uri)].includes(permission)) &&
    (scope[permission] ?? []).some((pattern) => new RegExp(`^${pattern.replaceAll("/*", "/[^/]+")}$`).test(uri));
  return rulesOf((resource, what) => resource === "bucket" && isAllowedEverywhere(names, what), names);
};

const isAllowedEverywhere = (names: (uri: string, permission: string) => boolean, what: string) => {
  if (what === "Create") return names("/", "bucket:create");
  return names("/buckets/*", "write") || (what === "Read" && names("/buckets/*", "read"));
};

type IsGranted = (resource: Resource, what: "Create" | "Read" | "Write") => boolean;

const rulesOf = (isGranted: IsGranted, isNamed: (uri: string, permission: string) => boolean) => {
  const grants = (uri: string, ...permissions: readonly string[]) =>
    permissions.some((permission) => isNamed(uri, permission));

  /** @param target the resource that the request is about: that of the object or of its children */
  const writes = (uri: string, target = resourceOf(uri)) =>
    isGranted(target, "Write") || withAncestors(uri).some((at) => grants(at, "write"));
  const reads = (uri: string, target = resourceOf(uri)) =>
    writes(uri, target) || isGranted(target, "Read") || withAncestors(uri).some((at) => grants(at, "read"));
  const sees = (uri: string) => reads(uri) || grants(uri, "group:create", "collection:create", "record:create");

  const createsIn = (list: string) => {
    const resource = resourceOf(list);
    return (
      isGranted(resource, "Create") ||
      (list !== "/buckets" && (writes(above(list), resource) || grants(above(list), `${resource}:create`)))
    );
  };
  const readsAll = (list: string) =>
    list === "/buckets" ? isGranted("bucket", "Read") : reads(above(list), resourceOf(list));
  const writesAll = (list: string) =>
    list === "/buckets" ? isGranted("bucket", "Write") : writes(above(list), resourceOf(list));
  /** Users who may read the list get 404 for a missing object; for a bucket, users who may write all buckets. */
  const learnsMissing = (uri: string) =>
    resourceOf(uri) === "bucket" ? isGranted("bucket", "Write") : readsAll(above(uri));
  return { isGranted, grants, writes, reads, sees, createsIn, readsAll, writesAll, learnsMissing };
};

type Rules = ReturnType<typeof rulesOf>;

/** Allows what two rules allow. */
const both = (a: Rules, b: Rules): Pick<Rules, "writes" | "sees" | "createsIn" | "learnsMissing"> => ({
  writes: (uri) => a.writes(uri) && b.writes(uri),
  sees: (uri) => a.sees(uri) && b.sees(uri),
  createsIn: (list) => a.createsIn(list) && b.createsIn(list),
  learnsMissing: (uri) => a.learnsMissing(uri) && b.learnsMissing(uri),
});

/** Returns Kinto's response to a request. */
export const expectedResult = (tree: Tree, settings: Settings, request: Request): ExpectedResult => {
  const { as, scope, method, at, onlyNew = false } = request;
  const own = rules(tree, settings, as);
  const limits = scope && scopeRules(scope);
  const allowed = limits === undefined ? own : both(own, limits);
  const list = isList(at) ? at : above(at);
  const failed = (status: number): ExpectedResult => ({ status, tree });
  const denied = failed(as === null ? 401 : 403);
  const hasNoParent = list !== "/buckets" && !tree.has(above(list));
  const exists = tree.has(at) && !hasNoParent;

  /** Permissions are returned only to users whom the object itself grants `write`. */
  const objectResult = (status: number, uri: string, after: Tree = tree): ExpectedResult => {
    const { permissions = {} } = after.get(uri) ?? {};
    return {
      status,
      permissions: rules(after, settings, as).grants(uri, "write") && limits?.writes(uri) !== false ? permissions : {},
      tree: after,
    };
  };
  /** Returns the accessible objects of the list, or `undefined` when the list itself is not accessible. */
  const accessible = (all: boolean, ...permissions: readonly string[]): readonly string[] | undefined => {
    const children = [...tree.keys()].filter((uri) => above(uri) === list);
    const isLimited = method === "GET" ? limits?.sees : limits?.writes;
    const shared = children.filter((uri) => (all || own.grants(uri, ...permissions)) && isLimited?.(uri) !== false);
    const isWhole = all && (method === "GET" ? limits?.readsAll : limits?.writesAll)?.(list) !== false;
    return isWhole || shared.length > 0 || allowed.createsIn(list) ? shared : undefined;
  };
  const idOf = (uri: string) => uri.slice(list.length + 1);

  // Every writer gets 404 for a record's missing collection.
  const changes = isList(at) ? method === "POST" : method !== "GET";
  if (hasNoParent && resourceOf(at) === "record" && changes) return failed(404);

  if (isList(at)) {
    if (method === "POST") {
      const uri = `${at}/${request.id}`;
      if (tree.has(uri)) return allowed.sees(uri) ? objectResult(200, uri) : denied;
      if (!allowed.createsIn(at)) return denied;
      return hasNoParent ? failed(404) : objectResult(201, uri, edit(tree, uri, request));
    }
    const uris =
      method === "GET"
        ? accessible(own.readsAll(at), "read", "write", "group:create", "collection:create", "record:create")
        : accessible(own.writesAll(at), "write");
    if (uris === undefined) return denied;
    if (hasNoParent) return failed(404);
    return { status: 200, ids: uris.map(idOf), tree: method === "GET" ? tree : without(tree, uris) };
  }

  if (method === "GET") {
    if (!allowed.sees(at)) return denied;
    return exists ? objectResult(200, at) : failed(404);
  }
  if (method === "PUT") {
    // The permission to create is enough when the request can only create.
    if (exists && !onlyNew ? !allowed.writes(at) : !allowed.createsIn(list)) return denied;
    if (hasNoParent) return failed(404);
    if (exists && onlyNew) return failed(412);
    return objectResult(exists ? 200 : 201, at, edit(tree, at, request));
  }
  if (exists ? !allowed.writes(at) : !allowed.learnsMissing(at)) return denied;
  if (!exists) return failed(404);
  return method === "PATCH"
    ? objectResult(200, at, edit(tree, at, request))
    : { status: 200, tree: without(tree, [at]) };
};

/**
 * PUT and POST replace the members, and the permissions if there are any; PATCH replaces the given members and
 * permissions. Empty permissions are removed, and the editor keeps `write`.
 */
const edit = (tree: Tree, uri: string, { as, method, permissions: given = {}, members }: Request): Tree => {
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

/** The permissions that a permission implies on the same object. */
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
 * Returns the expected response of `/permissions`: by URI, the permissions that objects or settings grant a user,
 * without inherited ones; `/` stands for the root. Settings for records list no records.
 */
export const permissionsOf = (
  tree: Tree,
  settings: Settings,
  user: User,
  scope?: Scope,
): ReadonlyMap<string, readonly string[]> => {
  const limits = scope && scopeRules(scope);
  const isAllowed = (uri: string, permission: string) => {
    if (limits === undefined) return true;
    if (permission.endsWith(":create")) return limits.createsIn(`${uri}/${permission.slice(0, -":create".length)}s`);
    return permission === "write" ? limits.writes(uri) : permission === "read" ? limits.reads(uri) : limits.sees(uri);
  };
  const { isGranted, grants } = rules(tree, settings, user);
  const entries = [...tree.keys()].map((uri) => {
    const resource = resourceOf(uri);
    const own = PERMISSIONS[resource].filter(
      (permission) => grants(uri, permission) || isGrantedBySettings(isGranted, resource, permission),
    );
    const implied = own.flatMap(
      (permission) => IMPLIED[resource]?.[permission] ?? (permission === "write" ? ["write", "read"] : [permission]),
    );
    return [uri, [...new Set(implied)].filter((permission) => isAllowed(uri, permission)).toSorted()] as const;
  });
  const root: [string, readonly string[]][] =
    isGranted("bucket", "Create") && isAllowed("", "bucket:create") ? [["/", ["bucket:create"]]] : [];
  return new Map([...root, ...entries.filter(([, permissions]) => permissions.length > 0)]);
};

const isGrantedBySettings = (
  isGranted: (resource: Resource, what: "Create" | "Read" | "Write") => boolean,
  resource: Resource,
  permission: string,
): boolean => {
  if (resource === "record") return false;
  if (permission === "read" || permission === "write")
    return isGranted(resource, permission === "read" ? "Read" : "Write");
  return isGranted(permission.split(":")[0] as Resource, "Create");
};
