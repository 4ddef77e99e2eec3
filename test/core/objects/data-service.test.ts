import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { addPermissions, checkAddedPermissions } from "../../../core/objects/added-permissions.ts";
import { createDataService } from "../../../core/objects/data-service.ts";
import { type DeclaredPermissions, toAreas, withDeclaredPermissions } from "../../../core/permissions/areas.ts";
import type { JsonObject } from "../../../lib/json.ts";
import { failureOf, openUseCases } from "./open-use-cases.ts";

const PLUGIN = "plugin:p";
const BUCKET = "/buckets/a";
const LIST = `${BUCKET}/collections/c/records`;

let store: Awaited<ReturnType<typeof openUseCases>>;
beforeAll(async () => {
  store = await openUseCases({
    settings: { explicitPermissions: false },
    readHooks: { concern: () => true, read: async () => ({ hidden: true }) },
  });
  for (const bucket of ["a", "b"]) {
    await store.put(`/buckets/${bucket}`);
    await store.put(`/buckets/${bucket}/collections/c`, { acl: { read: [PLUGIN] } });
    for (const [n, id] of ["r1", "r2", "r3"].entries())
      await store.put(`/buckets/${bucket}/collections/c/records/${id}`, { data: { n }, acl: { write: ["u"] } });
  }
});
afterAll(() => store[Symbol.asyncDispose]());

const access = (permissions: DeclaredPermissions) => ({
  user: PLUGIN,
  grants: withDeclaredPermissions(store.context.grants, PLUGIN, permissions),
  areas: toAreas(store.context.resources, permissions),
});
const dataOf = (permissions: DeclaredPermissions) => createDataService(store.context, access(permissions), store.run);
const collect = async (items: AsyncIterable<JsonObject>) => {
  const found: JsonObject[] = [];
  for await (const item of items) found.push(item);
  return found;
};

describe("a plugin's data", () => {
  it("is read as it is stored", async () => {
    const data = dataOf({ read: [BUCKET] });

    expect(await data.get(`${LIST}/r1`)).toEqual({
      data: { id: "r1", n: 0, last_modified: expect.any(Number) },
      permissions: {},
    });
    expect(await data.get(`${BUCKET}/collections/c`)).toEqual({
      data: { id: "c", last_modified: expect.any(Number) },
      permissions: {},
      generation: expect.stringMatching(/^[0-9a-f]{20}$/),
    });
    expect(await dataOf({ write: [`${LIST}/r1`] }).get(`${LIST}/r1`)).toMatchObject({ data: { n: 0 } });
    expect(await data.get(`${LIST}/missing`)).toBeUndefined();
    expect(await data.get(`${BUCKET}/collections/missing/records/r`)).toBeUndefined();
  });

  it("is listed by the queries of the HTTP API, page by page", async () => {
    const list = async (query?: Record<string, string>) =>
      (await collect(dataOf({ read: [BUCKET] }).list(LIST, query))).map(({ last_modified: _, ...fields }) => fields);

    expect(await list()).toEqual([
      { id: "r3", n: 2 },
      { id: "r2", n: 1 },
      { id: "r1", n: 0 },
    ]);
    expect(await list({ _limit: "2" })).toEqual([
      { id: "r3", n: 2 },
      { id: "r2", n: 1 },
    ]);
    expect(await list({ _sort: "n", _fields: "none", min_n: "1" })).toEqual([{ id: "r2" }, { id: "r3" }]);
    expect(await failureOf(list({ _token: "x" }))).toMatchObject({
      details: [
        { location: "querystring", name: "_token", description: "_token is not supported here: all pages are read" },
      ],
    });
    const missing = collect(dataOf({ read: [BUCKET] }).list(`${BUCKET}/collections/no/records`));
    expect(await failureOf(missing)).toMatchObject({ kind: "MISSING_RESOURCE" });
  });

  it("is created, replaced, updated and deleted", async () => {
    const data = dataOf({ write: [`${BUCKET}/collections/c`] });

    expect(await data.create(LIST, { data: { id: "n", a: 1 }, permissions: { read: ["u"] } })).toMatchObject({
      data: { id: "n", a: 1 },
    });
    expect(await data.create(LIST, { data: { id: "n", a: 2 } })).toMatchObject({ data: { a: 1 } });
    expect((await data.create(LIST, {})).data.id).toEqual(expect.any(String));
    expect(await data.replace(`${LIST}/n`, { data: { b: 1 } })).toMatchObject({ data: { id: "n", b: 1 } });
    expect((await data.update(`${LIST}/n`, { data: { c: 1 } })).data).toMatchObject({ b: 1, c: 1 });
    expect(await data.delete(`${LIST}/n`)).toBe(true);
    expect(await data.delete(`${LIST}/n`)).toBe(false);
    expect(await data.get(`${LIST}/n`)).toBeUndefined();
  });

  it("is validated like the body of a request", async () => {
    const data = dataOf({ write: [BUCKET] });
    const invalid = { permissions: { unknown: [] } };

    for (const attempt of [
      data.create(LIST, invalid),
      data.replace(`${LIST}/r1`, invalid),
      data.update(`${LIST}/r1`, invalid),
    ].map(failureOf))
      expect(await attempt).toMatchObject({ details: [{ location: "body", name: "permissions" }] });
    for (const id of ["", "a b", 5])
      expect(await failureOf(data.create(LIST, { data: { id } }))).toMatchObject({
        details: [{ location: "path", description: "Invalid object id" }],
      });
  });

  it("is limited to the declared areas, whatever the permissions of objects", async () => {
    const other = "/buckets/b/collections/c";
    const data = dataOf({ read: [BUCKET], write: [`${BUCKET}/collections/d`] });

    const attempts: readonly (() => Promise<unknown>)[] = [
      () => data.get(`${other}/records/r1`),
      () => data.replace(`${LIST}/r1`, { data: {} }),
      () => data.update(`${LIST}/r1`, { data: {} }),
      () => data.delete(`${LIST}/r1`),
      () => data.create(LIST, {}),
      () => collect(data.list(`${other}/records`)),
    ];
    for (const attempt of attempts)
      expect(await failureOf(Promise.resolve().then(attempt))).toMatchObject({ kind: "FORBIDDEN" });
    await store.put("/buckets/b/collections/c/records/own", { acl: { write: [PLUGIN] } });
    const reader = dataOf({ read: ["/buckets/b"], "record:create": [`${BUCKET}/collections/c`] });
    for (const attempt of [
      reader.replace(`${other}/records/own`, { data: {} }),
      reader.update(`${other}/records/own`, { data: {} }),
      reader.delete(`${other}/records/own`),
      reader.replace(`${LIST}/r1`, { data: {} }),
    ].map(failureOf))
      expect(await attempt).toMatchObject({ kind: "FORBIDDEN" });
    expect(await dataOf({ shared: [other] }).get(other)).toMatchObject({ data: { id: "c" } });
    expect(await failureOf(dataOf({ shared: [other] }).delete(other))).toMatchObject({ kind: "FORBIDDEN" });
  });

  it.each([
    ["/buckets", "an object"],
    ["buckets/a", "an object"],
    ["x".repeat(500), "an object"],
  ])("is not found at the invalid URI %j", async (uri, expected) => {
    expect(await failureOf(dataOf({ write: [BUCKET] }).get(uri))).toMatchObject({
      kind: "INVALID_PARAMETERS",
      details: [
        {
          location: "path",
          name: null,
          description: `${JSON.stringify(uri.slice(0, 200))} is not the URI of ${expected}`,
        },
      ],
    });
  });

  it("is not listed at the URI of an object", async () => {
    const attempt = async () => collect(dataOf({ write: [BUCKET] }).list(BUCKET));

    expect(await failureOf(attempt())).toMatchObject({ message: `path: "${BUCKET}" is not the URI of a list` });
  });
});

