import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { startStore, type TestStore } from "../start-store.ts";

const RECORD = "/buckets/b/collections/c/records/r";
const GROUP = "/buckets/b/groups/g";
const DATA = { a: { b: 1, c: [1, 2] }, n: 1 };
const EVERYONE = "system.Everyone";

const JSON_PATCH = { "content-type": "application/json-patch+json" };
const MERGE_PATCH = { "content-type": "application/merge-patch+json" };

let store: TestStore;
let alice: string;
beforeAll(async () => {
  store = await startStore();
  alice = await store.userId("alice");
  await store.put("/buckets/b");
  await store.put("/buckets/b/collections/c");
});
afterAll(() => store.close());
beforeEach(async () => {
  await store.put(RECORD, { data: DATA, permissions: { read: [EVERYONE, GROUP] } });
});

const patch = (body: unknown, headers: Record<string, string> = {}) => store.patch(RECORD, body, { headers });
/** Returns the record after a patch, without constant fields. */
const patched = async (body: unknown, headers?: Record<string, string>) => {
  const answer = await patch(body, headers);
  expect({ status: answer.status, refused: answer.status === 200 ? undefined : answer.body }).toEqual({
    status: 200,
    refused: undefined,
  });
  expect((await store.get(RECORD)).body).toEqual(answer.body);
  const { id, last_modified, ...data } = answer.body.data;
  expect([id, `"${last_modified}"`]).toEqual(["r", answer.headers.get("etag")]);
  return { data, permissions: answer.body.permissions };
};
const permissions = (read: readonly string[]) => ({
  ...(read.length > 0 && { read: expect.arrayContaining([...read]) }),
  write: [alice],
});
const expectRefusal = async (body: unknown, headers: Record<string, string>, expectedBody: object, status = 400) => {
  const before = (await store.get(RECORD)).body;
  expect(await patch(body, headers)).toMatchObject({ status, body: { code: status, errno: 107, ...expectedBody } });
  expect((await store.get(RECORD)).body).toEqual(before);
};

describe("PATCH with JSON", () => {
  it("replaces the given fields and keeps the others", async () => {
    expect(await patched({ data: { a: { d: 1 }, z: null } })).toEqual({
      data: { a: { d: 1 }, n: 1, z: null },
      permissions: permissions([EVERYONE, GROUP]),
    });
  });

  it("replaces the given permissions and keeps the others", async () => {
    expect(await patched({ permissions: { read: ["x"] } })).toEqual({ data: DATA, permissions: permissions(["x"]) });
    expect(await patched({ permissions: { read: [] } })).toEqual({ data: DATA, permissions: permissions([]) });
    expect((await patched({ permissions: { read: ["y"] }, data: {} })).permissions).toEqual(permissions(["y"]));
    expect((await patched({ permissions: { read: null } })).permissions).toEqual(permissions(["y"]));
  });

  it("advances the timestamp even when nothing changes", async () => {
    const before = (await store.get(RECORD)).body.data.last_modified;
    expect((await patch({ data: { id: "r" } })).body.data.last_modified).toBeGreaterThan(before);
  });

  it("rejects an empty patch and another object's id", async () => {
    await expectRefusal({}, {}, { message: "Provide at least one of data or permissions" });
    await expectRefusal({ data: { id: "other" } }, {}, { message: "Object id does not match existing object" });
    await expectRefusal({ data: [] }, {}, { details: [{ location: "body", name: "data" }] });
    await expectRefusal([], {}, { details: [{ location: "body", name: "" }] });
  });
});

