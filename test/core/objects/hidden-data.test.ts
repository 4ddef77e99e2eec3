import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { Refusal } from "../../../core/errors.ts";
import type { Patch } from "../../../core/objects/patch-object.ts";
import { mergeSeenChanges } from "../../../core/objects/read-as-user.ts";
import type { JsonObject } from "../../../lib/json.ts";
import { failureOf, openUseCases } from "./open-use-cases.ts";

const OWNER = "basicauth:owner";
const LIST = "/buckets/a/collections/c/records";
const URI = `${LIST}/r`;

let store: Awaited<ReturnType<typeof openUseCases>>;
beforeAll(async () => {
  store = await openUseCases({
    // Hide the field `secret` of records, and records that are `hidden`.
    readHooks: {
      concern: ({ resource }) => resource.name === "record",
      read: async (_, { data: { secret: _hidden, ...visible } }) => {
        if (visible.hidden === true) throw new Refusal("FORBIDDEN", { message: "hidden" });
        return visible;
      },
    },
    hooks: {
      before: async (_, change) => {
        if ("new" in change && change.new.rejected === true)
          throw new Refusal("INVALID_PARAMETERS", { message: "no", details: [] });
        return { added: {} };
      },
    },
    settings: { explicitPermissions: false },
  });
  await store.put("/buckets/a", { acl: { write: [OWNER] } });
  await store.put("/buckets/a/collections/c");
});
afterAll(() => store[Symbol.asyncDispose]());
beforeEach(() => store.put(URI, { data: { a: 1, secret: 2 }, acl: { write: [OWNER] } }));

const storedJson = async (uri: string): Promise<string> => {
  const ref = store.refOf(uri);
  const parents = ["/buckets/a", "/buckets/a/collections/c"].map(store.refOf);
  const view = await store.newSession().read({ objects: [ref, ...parents], clocks: [] });
  return view.object(ref)?.json ?? "{}";
};

describe("a patch of an object that hooks change", () => {
  const operate = (...operations: readonly JsonObject[]) =>
    failureOf(store.as(OWNER).patch(URI, { kind: "operations", operations } as unknown as Patch));

  it.each<JsonObject>([
    { op: "test", path: "/data/secret", value: 2 },
    { op: "copy", from: "/data/secret", path: "/data/b" },
    { op: "add", path: "/data/secret/x", value: 1 },
    { op: "remove", path: "/data/secret" },
  ])("does not find what is hidden: %j", async (operation) => {
    expect(await operate(operation)).toMatchObject({
      kind: "INVALID_PARAMETERS",
      message: expect.stringContaining("JSON Patch operation failed: "),
    });
  });

  it.each<[JsonObject, JsonObject]>([
    [
      { op: "replace", path: "/data/a", value: 5 },
      { a: 5, secret: 2 },
    ],
    [
      { op: "add", path: "/data/b", value: { c: 1 } },
      { a: 1, b: { c: 1 }, secret: 2 },
    ],
    [{ op: "remove", path: "/data/a" }, { secret: 2 }],
    [
      { op: "replace", path: "/data", value: { id: "r", b: 1 } },
      { b: 1, secret: 2 },
    ],
    [
      { op: "add", path: "/data/secret", value: 7 },
      { a: 1, secret: 7 },
    ],
    [
      { op: "add", path: "/permissions/read/u" },
      { a: 1, secret: 2 },
    ],
  ])("keeps what is hidden: %j", async (operation, stored) => {
    expect(await operate(operation)).toHaveProperty("accepted");
    const { last_modified: _, id: __, ...fields } = JSON.parse(await storedJson(URI)) as JsonObject;
    expect(fields).toEqual(stored);
  });

  it("returns changed fields as the user sees them", async () => {
    const change: Patch = { kind: "fields", data: { a: 5, secret: 3 } };

    expect((await store.as(OWNER).patch(URI, change, { behavior: "light" })).data).toEqual({ a: 5 });
  });
});

