import { describe, expect, it } from "@jest/globals";
import { createAuthorizer, type Grants } from "../../../core/permissions/authorizer.ts";
import { explainPermissions } from "../../../core/permissions/explain.ts";
import type { Acl, Membership, Store, StoredObject } from "../../../core/ports/store.ts";
import { ancestors, createResources, listRef, type ObjectRef, ROOT_GENERATION } from "../../../core/resources.ts";
import { Session, SnapshotCache } from "../../../core/store/session.ts";
import fc from "../../fast-check.ts";
import { NO_GRANTS } from "./no-grants.ts";

const RESOURCES = createResources([], { executable: true });
const USER = "account:ada";
const GROUPS = ["/buckets/a/groups/g", "/buckets/a/groups/h"];
const URIS = ["/buckets/a", ...GROUPS, "/buckets/a/collections/c", "/buckets/a/collections/c/records/r"];
const refOf = (uri: string) => RESOURCES.parseUri(uri) as ObjectRef;
const generationOf = (ref: ObjectRef | null) => (ref === null ? ROOT_GENERATION : `of ${ref.uri}`);

interface Tree {
  readonly acls: Readonly<Record<string, Acl | undefined>>;
  readonly members: Readonly<Record<string, readonly string[]>>;
}

/** A session that has read an object and its ancestors. All objects of the tree exist. */
const openSession = async ({ acls, members }: Tree, ref: ObjectRef): Promise<Session> => {
  const stored = (uri: string): StoredObject => ({
    json: "{}",
    last_modified: 1,
    revision: 1,
    deleted: false,
    acl: acls[uri] ?? {},
    changedBy: "test",
    parentGeneration: generationOf(refOf(uri).list.parent),
    ownGeneration: generationOf(refOf(uri)),
  });
  const groupsOf = (member: string) =>
    Object.keys(members)
      .filter((uri) => members[uri]?.includes(member))
      .map((group): Membership => ({ group, parentGeneration: generationOf(refOf("/buckets/a")), unverified: false }));
  const store = {
    read: async ({ members: users = [] }) => ({
      objects: new Map(
        [ref, ...ancestors(ref)].flatMap(({ uri }) => (Object.hasOwn(acls, uri) ? [[uri, stored(uri)] as const] : [])),
      ),
      parents: new Map(),
      clocks: new Map(),
      memberships: new Map(users.map((user: string) => [user, { groups: groupsOf(user) }])),
    }),
  } as unknown as Store;
  const session = new Session(store, new SnapshotCache(), 0);
  await session.read({ objects: [ref, ...ancestors(ref)], clocks: [] });
  return session;
};

const settingsOf = (settings: Readonly<Record<string, readonly string[]>>): Grants => ({
  ...NO_GRANTS,
  principals: (permission, resource) => settings[`${resource}.${permission}`] ?? [],
  namedPrincipals: new Set(Object.values(settings).flat()),
});

const principals = fc.uniqueArray(
  fc.constantFrom(USER, "account:bob", "system.Everyone", "system.Authenticated", ...GROUPS),
  { maxLength: 2 },
);
const acls = fc.record(
  Object.fromEntries(
    URIS.map((uri) => [
      uri,
      fc.dictionary(fc.constantFrom(...refOf(uri).list.resource.permissions), principals, { maxKeys: 2 }),
    ]),
  ),
  { requiredKeys: [] },
);
const members = fc.record(
  Object.fromEntries(
    GROUPS.map((uri) => [uri, fc.subarray([USER, "account:bob", "system.Authenticated"], { maxLength: 1 })]),
  ),
);
const settings = fc.dictionary(
  fc
    .tuple(fc.constantFrom("bucket", "collection", "group", "record"), fc.constantFrom("create", "read", "write"))
    .map((parts) => parts.join(".")),
  principals,
  { maxKeys: 2 },
);

describe("explainPermissions", () => {
  it("decides as the authorizer does, for any objects, groups and settings", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({ acls, members }),
        settings,
        fc.constantFrom(USER, "account:eve", null),
        fc.constantFrom(...URIS),
        async (tree, given, user, uri) => {
          const [ref, grants] = [refOf(uri), settingsOf(given)];
          const authorizer = await createAuthorizer(await openSession(tree, ref), grants, user);
          const { permissions } = await explainPermissions(
            await openSession(tree, ref),
            { grants, resources: RESOURCES },
            { user, ref },
          );

          for (const { permission, allowed, grants: found } of permissions) {
            const child = ref.list.resource.children.find(({ name }) => permission === `${name}:create`);
            const expected = await (child === undefined
              ? authorizer.can(permission, ref)
              : authorizer.canCreateIn(listRef(child, ref)));
            expect([permission, allowed]).toEqual([permission, expected]);
            expect(found.length > 0).toBe(allowed);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  const explain = async (
    tree: Tree,
    uri: string | null,
    { user = USER, given = {} }: { user?: string | null; given?: Readonly<Record<string, readonly string[]>> } = {},
  ) => {
    const ref = uri === null ? null : refOf(uri);
    const session = await openSession(tree, ref ?? refOf("/buckets/a"));
    return explainPermissions(session, { grants: settingsOf(given), resources: RESOURCES }, { user, ref });
  };
  const RECORD = "/buckets/a/collections/c/records/r";

  it("names the group, the member, and the ancestor whose permission is inherited", async () => {
    const { exists, permissions } = await explain(
      { acls: { "/buckets/a": { write: ["/buckets/a/groups/g"] } }, members: { "/buckets/a/groups/g": [USER] } },
      RECORD,
    );

    expect(exists).toBe(false);
    expect(permissions.find(({ permission }) => permission === "read")).toEqual({
      permission: "read",
      allowed: true,
      truncated: false,
      grants: [
        {
          principal: "/buckets/a/groups/g",
          member: USER,
          on: "/buckets/a",
          permission: "write",
          by: "object",
          inherited: true,
        },
      ],
      grantedBy: [
        { on: RECORD, permissions: ["write", "read"] },
        { on: "/buckets/a/collections/c", permissions: ["write", "read"] },
        { on: "/buckets/a", permissions: ["write", "read"] },
      ],
    });
  });

  it("names a setting once, whatever the number of ancestors", async () => {
    const { permissions } = await explain({ acls: { [RECORD]: {} }, members: {} }, RECORD, {
      user: null,
      given: { "record.read": ["system.Everyone"] },
    });

    expect(permissions.flatMap(({ permission, grants }) => (permission === "read" ? grants : []))).toEqual([
      {
        principal: "system.Everyone",
        on: RECORD,
        permission: "read",
        by: "setting",
        setting: "recordReadPrincipals",
        inherited: false,
      },
    ]);
  });

  it("explains who may create buckets at the root", async () => {
    const { permissions } = await explain({ acls: {}, members: {} }, null, {
      given: { "bucket.create": ["system.Authenticated"] },
    });

    expect(permissions).toMatchObject([
      {
        permission: "bucket:create",
        allowed: true,
        grants: [{ principal: "system.Authenticated", on: "/", by: "setting", setting: "bucketCreatePrincipals" }],
      },
    ]);
  });

  it("lists at most 20 ways, and says that there are more", async () => {
    const groups = Array.from({ length: 21 }, (_, n) => `/buckets/a/groups/g${n}`);
    const members = Object.fromEntries(groups.map((group) => [group, [USER]]));
    const { permissions } = await explain({ acls: { "/buckets/a": { read: groups } }, members }, "/buckets/a");

    const { grants, truncated } = permissions.find(({ permission }) => permission === "read") ?? {};
    expect([grants?.length, truncated]).toEqual([20, true]);
  });
});