describe("JSON Merge Patch", () => {
  it("changes nested fields and removes those that are null", async () => {
    expect(await patched({ data: { a: { b: null, d: { e: 1 } }, n: null, never: null } }, MERGE_PATCH)).toEqual({
      data: { a: { c: [1, 2], d: { e: 1 } } },
      permissions: permissions([EVERYONE, GROUP]),
    });
  });

  it("replaces arrays, drops null in new objects and keeps null in arrays", async () => {
    expect(
      (await patched({ data: { a: { c: [null, { x: null }] }, made: { kept: 1, gone: null } } }, MERGE_PATCH)).data,
    ).toEqual({
      a: { b: 1, c: [null, { x: null }] },
      n: 1,
      made: { kept: 1 },
    });
  });

  it.each<[object, object]>([
    [{ n: {} }, { ...DATA, n: {} }],
    [{ n: { x: null } }, { ...DATA, n: {} }],
    [{ n: { x: { y: null } } }, { ...DATA, n: { x: {} } }],
    [{ a: { c: {} } }, { a: { b: 1, c: {} }, n: 1 }],
    [{ a: {} }, DATA],
  ])("replaces a value that is no object by an object: %j", async (data, expected) => {
    expect((await patched({ data }, MERGE_PATCH)).data).toEqual(expected);
  });

  it("removes a permission that is null", async () => {
    expect(await patched({ permissions: { read: null } }, MERGE_PATCH)).toEqual({
      data: DATA,
      permissions: permissions([]),
    });
  });

  it("keeps all permissions when each of them is null", async () => {
    expect(await patched({ permissions: { read: null, write: null } }, MERGE_PATCH)).toEqual({
      data: DATA,
      permissions: permissions([EVERYONE, GROUP]),
    });
  });

  it("does not remove id and last_modified", async () => {
    expect((await patched({ data: { id: null, last_modified: null } }, MERGE_PATCH)).data).toEqual(DATA);
    await expectRefusal({ data: { id: "other" } }, MERGE_PATCH, {
      message: "Object id does not match existing object",
    });
    await expectRefusal({ data: null }, MERGE_PATCH, { details: [{ name: "data" }] });
  });
});

