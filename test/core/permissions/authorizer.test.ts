import { describe, expect, it } from "@jest/globals";
import { Authorizer, createAuthorizer, type Grants } from "../../../core/permissions/authorizer.ts";
import {
  granters,
  impliedPermissions,
  type Permission,
  sharingPermissions,
} from "../../../core/permissions/inheritance.ts";
import type { Acl, Membership, Store, StoredObject } from "../../../core/ports/store.ts";
import { createResources, type ObjectRef, parseListUri, ROOT_GENERATION } from "../../../core/resources.ts";
import { Session, SnapshotCache } from "../../../core/store/session.ts";
import { View } from "../../../core/store/view.ts";
import { NO_GRANTS } from "./no-grants.ts";

const PRINCIPALS = { create: [], read: [], write: [] };
const RESOURCES = createResources(
  [{ name: "device", about: "Is a test.", plural: "devices", parent: null, principals: PRINCIPALS }],
  { executable: true },
);
const { collection: COLLECTION, record: RECORD } = RESOURCES.core;
const USER = "basicauth:one";
const GROUP_URI = "/buckets/a/groups/g";
const refOf = (uri: string) => RESOURCES.parseUri(uri) as ObjectRef;
const listOf = (uri: string) => {
  const list = parseListUri(RESOURCES, uri);
  if (list === undefined) throw new Error(`${uri} is not a list`);
  return list;
};

const generationOf = (ref: ObjectRef | null) => (ref === null ? ROOT_GENERATION : `of ${ref.uri}`);
const stored = (ref: ObjectRef, acl: Acl): StoredObject => ({
  json: "{}",
  last_modified: 1,
  revision: 1,
  deleted: false,
  acl,
  changedBy: "test",
  parentGeneration: generationOf(ref.list.parent),
  ownGeneration: generationOf(ref),
});
/** All objects exist; some have permissions. */
const viewOf = (acls: Readonly<Record<string, Acl>>) => {
  const uris = [
    "/buckets/a",
    "/buckets/a/collections/c",
    "/buckets/a/collections/c/records/r",
    GROUP_URI,
    "/devices/d",
  ];
  const objects = new Map(uris.map((uri) => [uri, stored(refOf(uri), acls[uri] ?? {})]));
  return new View({ objects, parents: new Map(), clocks: new Map(), memberships: new Map() }, 0);
};
const authorizerOf = (acls: Readonly<Record<string, Acl>>, grants: Partial<Grants> = {}, principals = [USER]) =>
  new Authorizer(USER, principals, { ...NO_GRANTS, ...grants }, viewOf(acls));

describe("granters", () => {
  const URI = "/buckets/a/collections/c";
  it.each<[Permission, readonly string[], readonly string[]]>([
    ["write", ["write"], ["write"]],
    ["read", ["write", "read"], ["write", "read"]],
    ["execute", ["write", "execute"], ["write", "execute"]],
    ["read:attributes", ["read", "write", "record:create", "execute"], ["write", "read"]],
    ["record:create", ["write", "record:create"], ["write"]],
    ["group:create", [], []],
  ])("of %s on a collection are %j on itself and %j on its bucket", (permission, own, inherited) => {
    expect(granters(refOf(URI), permission).map(({ ref, permissions }) => [ref.uri, permissions])).toEqual([
      [URI, own],
      ["/buckets/a", inherited],
    ]);
  });
});

describe("sharingPermissions", () => {
  it("lets any permission show an object in a list, and only write delete it", () => {
    expect(sharingPermissions(RECORD, "read")).toEqual(["read", "write"]);
    expect(sharingPermissions(COLLECTION, "read")).toEqual(["read", "write", "record:create", "execute"]);
    expect(sharingPermissions(COLLECTION, "write")).toEqual(["write"]);
  });
});

describe("impliedPermissions", () => {
  it.each([
    ["bucket", "write", ["write", "write", "read", "read:attributes", "group:create", "collection:create", "execute"]],
    ["bucket", "read", ["read", "read", "read:attributes"]],
    ["bucket", "group:create", ["group:create", "read:attributes", "group:create"]],
    ["collection", "execute", ["execute", "read:attributes", "execute"]],
    ["group", "write", ["write", "write", "read", "execute"]],
    ["record", "write", ["write", "write", "read"]],
    ["record", "read", ["read", "read"]],
    ["record", "execute", ["execute"]],
  ] as const)("on a %s, %s implies %j", (name, permission, expected) => {
    expect(impliedPermissions(RESOURCES.core[name], permission)).toEqual(expected);
  });
});

