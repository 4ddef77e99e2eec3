import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import type { Patch } from "../../../core/objects/patch-object.ts";
import type { Acl } from "../../../core/ports/store.ts";
import type { JsonObject } from "../../../lib/json.ts";
import { failureOf, openUseCases } from "./open-use-cases.ts";

const OWNER = "basicauth:owner";
const READER = "basicauth:reader";
const URI = "/buckets/a/collections/c/records/r";

let store: Awaited<ReturnType<typeof openUseCases>>;
beforeAll(async () => {
  store = await openUseCases({ settings: { explicitPermissions: false } });
  await store.put("/buckets/a");
  await store.put("/buckets/a/collections/c");
});
afterAll(() => store[Symbol.asyncDispose]());

const DATA = { a: 1, b: { c: [1, 2], d: "x" }, n: null };
const ACL: Acl = { write: [OWNER], read: [READER] };
beforeEach(() => store.put(URI, { data: DATA, acl: ACL }));

/** The data without id and timestamp, and the permissions. */
const patch = async (change: Patch) => {
  const { data, permissions } = await store.as(OWNER).patch(URI, change);
  const { id, last_modified: _, ...fields } = data;
  expect(id).toBe("r");
  return { data: fields, permissions };
};
const operate = (...operations: readonly JsonObject[]) => patch({ kind: "operations", operations } as unknown as Patch);
const failed = (description: string) => ({
  kind: "INVALID_PARAMETERS",
  details: [{ location: "body", name: null, description: `JSON Patch operation failed: ${description}` }],
});

describe("patchObject with fields", () => {
  it.each<[JsonObject, Acl | undefined, JsonObject, Acl]>([
    [{ a: 2 }, undefined, { ...DATA, a: 2 }, ACL],
    [{ z: 1 }, undefined, { ...DATA, z: 1 }, ACL],
    [{ b: {} }, undefined, { ...DATA, b: {} }, ACL],
    [{ a: null }, undefined, { ...DATA, a: null }, ACL],
    [{}, { read: [] }, DATA, { write: [OWNER] }],
    [{}, { read: ["system.Everyone"] }, DATA, { write: [OWNER], read: ["system.Everyone"] }],
  ])("%j and permissions %j: %j, %j", async (data, permissions, expected, acl) => {
    expect(await patch({ kind: "fields", data, ...(permissions && { permissions }) })).toEqual({
      data: expected,
      permissions: acl,
    });
    expect(await store.as(OWNER).get(URI)).toMatchObject({ data: expected, permissions: acl });
  });

  it("changes permissions without data", async () => {
    expect(await patch({ kind: "fields", permissions: { read: [OWNER] } })).toEqual({
      data: DATA,
      permissions: { write: [OWNER], read: [OWNER] },
    });
  });

  it.each<Patch>([{ kind: "fields" }, { kind: "merge" }])("refuses the empty patch %j", async (empty) => {
    expect(await failureOf(store.as(OWNER).patch(URI, empty))).toMatchObject({
      kind: "INVALID_PARAMETERS",
      details: [{ location: "body", name: "data", description: "Provide at least one of data or permissions" }],
    });
  });

  it("refuses another id", async () => {
    expect(await failureOf(store.as(OWNER).patch(URI, { kind: "fields", data: { id: "s" } }))).toMatchObject({
      kind: "INVALID_PARAMETERS",
      details: [{ name: "id" }],
    });
    expect((await store.as(OWNER).patch(URI, { kind: "fields", data: { id: "r" } })).data).toMatchObject(DATA);
  });

  it("needs write, an existing object and fulfilled preconditions", async () => {
    const change: Patch = { kind: "fields", data: { a: 2 } };
    const before = await store.as(OWNER).get(URI);

    expect(await failureOf(store.as(READER).patch(URI, change))).toMatchObject({ kind: "FORBIDDEN" });
    expect(await failureOf(store.as(null).patch(URI, change))).toMatchObject({ kind: "MISSING_AUTH_TOKEN" });
    expect(await failureOf(store.as(OWNER).patch(URI, change, { preconditions: { ifMatch: [1] } }))).toMatchObject({
      kind: "MODIFIED_MEANWHILE",
      details: { existing: DATA },
    });
    expect(await store.as(OWNER).get(URI)).toEqual(before);
    await store.put("/buckets/a/collections/c", { acl: { read: [OWNER] } });
    expect(await failureOf(store.as(OWNER).patch(`${URI}-missing`, change))).toMatchObject({
      kind: "INVALID_RESOURCE_ID",
    });
  });
});