describe("JSON Patch", () => {
  it("keeps data and permissions if it has no operations", async () => {
    const { data, permissions: kept } = await patched([], JSON_PATCH);

    expect([data, kept]).toEqual([DATA, permissions([EVERYONE, GROUP])]);
  });

  it.each<[string, object[], object]>([
    ["adds", [{ op: "add", path: "/data/z", value: { y: null } }], { ...DATA, z: { y: null } }],
    [
      "adds at the end of an array",
      [{ op: "add", path: "/data/a/c/-", value: 3 }],
      { ...DATA, a: { b: 1, c: [1, 2, 3] } },
    ],
    ["adds within an array", [{ op: "add", path: "/data/a/c/0", value: 0 }], { ...DATA, a: { b: 1, c: [0, 1, 2] } }],
    [
      "removes",
      [
        { op: "remove", path: "/data/a/c/0" },
        { op: "remove", path: "/data/n" },
      ],
      { a: { b: 1, c: [2] } },
    ],
    ["replaces", [{ op: "replace", path: "/data/a/b", value: [] }], { ...DATA, a: { b: [], c: [1, 2] } }],
    ["replaces all data", [{ op: "replace", path: "/data", value: { q: 1 } }], { q: 1 }],
    ["moves", [{ op: "move", from: "/data/a/b", path: "/data/moved" }], { a: { c: [1, 2] }, n: 1, moved: 1 }],
    [
      "copies",
      [
        { op: "copy", from: "/data/a", path: "/data/copied" },
        { op: "add", path: "/data/a/c/-", value: 3 },
      ],
      { a: { b: 1, c: [1, 2, 3] }, n: 1, copied: DATA.a },
    ],
    [
      "continues after a successful test",
      [
        { op: "test", path: "/data/a", value: { c: [1, 2], b: 1 } },
        { op: "add", path: "/data/ok", value: 1 },
      ],
      { ...DATA, ok: 1 },
    ],
    ["escapes slashes and tildes", [{ op: "add", path: "/data/~1x~0y", value: 1 }], { ...DATA, "/x~y": 1 }],
    [
      "keeps id and last_modified",
      [
        { op: "remove", path: "/data/id" },
        { op: "remove", path: "/data/last_modified" },
      ],
      DATA,
    ],
    ["without operations changes nothing", [], DATA],
  ])("%s", async (_, operations, data) => {
    expect(await patched(operations, JSON_PATCH)).toEqual({ data, permissions: permissions([EVERYONE, GROUP]) });
  });

  it.each<[string, object[], readonly string[]]>([
    [
      "adds a principal and ignores the value",
      [
        { op: "add", path: "/permissions/read/x" },
        { op: "add", path: "/permissions/read/y", value: "z" },
      ],
      [EVERYONE, GROUP, "x", "y"],
    ],
    [
      "adds a group with escaped slashes",
      [{ op: "add", path: "/permissions/read/~1buckets~1b~1groups~1h" }],
      [EVERYONE, GROUP, "/buckets/b/groups/h"],
    ],
    ["removes a principal", [{ op: "remove", path: "/permissions/read/system.Everyone" }], [GROUP]],
    [
      "removes a group with escaped slashes",
      [{ op: "remove", path: "/permissions/read/~1buckets~1b~1groups~1g" }],
      [EVERYONE],
    ],
    [
      "removes the last principal",
      [
        { op: "remove", path: "/permissions/read/~1buckets~1b~1groups~1g" },
        { op: "remove", path: "/permissions/read/system.Everyone" },
      ],
      [],
    ],
    [
      "never removes the editor's write permission",
      [{ op: "remove", path: `/permissions/write/ME` }],
      [EVERYONE, GROUP],
    ],
  ])("of permissions %s", async (_, operations, read) => {
    const own = JSON.parse(JSON.stringify(operations).replace("ME", alice));
    expect(await patched(own, JSON_PATCH)).toEqual({ data: DATA, permissions: permissions(read) });
  });

  it("accepts objects and arrays of principals as permissions", async () => {
    const read = (value: unknown) => patched([{ op: "replace", path: "/permissions/read", value }], JSON_PATCH);
    expect((await read({ x: 1, y: null })).permissions).toEqual(permissions(["x", "y"]));
    expect((await read(["z"])).permissions).toEqual(permissions(["z"]));
    expect((await read({})).permissions).toEqual(permissions([]));
  });

  it("limits copies, nesting and the number of operations", async () => {
    const copies = Array.from({ length: 60 }, (_, i) => ({ op: "copy", from: "/data/a", path: `/data/a/x${i}` }));
    await expectRefusal(copies, JSON_PATCH, { errno: 113 }, 413);
    const deeper = Array.from({ length: 100 }, () => [
      { op: "add", path: "/data/next", value: {} },
      { op: "move", from: "/data/a", path: "/data/next/a" },
      { op: "move", from: "/data/next", path: "/data/a" },
    ]).flat();
    await expectRefusal(deeper, JSON_PATCH, { details: [{ location: "body", name: null }] });
    expect((await patched(deeper.slice(0, 270), JSON_PATCH)).data.n).toBe(1);
    await store.put(RECORD, { data: DATA });
    await expectRefusal(Array(10_001).fill({ op: "test", path: "/data/n", value: 1 }), JSON_PATCH, {
      details: [{ location: "body", name: null }],
    });
  });

  it("changes permissions and data together or not at all", async () => {
    const both = [
      { op: "add", path: "/permissions/read/x" },
      { op: "replace", path: "/data/n", value: 2 },
    ];
    await expectRefusal([...both, { op: "test", path: "/data/n", value: 3 }], JSON_PATCH, {
      message: expect.stringMatching(/^body: JSON Patch operation failed: /),
    });
    expect(await patched(both, JSON_PATCH)).toEqual({
      data: { ...DATA, n: 2 },
      permissions: permissions([EVERYONE, GROUP, "x"]),
    });
  });

  it.each<[string, unknown, object]>([
    ["a failed test", [{ op: "test", path: "/data/n", value: 2 }], { details: [{ location: "body", name: null }] }],
    ["a missing path", [{ op: "remove", path: "/data/nope" }], { details: [{ location: "body", name: null }] }],
    [
      "a path into a missing value",
      [{ op: "add", path: "/data/nope/x", value: 1 }],
      { details: [{ location: "body", name: null }] },
    ],
    ["a path into a scalar", [{ op: "add", path: "/data/n/x", value: 1 }], {}],
    ["an index beyond an array's end", [{ op: "add", path: "/data/a/c/9", value: 1 }], {}],
    [
      "a missing principal",
      [{ op: "remove", path: "/permissions/read/x" }],
      { details: [{ location: "body", name: null }] },
    ],
    [
      "an array's length",
      [{ op: "replace", path: "/data/a/c/length", value: 4_294_967_295 }],
      { details: [{ location: "body", name: null }] },
    ],
    [
      "an index with a leading zero",
      [{ op: "replace", path: "/data/a/c/01", value: 3 }],
      { details: [{ location: "body", name: null }] },
    ],
    [
      "an array's end for an existing value",
      [{ op: "remove", path: "/data/a/c/-" }],
      { details: [{ location: "body", name: null }] },
    ],
    [
      "a value moved into itself",
      [{ op: "move", from: "/data/a", path: "/data/a/b/x" }],
      { details: [{ location: "body", name: null }] },
    ],
    [
      "an invalid escape",
      [{ op: "add", path: "/data/a~2", value: 1 }],
      { details: [{ location: "body", name: null }] },
    ],
    ["removed data", [{ op: "remove", path: "/data" }], { details: [{ location: "body", name: null }] }],
    [
      "an unknown permission",
      [{ op: "add", path: "/permissions/foo", value: { x: 1 } }],
      { details: [{ location: "body", name: null }] },
    ],
    [
      "an empty principal",
      [{ op: "add", path: "/permissions/read/" }],
      { details: [{ location: "body", name: null }] },
    ],
    ["a missing permission", [{ op: "add", path: "/permissions/foo/x" }], {}],
    [
      "another id",
      [{ op: "replace", path: "/data/id", value: "other" }],
      { message: "Object id does not match existing object" },
    ],
    ["no value", [{ op: "add", path: "/data/x" }], {}],
    ["no source", [{ op: "move", path: "/data/n" }], {}],
    [
      "an unknown operation",
      [{ op: "foo", path: "/data/n" }],
      { message: '0.op in body: "foo" is not one of test, add, remove, replace, move, copy' },
    ],
    [
      "a relative path",
      [{ op: "add", path: "data/n", value: 1 }],
      { message: "0.path in body: String does not match expected pattern" },
    ],
    ["no path", [{ op: "add", value: 1 }], { message: "0.path in body: Required" }],
    ["another key", [{ op: "add", path: "/data/n", value: 1, why: "" }], { details: [{ name: "0" }] }],
    ["an invalid operation", [1], { details: [{ name: "0" }] }],
    ["operations that are not a list", { data: { n: 2 } }, { details: [{ name: "" }] }],
  ])("with %s changes nothing", async (_, body, expectedBody) => {
    await expectRefusal(body, JSON_PATCH, expectedBody);
  });
});