describe("invalid stored data that hooks hide", () => {
  const HIDDEN = "The object would not be valid. A plugin hides parts of it from this user, and so the reason.";
  beforeEach(async () => {
    await store.put("/buckets/a/collections/c", { data: { schema: { properties: { secret: { type: "string" } } } } });
    await store.put(`${LIST}/plain`, { data: { a: 2 } });
  });

  it("is not quoted in the reason of a failure", async () => {
    for (const attempt of [
      store.as(OWNER).patch(URI, { kind: "fields", data: { a: 5 } }),
      store.as(OWNER).replace(URI, { permissions: { write: [OWNER] } }),
    ].map(failureOf))
      expect(await attempt).toMatchObject({
        kind: "INVALID_PARAMETERS",
        details: [{ location: "body", name: null, description: HIDDEN }],
      });
  });

  it("does not show its size, if with it an object would be too large", async () => {
    await store.put(`${LIST}/large`, { data: { secret: "x".repeat(300_000) } });
    await store.put(`${LIST}/seen`, { data: { text: "x".repeat(300_000) } });
    const grow = (id: string) =>
      failureOf(store.as(OWNER).patch(`${LIST}/${id}`, { kind: "fields", data: { more: "x".repeat(200_000) } }));

    expect(await grow("large")).toMatchObject({
      kind: "REQUEST_TOO_LARGE",
      message: "The object would be too large, including parts that a plugin hides from this user.",
    });
    expect(await grow("seen")).toMatchObject({
      kind: "REQUEST_TOO_LARGE",
      message: expect.stringMatching(/^The object has \d+ bytes/),
    });
  });

  it("is not quoted if the user may not see the object", async () => {
    await store.put(URI, { data: { hidden: true, secret: 2 }, acl: { write: [OWNER] } });

    expect(await failureOf(store.as(OWNER).patch(URI, { kind: "fields", data: { a: 5 } }))).toMatchObject({
      details: [{ location: "body", name: null, description: HIDDEN }],
    });
  });

  it("does not hide why a plugin rejects a write", async () => {
    await store.put("/buckets/a/collections/c");

    expect(await failureOf(store.as(OWNER).patch(URI, { kind: "fields", data: { rejected: true } }))).toMatchObject({
      kind: "INVALID_PARAMETERS",
      message: "no",
    });
  });

  it("is quoted where the user sees all of it, or sent it", async () => {
    const visible = store.as(OWNER).patch(`${LIST}/plain`, { kind: "fields", data: { secret: 1 } });
    const sent = store.as(OWNER).replace(URI, { data: { secret: 1 } });

    for (const attempt of [visible, sent].map(failureOf))
      expect(await attempt).toMatchObject({
        details: [{ description: expect.stringContaining("1 is not") }],
      });
  });
});

describe("mergeSeenChanges", () => {
  it.each<[JsonObject, JsonObject, JsonObject, JsonObject]>([
    [{ a: [1, 2] }, { a: [1] }, { a: [1] }, { a: [1, 2] }],
    [{ a: [1, 2] }, { a: [1] }, { a: [1, 3] }, { a: [1, 3] }],
    [{ a: { x: 1, s: 2 } }, { a: { x: 1 } }, { a: { x: 1 } }, { a: { x: 1, s: 2 } }],
    [{ a: { x: 1, s: 2 } }, { a: { x: 1 } }, { a: { x: 3, y: 4 } }, { a: { x: 3, s: 2, y: 4 } }],
    [{ a: { x: 1, s: 2 } }, { a: { x: 1 } }, { a: {} }, { a: { s: 2 } }],
    [{ a: { x: 1, s: 2 } }, { a: { x: 1 } }, { a: 5 }, { a: 5 }],
    [{ a: { s: 2 } }, { a: "hidden" }, { a: { x: 1 } }, { a: { x: 1 } }],
    [{ a: 5 }, { a: { x: 1 } }, { a: { x: 2 } }, { a: { x: 2 } }],
    [{ a: { s: 2 } }, {}, { a: { x: 1 } }, { a: { x: 1 } }],
    [{ s: 2, a: 1 }, { a: 1 }, {}, { s: 2 }],
  ])("keeps of %j, seen as %j and changed to %j: %j", (stored, seen, changed, expected) => {
    expect(mergeSeenChanges(stored, seen, changed)).toEqual(expected);
  });
});