describe("Authorizer", () => {
  it.each<[string, Permission, string, boolean]>([
    ["an object's own permission", "read", "/buckets/a/collections/c/records/r", true],
    ["a permission that implies it", "read", "/buckets/a/collections/c", true],
    ["a permission on an ancestor", "write", "/buckets/a/collections/c/records/r", true],
    ["nothing", "write", "/buckets/a", false],
    ["reading the attributes", "read:attributes", "/buckets/a", true],
    ["no children's permissions", "read", "/buckets/a", false],
    ["creating collections", "collection:create", "/buckets/a", true],
    ["creating no groups", "group:create", "/buckets/a", false],
  ])("can: by %s, %s on %s: %j", async (_, permission, uri, expected) => {
    const acls = {
      "/buckets/a": { "collection:create": [USER] },
      "/buckets/a/collections/c": { write: [USER] },
      "/buckets/a/collections/c/records/r": { read: [USER] },
    };
    expect(await authorizerOf(acls).can(permission, refOf(uri))).toBe(expected);
    expect(await authorizerOf(acls, {}, ["basicauth:two"]).can(permission, refOf(uri))).toBe(false);
  });

  it("can: by settings for the object's resource at the object", async () => {
    const asked: unknown[] = [];
    const authorizer = authorizerOf(
      {},
      {
        principals: (permission, resource, location) => {
          asked.push([permission, resource, location?.uri]);
          return [];
        },
      },
    );
    const uri = "/buckets/a/collections/c";

    await authorizer.can("read", refOf(uri));
    expect(asked).toContainEqual(["read", "collection", uri]);
    expect(asked).toContainEqual(["write", "collection", uri]);
    expect(asked).not.toContainEqual(expect.arrayContaining(["bucket"]));
    asked.length = 0;
    await authorizer.can("execute", refOf(uri));
    await authorizer.canCreateIn(listOf(`${uri}/records`));
    expect(asked).toContainEqual(["create", "record", uri]);
    expect(asked).not.toContainEqual(["create", "collection", uri]);
    expect(asked).not.toContainEqual(expect.arrayContaining(["execute"]));
  });

  it.each([
    ["create", "bucket", "/buckets", [true, false, false]],
    ["read", "bucket", "/buckets", [false, true, false]],
    ["write", "bucket", "/buckets", [false, false, true]],
    ["create", "collection", "/buckets/a/collections", [true, false, false]],
    ["read", "collection", "/buckets/a/collections", [false, true, false]],
    ["write", "collection", "/buckets/a/collections", [true, true, true]],
    ["write", "record", "/buckets/a/collections", [false, false, false]],
  ])("is granted %s on each %s by settings: creates in, reads and writes %s: %j", async (name, on, uri, expected) => {
    const authorizer = authorizerOf(
      {},
      { principals: (permission, resource) => (permission === name && resource === on ? [USER] : []) },
    );
    const list = listOf(uri);

    expect([
      await authorizer.canCreateIn(list),
      await authorizer.canAccessList("read", list),
      await authorizer.canAccessList("write", list),
    ]).toEqual(expected);
  });

  it.each([
    ["read", "/buckets/*", "/buckets", [false, true, false, true]],
    ["write", "/buckets/*", "/buckets", [false, true, true, true]],
    ["read", "/buckets/a", "/buckets/a/collections", [false, true, false, true]],
    ["write", "/buckets/a", "/buckets/a/collections", [true, true, true, true]],
    ["collection:create", "/buckets/a", "/buckets/a/collections", [true, false, false, false]],
    ["record:create", "/buckets/a/collections/*", "/buckets/a/collections", [false, false, false, true]],
    ["read", "/buckets/b", "/buckets/a/collections", [false, false, false, false]],
  ])("is granted %s on %s: creates in, reads, writes, and reads any of %s: %j", async (name, at, uri, expected) => {
    const authorizer = authorizerOf(
      {},
      { staticGrants: (permission, ref) => (permission === name && ref.uri === at ? [USER] : []) },
    );
    const list = listOf(uri);

    expect([
      await authorizer.canCreateIn(list),
      await authorizer.canAccessList("read", list),
      await authorizer.canAccessList("write", list),
      await authorizer.canReadAny(list),
    ]).toEqual(expected);
  });

  it("loads further principals once, and only for groups that it does not know", async () => {
    let loads = 0;
    const authorizer = new Authorizer(USER, [USER, "/buckets/a/groups/known"], NO_GRANTS, viewOf({}), async () => {
      loads++;
      return [GROUP_URI];
    });

    expect(await authorizer.hasAny([])).toBe(false);
    expect(await authorizer.hasAny(["basicauth:two"])).toBe(false);
    expect(await authorizer.hasAny(["basicauth:two", USER])).toBe(true);
    expect(await authorizer.hasAny(["/buckets/a/groups/known", GROUP_URI])).toBe(true);
    expect(loads).toBe(0);
    expect(await authorizer.hasAny(["basicauth:two", GROUP_URI])).toBe(true);
    expect(await authorizer.hasAny([GROUP_URI])).toBe(true);
    expect(await authorizer.hasAny(["/buckets/a/groups/other"])).toBe(false);
    expect(loads).toBe(1);
  });

  it("is created with the groups that the permissions of the view or settings name", async () => {
    const groups = ["g", "h", "i"].map((id) => `/buckets/a/groups/${id}`) as [string, string, string];
    const members: readonly [string, string][] = [
      [USER, groups[0]],
      [USER, groups[1]],
      [USER, groups[2]],
      ["system.Authenticated", groups[0]],
    ];
    const bucket = refOf("/buckets/a");
    const objects = new Map([[bucket.uri, stored(bucket, { write: [groups[0]] })]]);
    const store = {
      read: async ({ members: users = [] }) => ({
        objects,
        parents: new Map(),
        clocks: new Map(),
        memberships: new Map(
          users.map((user: string) => [
            user,
            {
              groups: members.flatMap(([member, group]): readonly Membership[] =>
                member === user ? [{ group, parentGeneration: generationOf(bucket), unverified: false }] : [],
              ),
            },
          ]),
        ),
      }),
    } as unknown as Store;
    const create = async (user: string | null, named: readonly string[] = []) => {
      const session = new Session(store, new SnapshotCache(), 0);
      await session.read({ objects: [bucket], clocks: [] });
      const authorizer = await createAuthorizer(session, { ...NO_GRANTS, namedPrincipals: new Set(named) }, user);
      const has = [];
      for (const group of groups) has.push(await authorizer.hasAny([group]));
      return has;
    };

    expect(await create(USER)).toEqual([true, false, false]);
    expect(await create(USER, [groups[1]])).toEqual([true, true, false]);
    expect(await create("basicauth:two", [groups[1]])).toEqual([true, false, false]);
    expect(await create(null, groups)).toEqual([false, false, false]);
    expect(await create("plugin:p", groups)).toEqual([false, false, false]);
  });
});