describe("patchObject with nested fields", () => {
  it.each<[JsonObject, JsonObject]>([
    [{ a: null }, { b: DATA.b, n: null }],
    [{ b: { d: "y" } }, { ...DATA, b: { c: [1, 2], d: "y" } }],
    [{ b: { c: null } }, { ...DATA, b: { d: "x" } }],
    [{ b: { c: [3] } }, { ...DATA, b: { c: [3], d: "x" } }],
    [{ b: 5 }, { ...DATA, b: 5 }],
    [{ a: { x: 1, y: null } }, { ...DATA, a: { x: 1 } }],
    [{ z: { x: { y: null } } }, { ...DATA, z: { x: {} } }],
    [{}, DATA],
  ])("%j: %j", async (data, expected) => {
    expect((await patch({ kind: "merge", data })).data).toEqual(expected);
  });

  it.each<[Readonly<Record<string, readonly string[] | null>>, Acl]>([
    [{ read: null }, { write: [OWNER] }],
    [{ read: [OWNER] }, { write: [OWNER], read: [OWNER] }],
    [{ read: null, write: null }, ACL],
    [{}, ACL],
  ])("permissions %j: %j", async (permissions, expected) => {
    const result = await patch({ kind: "merge", permissions });

    expect(result).toEqual({ data: DATA, permissions: expected });
  });
});

describe("patchObject with operations", () => {
  it.each<[readonly JsonObject[], JsonObject]>([
    [[{ op: "add", path: "/data/z", value: 1 }], { ...DATA, z: 1 }],
    [[{ op: "remove", path: "/data/b/c/0" }], { ...DATA, b: { c: [2], d: "x" } }],
    [[{ op: "replace", path: "/data", value: { id: "r", only: 1 } }], { only: 1 }],
    [[{ op: "move", from: "/data/a", path: "/data/m" }], { b: DATA.b, n: null, m: 1 }],
    [
      [
        { op: "test", path: "/data/a", value: 1 },
        { op: "replace", path: "/data/a", value: 2 },
      ],
      { ...DATA, a: 2 },
    ],
    [[], DATA],
  ])("%j: %j", async (operations, expected) => {
    expect((await operate(...operations)).data).toEqual(expected);
  });

  it.each<[readonly JsonObject[], Acl]>([
    [[{ op: "add", path: "/permissions/read/alice", value: "any" }], { write: [OWNER], read: [READER, "alice"] }],
    [[{ op: "add", path: "/permissions/write/alice" }], { write: [OWNER, "alice"], read: [READER] }],
    [[{ op: "remove", path: `/permissions/read/${READER}` }], { write: [OWNER] }],
    [
      [
        { op: "test", path: `/permissions/read/${READER}` },
        { op: "add", path: "/permissions/read/bob" },
      ],
      { write: [OWNER], read: [READER, "bob"] },
    ],
    [[{ op: "replace", path: "/permissions/read", value: ["x", "y"] }], { write: [OWNER], read: ["x", "y"] }],
    [[{ op: "replace", path: "/permissions/read", value: { x: 1 } }], { write: [OWNER], read: ["x"] }],
    [[{ op: "add", path: "/permissions", value: { write: [OWNER] } }], { write: [OWNER] }],
  ])("%j: permissions %j", async (operations, expected) => {
    expect(await operate(...operations)).toEqual({ data: DATA, permissions: expected });
  });

  it("adds to permissions that the object does not have yet", async () => {
    await store.put(URI, { data: DATA, acl: { write: [OWNER] } });

    expect((await operate({ op: "add", path: "/permissions/read/alice" })).permissions).toEqual({
      write: [OWNER],
      read: ["alice"],
    });
    await store.put("/buckets/a/collections/c", { acl: { write: [OWNER] } });
    await store.put(URI, { data: DATA, acl: { read: [READER] } });
    expect((await operate({ op: "add", path: `/permissions/write/${OWNER}` })).permissions).toEqual({
      write: [OWNER],
      read: [READER],
    });
    await store.put("/buckets/a/collections/c");
  });

  it("keeps permissions that the resource no longer has", async () => {
    const acl = { write: [OWNER], "comment:create": [READER] };
    await store.put(URI, { data: DATA, acl });

    expect((await operate({ op: "add", path: "/data/z", value: 1 })).permissions).toEqual(acl);
  });

  it.each<[JsonObject, string]>([
    [{ op: "replace", path: "/data", value: 1 }, "'data' must remain an object"],
    [{ op: "replace", path: "/permissions", value: [] }, "'permissions' must remain an object"],
    [{ op: "add", path: "/permissions/admin", value: [] }, '"admin" is no permission on a record'],
    [
      { op: "replace", path: "/permissions/read", value: "alice" },
      "'permissions/read' must remain a set of principals",
    ],
    [{ op: "replace", path: "/permissions/read", value: ["alice", ""] }, "'permissions/read': Required"],
    [{ op: "replace", path: "/permissions/read", value: { "": 1 } }, "'permissions/read': Required"],
  ])("refuses %j: %s", async (operation, reason) => {
    const change = { kind: "operations", operations: [operation] } as unknown as Patch;

    expect(await failureOf(store.as(OWNER).patch(URI, change))).toMatchObject(failed(reason));
  });

  it("refuses operations that fail or grow the object too much", async () => {
    const change = (...operations: readonly JsonObject[]) => ({ kind: "operations", operations }) as unknown as Patch;
    const copies = Array.from({ length: 12 }, () => ({ op: "copy", from: "/data", path: "/data/copy" }));

    expect(await failureOf(store.as(OWNER).patch(URI, change({ op: "remove", path: "/data/missing" })))).toMatchObject({
      kind: "INVALID_PARAMETERS",
      message: expect.stringContaining("JSON Patch operation failed: "),
    });
    await store.put(URI, { data: { text: "x".repeat(10_000) }, acl: ACL });
    const grown = await failureOf(store.as(OWNER).patch(URI, change(...copies)));
    expect(grown).toMatchObject({
      kind: "REQUEST_TOO_LARGE",
      message: "The patch copies more than 400000 characters.",
    });
  });
});

