import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { requirePermission, requireValidId } from "../../../core/objects/checks.ts";
import type { Permission } from "../../../core/permissions/inheritance.ts";
import { failureOf, openUseCases } from "./open-use-cases.ts";

const OWNER = "basicauth:owner";
const READER = "basicauth:reader";
const WRITER = "basicauth:writer";
const GUEST = "basicauth:guest";
const LIST = "/buckets/a/collections/c/records";

let store: Awaited<ReturnType<typeof openUseCases>>;
beforeAll(async () => {
  store = await openUseCases();
  await store.put("/buckets/a", { acl: { write: [OWNER], read: [READER] } });
  await store.put("/buckets/a/collections/c", { acl: { "record:create": [WRITER] } });
  await store.put("/buckets/a/collections/empty");
  await store.put(`${LIST}/r`, { acl: { read: [GUEST] } });
  await store.put(`${LIST}/s`);
});
afterAll(() => store[Symbol.asyncDispose]());

describe("listObjects", () => {
  it.each<[string | null, string, readonly string[] | string]>([
    [OWNER, LIST, ["s", "r"]],
    [READER, LIST, ["s", "r"]],
    [GUEST, LIST, ["r"]],
    [WRITER, LIST, []],
    ["basicauth:nothing", LIST, "FORBIDDEN"],
    [null, LIST, "MISSING_AUTH_TOKEN"],
    [OWNER, "/buckets/a/collections/empty/records", []],
    [OWNER, "/buckets/a/collections/none/records", "MISSING_RESOURCE"],
    [GUEST, "/buckets/a/collections/none/records", "FORBIDDEN"],
    [OWNER, "/buckets/none/collections", "FORBIDDEN"],
    [OWNER, "/buckets", ["a"]],
    [READER, "/buckets", ["a"]],
    [WRITER, "/buckets", []],
    [null, "/buckets", "MISSING_AUTH_TOKEN"],
  ])("for %j at %s: %j", async (user, uri, expected) => {
    const result = await failureOf(store.as(user).listIds(uri));

    if (typeof expected === "string") expect(result).toMatchObject({ kind: expected });
    else expect(result).toEqual({ accepted: [expected] });
  });

  it("returns the list's timestamp, which the first read of an empty list sets", async () => {
    const uri = "/buckets/a/collections/empty/records";
    const before = await store.as(OWNER).list(uri);
    const { data } = await store.as(OWNER).create(uri);
    const after = await store.as(OWNER).list(uri);

    expect((await store.as(OWNER).list(uri)).timestamp).toBe(after.timestamp);
    expect(before.timestamp).toBeLessThan(after.timestamp);
    expect(after.timestamp).toBe(data.last_modified);
  });

  it("checks preconditions on the list", async () => {
    const { timestamp } = await store.as(OWNER).list(LIST);
    const list = (preconditions: object) => failureOf(store.as(OWNER).listRaw(LIST, "", { preconditions }));

    expect(await list({ ifNoneMatch: [timestamp] })).toEqual({ accepted: { notModified: true, timestamp } });
    expect(await list({ ifNoneMatch: [timestamp - 1] })).toMatchObject({ accepted: { timestamp } });
    expect(await list({ ifMatch: [timestamp] })).toMatchObject({ accepted: { timestamp } });
    expect(await list({ ifMatch: [timestamp - 1] })).toMatchObject({ kind: "MODIFIED_MEANWHILE", timestamp });
  });

  it("counts without returning entries", async () => {
    const { timestamp } = await store.as(OWNER).list(LIST);

    expect(await store.as(OWNER).listRaw(LIST, "", { counted: true })).toEqual({ timestamp, total: 2 });
    expect(await store.as(GUEST).listRaw(LIST, "", { counted: true })).toEqual({ timestamp, total: 1 });
  });
});

describe("requirePermission", () => {
  const require = (user: string | null, permission: Permission, uri: string) =>
    failureOf(
      store.run({ objects: [], clocks: [], writes: [] }, (session) =>
        requirePermission(store.context, session, { ref: store.refOf(uri), user, permission }),
      ),
    );

  it.each<[string | null, Permission, string, string | undefined]>([
    [OWNER, "write", `${LIST}/r`, undefined],
    [GUEST, "read", `${LIST}/r`, undefined],
    [GUEST, "write", `${LIST}/r`, "FORBIDDEN"],
    [null, "read", `${LIST}/r`, "MISSING_AUTH_TOKEN"],
    [WRITER, "record:create", "/buckets/a/collections/c", undefined],
    [READER, "record:create", "/buckets/a/collections/c", "FORBIDDEN"],
    [OWNER, "read", `${LIST}/missing`, "INVALID_RESOURCE_ID"],
    [READER, "write", `${LIST}/missing`, "INVALID_RESOURCE_ID"],
    [GUEST, "read", `${LIST}/missing`, "FORBIDDEN"],
    [OWNER, "read", "/buckets/a/collections/none/records/r", "MISSING_RESOURCE"],
    [OWNER, "read", "/buckets/none", "FORBIDDEN"],
  ])("of %j: %s on %s: %j", async (user, permission, uri, kind) => {
    expect(await require(user, permission, uri)).toMatchObject(kind === undefined ? { accepted: undefined } : { kind });
  });

  it("accepts creation that settings allow", async () => {
    const open = await openUseCases({ settings: { recordCreatePrincipals: ["system.Everyone"] } });
    await open.put("/buckets/a");
    await open.put("/buckets/a/collections/c");
    const create = (permission: Permission) =>
      failureOf(
        open.run({ objects: [], clocks: [], writes: [] }, (session) =>
          requirePermission(open.context, session, {
            ref: open.refOf("/buckets/a/collections/c"),
            user: null,
            permission,
          }),
        ),
      );

    expect(await create("record:create")).toEqual({ accepted: undefined });
    expect(await create("read")).toMatchObject({ kind: "MISSING_AUTH_TOKEN" });
    await open[Symbol.asyncDispose]();
  });
});

describe("requireValidId", () => {
  it("refuses an invalid id and a long path", async () => {
    const ref = store.refOf(`${LIST}/r`);
    const require = (changes: object) =>
      failureOf(Promise.resolve().then(() => requireValidId({ ...ref, ...changes })));

    expect(await require({})).toEqual({ accepted: undefined });
    expect(await require({ uri: "x".repeat(950) })).toEqual({ accepted: undefined });
    expect(await require({ uri: "x".repeat(951) })).toMatchObject({
      kind: "INVALID_PARAMETERS",
      details: [
        {
          ...{ location: "path", name: null },
          description: "The path is too long: at most 950 characters are allowed",
        },
      ],
    });
    expect(await require({ id: "-x" })).toMatchObject({
      details: [{ location: "path", name: null, description: "Invalid object id" }],
    });
  });
});
