import { describe, expect, it } from "@jest/globals";
import {
  type Area,
  coversList,
  coversObject,
  type DeclaredPermissions,
  resourceAt,
  toAreas,
  withDeclaredPermissions,
} from "../../../core/permissions/areas.ts";
import type { Grants } from "../../../core/permissions/authorizer.ts";
import { createResources, type ObjectRef, parseListUri } from "../../../core/resources.ts";

const PRINCIPALS = { create: [], read: [], write: [] };
const RESOURCES = createResources([
  { name: "comment", about: "Is a test.", plural: "comments", parent: "record", principals: PRINCIPALS },
  { name: "device", about: "Is a test.", plural: "devices", parent: null, principals: PRINCIPALS },
]);
const refOf = (uri: string) => RESOURCES.parseUri(uri) as ObjectRef;
const listOf = (uri: string) => {
  const list = parseListUri(RESOURCES, uri);
  if (list === undefined) throw new Error(`${uri} is not a list`);
  return list;
};
const areasOf = (permissions: DeclaredPermissions): readonly Area[] => toAreas(RESOURCES, permissions);

describe("toAreas", () => {
  it.each<[DeclaredPermissions, readonly Area[]]>([
    [{}, []],
    [{ read: ["/buckets/a"] }, [{ path: ["buckets", "a"], includesChildren: true, writable: false }]],
    [{ execute: ["/buckets/a"] }, [{ path: ["buckets", "a"], includesChildren: true, writable: false }]],
    [{ write: ["/buckets/*"] }, [{ path: ["buckets", "*"], includesChildren: true, writable: true }]],
    [{ shared: ["/buckets/a/"] }, [{ path: ["buckets", "a"], includesChildren: true, writable: true }]],
    [
      { "collection:create": ["/buckets/a"] },
      [
        { path: ["buckets", "a"], includesChildren: false, writable: false },
        { path: ["buckets", "a", "collections", "*"], includesChildren: true, writable: true },
      ],
    ],
    [{ "bucket:create": ["/"] }, [{ path: ["buckets", "*"], includesChildren: true, writable: true }]],
    [
      { read: ["/buckets/a", "/buckets/b"], write: ["/devices/*"] },
      [
        { path: ["buckets", "a"], includesChildren: true, writable: false },
        { path: ["buckets", "b"], includesChildren: true, writable: false },
        { path: ["devices", "*"], includesChildren: true, writable: true },
      ],
    ],
  ])("converts %j", (permissions, areas) => {
    expect(areasOf(permissions)).toEqual(areas);
  });
});

describe("coversObject", () => {
  it.each<[DeclaredPermissions, string, readonly [read: boolean, write: boolean]]>([
    [{}, "/buckets/a", [false, false]],
    [{ read: ["/buckets/a"] }, "/buckets/a", [true, false]],
    [{ read: ["/buckets/a"] }, "/buckets/a/collections/c", [true, false]],
    [{ read: ["/buckets/a"] }, "/buckets/a/collections/c/records/r/comments/x", [true, false]],
    [{ read: ["/buckets/a"] }, "/buckets/b", [false, false]],
    [{ read: ["/buckets/a/collections/c"] }, "/buckets/a", [false, false]],
    [{ read: ["/buckets/a/collections/c"] }, "/buckets/a/groups/c", [false, false]],
    [{ write: ["/buckets/a"] }, "/buckets/a/groups/g", [true, true]],
    [{ write: ["/buckets/*/collections/c"] }, "/buckets/b/collections/c", [true, true]],
    [{ write: ["/buckets/*/collections/c"] }, "/buckets/b/collections/d", [false, false]],
    [{ write: ["/*/a"] }, "/buckets/a", [false, false]],
    [{ write: ["/buckets/a/collections/*"] }, "/buckets/a/collections/c/records/r", [true, true]],
    [{ write: ["/buckets/a/collections/*"] }, "/buckets/b/collections/c/records/r", [false, false]],
    [{ "collection:create": ["/buckets/a"] }, "/buckets/a", [true, false]],
    [{ "collection:create": ["/buckets/a"] }, "/buckets/a/groups/g", [false, false]],
    [{ "collection:create": ["/buckets/a"] }, "/buckets/a/collections/c/records/r", [true, true]],
    [{ "device:create": ["/"] }, "/devices/d", [true, true]],
    [{ "device:create": ["/"] }, "/buckets/a", [false, false]],
    [{ read: ["/buckets/a"], write: ["/buckets/b"] }, "/buckets/b", [true, true]],
  ])("%j covers %s for reading and writing: %j", (permissions, uri, expected) => {
    const areas = areasOf(permissions);

    expect([coversObject(areas, refOf(uri), false), coversObject(areas, refOf(uri), true)]).toEqual(expected);
  });
});