describe("response to a PATCH", () => {
  it("is the object, the changed fields, or the fields that differ from the patch", async () => {
    const data = { a: 5, n: 1, z: 2 };
    expect((await patch({ data }, { "response-behavior": "full" })).body).toMatchObject({
      data: { id: "r", ...data },
      permissions: { write: [alice] },
    });
    const light = await patch({ data: { ...data, a: 6, y: 1 } }, { "response-behavior": "light" });
    expect([light.status, light.body]).toEqual([200, { data: { a: 6, y: 1 } }]);
    expect(light.headers.get("etag")).toBe((await store.get(RECORD)).headers.get("etag"));
    expect((await patch({ data: { a: 7 } }, { "response-behavior": "diff" })).body).toEqual({ data: {} });
    const past = await patch({ data: { a: 8, last_modified: 1 } }, { "response-behavior": "diff" });
    expect(past.body).toEqual({ data: { last_modified: Number(past.headers.get("etag")?.slice(1, -1)) } });
  });

  it("has the new timestamp after a JSON Patch", async () => {
    const add = (value: number) => [{ op: "add", path: "/data/z", value }];
    const light = await patch(add(1), { ...JSON_PATCH, "response-behavior": "light" });
    expect(light.body).toEqual({ data: { z: 1, last_modified: Number(light.headers.get("etag")?.slice(1, -1)) } });
    const diff = await patch(add(2), { ...JSON_PATCH, "response-behavior": "diff" });
    expect(diff.body).toEqual({ data: { last_modified: Number(diff.headers.get("etag")?.slice(1, -1)) } });
  });

  it.each(["LIGHT", "none"])("rejects the behavior %j", async (behavior) => {
    await expectRefusal(
      { data: { n: 2 } },
      { "response-behavior": behavior },
      { details: [{ location: "header", name: "Response-Behavior" }] },
    );
  });
});

