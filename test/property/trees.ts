import fc from "../fast-check.ts";
import {
  AUTHENTICATED,
  EVERYONE,
  PERMISSIONS,
  type Permissions,
  type Request,
  resourceOf,
  type Scope,
  type Settings,
} from "./permissions.ts";

/** Users by name: two that permissions and groups name, one in neither, and an anonymous one. */
export const USERS = ["alice", "bob", "carol", null] as const;
type TestUser = (typeof USERS)[number];

export const BUCKETS = ["a", "b"].map((id) => `/buckets/${id}`);
const GROUPS = BUCKETS.flatMap((bucket) => ["g", "h"].map((id) => `${bucket}/groups/${id}`));
const COLLECTIONS = BUCKETS.flatMap((bucket) => ["c", "d"].map((id) => `${bucket}/collections/${id}`));
const RECORDS = COLLECTIONS.flatMap((collection) => ["r", "s"].map((id) => `${collection}/records/${id}`));
const OBJECTS = [...BUCKETS, ...GROUPS, ...COLLECTIONS, ...RECORDS];
const LISTS = [
  "/buckets",
  ...BUCKETS.flatMap((bucket) => [`${bucket}/groups`, `${bucket}/collections`]),
  ...COLLECTIONS.map((uri) => `${uri}/records`),
];

/** Principals: users by name, groups by URI. */
const principal = fc.constantFrom("alice", "alice", "bob", "bob", ...GROUPS, AUTHENTICATED, EVERYONE);
const permissionsAt = (uri: string): fc.Arbitrary<Permissions> =>
  fc.dictionary(fc.constantFrom(...PERMISSIONS[resourceOf(uri)]), fc.uniqueArray(principal, { maxLength: 2 }), {
    noNullPrototype: true,
    maxKeys: 3,
  });
const members = fc.uniqueArray(fc.constantFrom("alice", "bob", AUTHENTICATED), { maxLength: 2 });

/** A random subset of the objects, parents first. */
export const objectDrafts: fc.Arbitrary<readonly ObjectDraft[]> = fc
  .tuple(
    ...OBJECTS.map((at) =>
      fc.record({
        at: fc.constant(at),
        kept: fc.integer({ min: 0, max: 5 }).map((roll) => roll > 0),
        permissions: permissionsAt(at),
        ...(resourceOf(at) === "group" && { members }),
      }),
    ),
  )
  .map((all) =>
    all.filter(({ at, kept }) => kept && all.every((parent) => parent.kept || !at.startsWith(`${parent.at}/`))),
  );
export interface ObjectDraft {
  readonly at: string;
  readonly permissions: Permissions;
  readonly members?: readonly string[];
}

/** A request with the user's name. */
export type UserRequest = Omit<Request, "as"> & { readonly as: TestUser };

/** Objects, any objects, and the root. */
const scopeUri = fc.oneof(
  fc.constantFrom(...OBJECTS),
  fc
    .constantFrom(...OBJECTS, ...BUCKETS)
    .chain((at) => fc.constantFrom(at, at.replace(/[^/]+$/, "*"), at.replace(/^\/buckets\/./, "/buckets/*"))),
);
/** A random scope; it may name permissions that objects do not have. */
const scopes: fc.Arbitrary<Scope> = fc.dictionary(
  fc.constantFrom("read", "write", "collection:create", "group:create", "record:create", "bucket:create"),
  fc.uniqueArray(fc.oneof({ weight: 8, arbitrary: scopeUri }, fc.constant("/")), { minLength: 1, maxLength: 3 }),
  { noNullPrototype: true, maxKeys: 3 },
);

const user = fc.constantFrom<TestUser>(...USERS);
const onObject = fc.constantFrom(...OBJECTS).chain((at) =>
  fc.record(
    {
      as: user,
      at: fc.constant(at),
      method: fc.constantFrom(
        "GET" as const,
        "GET" as const,
        "PUT" as const,
        "PUT" as const,
        "PATCH" as const,
        "DELETE" as const,
      ),
      onlyNew: fc.boolean(),
      permissions: permissionsAt(at),
      ...(resourceOf(at) === "group" && { members }),
    },
    { requiredKeys: ["as", "at", "method"] },
  ),
);
// Lists with short paths are more frequent: more permissions apply to their objects.
const onList = fc.constantFrom("/buckets", ...LISTS, ...LISTS.filter((at) => at.endsWith("/collections"))).chain((at) =>
  fc.record({
    as: user,
    at: fc.constant(at),
    method: fc.constantFrom("GET" as const, "GET" as const, "POST" as const, "POST" as const, "DELETE" as const),
    id: fc.constantFrom(
      ...OBJECTS.filter((uri) => uri.startsWith(`${at}/`) && !uri.slice(at.length + 1).includes("/")).map((uri) =>
        uri.slice(at.length + 1),
      ),
    ),
    permissions: permissionsAt(`${at}/x`),
  }),
);
export const requestsOfUsers: fc.Arbitrary<readonly UserRequest[]> = fc.array(
  fc
    .tuple(fc.oneof({ weight: 2, arbitrary: onObject }, onList), fc.option(scopes, { nil: undefined, freq: 2 }))
    .map(([request, scope]) => (request.as === null ? request : { ...request, scope })),
  { minLength: 20, maxLength: 30 },
);

const granted = fc.uniqueArray(fc.constantFrom("alice", "bob", AUTHENTICATED, EVERYONE), {
  minLength: 1,
  maxLength: 2,
});
/** Random settings with principals by name. */
export const someSettings: fc.Arbitrary<Settings> = fc.dictionary(
  fc.constantFrom(
    ...(["bucket", "group", "collection", "record"] as const).flatMap((resource) =>
      (["Create", "Read", "Write"] as const).map((what) => `${resource}${what}Principals` as const),
    ),
  ),
  granted,
  { noNullPrototype: true, maxKeys: 3 },
);