describe("coversList", () => {
  it.each<[DeclaredPermissions, string, readonly [read: boolean, write: boolean]]>([
    [{}, "/buckets", [false, false]],
    [{ read: ["/buckets/a"] }, "/buckets", [true, false]],
    [{ write: ["/buckets/a"] }, "/buckets", [true, true]],
    [{ write: ["/buckets/a"] }, "/devices", [false, false]],
    [{ write: ["/buckets/a"] }, "/buckets/a/collections", [true, true]],
    [{ write: ["/buckets/a"] }, "/buckets/a/collections/c/records", [true, true]],
    [{ read: ["/buckets/a"] }, "/buckets/a/collections/c/records", [true, false]],
    [{ write: ["/buckets/a"] }, "/buckets/b/collections", [false, false]],
    [{ write: ["/buckets/a/collections/c"] }, "/buckets/a/collections", [true, true]],
    [{ write: ["/buckets/a/collections/c"] }, "/buckets/a/groups", [false, false]],
    [{ write: ["/buckets/a/collections/c"] }, "/buckets", [false, false]],
    [{ write: ["/buckets/*/collections/c"] }, "/buckets/b/collections", [true, true]],
    [{ "collection:create": ["/buckets/a"] }, "/buckets/a/collections", [true, true]],
    [{ "collection:create": ["/buckets/a"] }, "/buckets/a/groups", [false, false]],
    [{ "bucket:create": ["/"] }, "/buckets", [true, true]],
    [{ "bucket:create": ["/"] }, "/devices", [false, false]],
  ])("%j covers objects of %s for reading and writing: %j", (permissions, uri, expected) => {
    const [areas, list] = [areasOf(permissions), listOf(uri)];

    expect([coversList(areas, list, false), coversList(areas, list, true)]).toEqual(expected);
  });
});

describe("resourceAt", () => {
  it.each<[string, string | null | undefined]>([
    ["/", null],
    ["", undefined],
    ["/buckets", undefined],
    ["/buckets/a", "bucket"],
    ["/buckets/*", "bucket"],
    ["/buckets/*/collections/*", "collection"],
    ["/buckets/*/collections/*/records/*/comments/x", "comment"],
    ["/devices/*", "device"],
    ["/buckets/a*", undefined],
    ["/buckets/*a", undefined],
    ["/buckets/a/*/c", undefined],
    ["/unknown/*", undefined],
  ])("finds the resource of %j: %j", (uri, name) => {
    const resource = resourceAt(RESOURCES, uri);

    expect(resource === null ? null : resource?.name).toBe(name);
  });
});

describe("withDeclaredPermissions", () => {
  const USER = "plugin:p";
  const grants: Grants = {
    principals: (permission, resource, location) => [`${permission} ${resource} at ${location?.uri ?? "/"}`],
    principalsAnywhere: (permission, resource) => [`${permission} ${resource}`],
    staticGrants: () => ["of settings"],
    namedPrincipals: new Set(["named"]),
  };
  const declared = { "bucket:create": ["/"], "device:create": ["/buckets/a"], read: ["/buckets/*", "/devices/d"] };
  const combined = withDeclaredPermissions(grants, USER, declared);

  it("lets the user create top-level objects only where the root is declared", () => {
    const bucket = refOf("/buckets/a");

    expect(combined.principals("create", "bucket", null)).toEqual(["create bucket at /", USER]);
    expect(combined.principals("create", "bucket", bucket)).toEqual(["create bucket at /buckets/a"]);
    expect(combined.principals("write", "bucket", null)).toEqual(["write bucket at /"]);
    expect(combined.principals("create", "device", null)).toEqual(["create device at /"]);
    expect(combined.principals("create", "collection", null)).toEqual(["create collection at /"]);
  });

  it("grants the user the declared permissions on the declared objects", () => {
    expect(combined.staticGrants("read", refOf("/buckets/b"))).toEqual([USER]);
    expect(combined.staticGrants("read", refOf("/devices/d"))).toEqual([USER]);
    expect(combined.staticGrants("read", refOf("/devices/e"))).toEqual([]);
    expect(combined.staticGrants("read", refOf("/buckets/b/groups/g"))).toEqual([]);
    expect(combined.staticGrants("write", refOf("/buckets/b"))).toEqual([]);
    expect(combined.staticGrants("device:create", refOf("/buckets/a"))).toEqual([USER]);
  });

  it("keeps the other grants of settings", () => {
    expect(combined.principalsAnywhere("read", "bucket")).toEqual(["read bucket"]);
    expect([...combined.namedPrincipals]).toEqual(["named"]);
  });
});