it.each(["text/plain", "application/xml", "application/json-patch", "multipart/form-data; boundary=x"])(
  "PATCH › returns 415 for %s",
  async (type) => {
    await expectRefusal(
      '{"data":{"n":2}}',
      { "content-type": type },
      { details: [{ location: "header", name: "Content-Type" }] },
      415,
    );
  },
);

describe("__proto__ and constructor in a PATCH", () => {
  const polluted = () => (({}) as { polluted?: unknown }).polluted;
  const data = async (body: string, headers?: Record<string, string>) =>
    JSON.stringify((await patched(body, headers)).data);

  it("are ordinary fields", async () => {
    expect(await data('{"data":{"__proto__":{"polluted":1},"constructor":2}}')).toContain('"__proto__":{"polluted":1}');
    const merged = await data(
      '{"data":{"__proto__":{"more":2},"a":{"__proto__":{"polluted":3},"b":null}}}',
      MERGE_PATCH,
    );
    expect(merged).toContain('"__proto__":{"polluted":1,"more":2}');
    expect(merged).toContain('"a":{"c":[1,2],"__proto__":{"polluted":3}}');
    expect(await data('{"data":{"__proto__":null,"a":{"__proto__":null}}}', MERGE_PATCH)).not.toContain("__proto__");
    expect(polluted()).toBeUndefined();
  });

  it("are ordinary keys in paths of a JSON Patch", async () => {
    for (const path of [
      "/data/__proto__/polluted",
      "/data/constructor/prototype/polluted",
      "/permissions/__proto__/polluted",
      "/__proto__/polluted",
    ]) {
      for (const op of ["add", "replace"]) await expectRefusal([{ op, path, value: 1 }], JSON_PATCH, {});
      await expectRefusal([{ op: "copy", from: path, path: "/data/x" }], JSON_PATCH, {});
    }
    expect(polluted()).toBeUndefined();
    expect(await data('[{"op":"add","path":"/data/__proto__","value":{"polluted":1}}]', JSON_PATCH)).toContain(
      '"__proto__":{"polluted":1}',
    );
    expect(await data('[{"op":"add","path":"/data/__proto__/x","value":2}]', JSON_PATCH)).toContain(
      '"__proto__":{"polluted":1,"x":2}',
    );
    expect(await data('[{"op":"move","from":"/data/__proto__","path":"/data/constructor"}]', JSON_PATCH)).toContain(
      '"constructor":{"polluted":1,"x":2}',
    );
    expect(polluted()).toBeUndefined();
  });

  it("are ordinary principals", async () => {
    const added = await patched(
      [
        { op: "add", path: "/permissions/read/__proto__" },
        { op: "add", path: "/permissions/read/constructor" },
      ],
      JSON_PATCH,
    );
    expect(added.permissions).toEqual(permissions([EVERYONE, GROUP, "__proto__", "constructor"]));
    expect(
      (await patched([{ op: "remove", path: "/permissions/read/__proto__" }], JSON_PATCH)).permissions.read,
    ).toHaveLength(3);
  });
});