describe("permissions that a plugin adds", () => {
  const check = (declared: DeclaredPermissions, uri: string, permissions: unknown) =>
    store.run({ objects: [], clocks: [], writes: [] }, async (session) => {
      const ref = store.refOf(uri);
      await session.read({ objects: [ref, store.refOf(BUCKET), store.refOf(`${BUCKET}/collections/c`)], clocks: [] });
      return checkAddedPermissions(session, access(declared), ref, permissions);
    });

  it("need write on the object", async () => {
    expect(await check({ write: [BUCKET] }, `${LIST}/r1`, { read: ["a"], write: null })).toEqual({ read: ["a"] });
    for (const declared of [{ read: [BUCKET] }, { shared: [BUCKET] }, { write: ["/buckets/b"] }])
      await expect(check(declared, `${LIST}/r1`, { read: ["a"] })).rejects.toThrow(
        `it grants permissions on ${LIST}/r1 without the permission to write it. Add need.data({ write: […] })`,
      );
  });

  it.each([
    [{ admin: [] }, "permissions"],
    [{ read: "a" }, "permissions.read"],
    [{ read: [""] }, "permissions.read.0"],
    [undefined, "permissions"],
    [[], "permissions"],
  ])("must be valid: not %j", async (permissions, name) => {
    expect(await failureOf(check({ write: [BUCKET] }, `${LIST}/r1`, permissions))).toMatchObject({
      kind: "INVALID_PARAMETERS",
      details: [{ location: "body", name }],
    });
  });

  it.each([
    [{}, {}, {}],
    [{ read: ["a"] }, {}, { read: ["a"] }],
    [{ read: ["a"] }, { read: ["b", "a"], write: ["c", "c"] }, { read: ["a", "b"], write: ["c"] }],
  ])("%j and %j are together %j", (acl, added, expected) => {
    expect(addPermissions(acl, added)).toEqual(expected);
  });
});