describe("patchObject's answer", () => {
  const patchAs = async (behavior: "full" | "light" | "diff", change: Patch) =>
    (await store.as(OWNER).patch(URI, change, { behavior })).data;

  it.each<[Patch, JsonObject, JsonObject]>([
    [{ kind: "fields", data: { a: 2, n: 5 } }, { a: 2, n: 5 }, {}],
    [{ kind: "fields", data: { a: 1, n: null } }, {}, {}],
    [{ kind: "fields", data: { z: null } }, {}, {}],
    [{ kind: "fields", data: { z: { y: 1 } } }, { z: { y: 1 } }, {}],
    [{ kind: "merge", data: { b: { d: "y" } } }, { b: { c: [1, 2], d: "y" } }, { b: { c: [1, 2], d: "y" } }],
    [{ kind: "merge", data: { a: null } }, {}, {}],
    [{ kind: "merge", permissions: { read: null } }, {}, {}],
    [{ kind: "fields", permissions: { read: [] } }, {}, {}],
    [{ kind: "operations", operations: [{ op: "replace", path: "/data/a", value: 3 }] }, { a: 3 }, {}],
  ] as [Patch, JsonObject, JsonObject][])(
    "to %j is, light, %j, and as a difference %j",
    async (change, light, diff) => {
      const { last_modified: _, ...lightData } = await patchAs("light", change);
      await store.put(URI, { data: DATA, acl: ACL });
      const { last_modified: __, ...diffData } = await patchAs("diff", change);

      expect([lightData, diffData]).toEqual([light, diff]);
    },
  );

  it("shows the permissions to those who may change them", async () => {
    await store.put("/buckets/a/collections/c", { acl: { write: [READER] } });
    const change: Patch = { kind: "fields", data: { a: 2 } };

    expect((await store.as(OWNER).patch(URI, change)).permissions).toEqual(ACL);
    expect((await store.as(READER).patch(URI, change)).permissions).toEqual({});
    expect((await store.as(READER).patch(URI, change, { behavior: "light" })).permissions).toEqual({});
  });
});
