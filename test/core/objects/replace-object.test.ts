import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { replaceObject, replaceObjectPlan } from "../../../core/objects/replace-object.ts";
import { objectRef } from "../../../core/resources.ts";
import { ACL, GROUPER, LIST, OWNER, openRecord, READER, URI, WRITER } from "./open-record.ts";
import { failureOf } from "./open-use-cases.ts";

let store: Awaited<ReturnType<typeof openRecord>>;
beforeAll(async () => {
  store = await openRecord();
});
afterAll(() => store[Symbol.asyncDispose]());
beforeEach(() => store.putRecord());

describe("replaceObject", () => {
  it.each([
    [{ data: { c: 3 } }, { c: 3 }, ACL],
    [{ data: { c: 3 }, permissions: {} }, { c: 3 }, ACL],
    [{ data: { c: 3 }, permissions: { write: [WRITER, OWNER] } }, { c: 3 }, { write: [WRITER, OWNER] }],
    [{ permissions: { write: [OWNER] } }, { a: 1, b: 2 }, { write: [OWNER] }],
    [{}, { a: 1, b: 2 }, ACL],
    [{ data: { id: "r", c: 3 } }, { c: 3 }, ACL],
  ])("replaces the parts of %j", async (draft, data, permissions) => {
    const before = await store.timeOf(URI);
    const replaced = await store.as(OWNER).replace(URI, draft);

    expect(replaced).toEqual({
      data: { id: "r", ...data, last_modified: expect.any(Number) },
      permissions,
      created: false,
    });
    expect(replaced.data.last_modified).toBeGreaterThan(before);
    expect((await store.as(OWNER).get(URI)) as object).toMatchObject({ data: replaced.data });
  });

  it("creates a missing object", async () => {
    expect(await store.as(WRITER).replace(`${LIST}/created`, { data: { a: 1 }, permissions: ACL })).toMatchObject({
      data: { id: "created", a: 1 },
      permissions: {},
      created: true,
    });
    expect(await store.as(OWNER).get(`${LIST}/created`)).toMatchObject({ permissions: ACL });
    expect(await store.as(WRITER).replace(`${LIST}/empty`)).toMatchObject({ data: { id: "empty" }, created: true });
  });

  it.each([
    [READER, URI, "FORBIDDEN"],
    [WRITER, URI, "FORBIDDEN"],
    [READER, `${LIST}/missing`, "FORBIDDEN"],
    [null, URI, "MISSING_AUTH_TOKEN"],
    [OWNER, "/buckets/a/collections/none/records/r", "MISSING_RESOURCE"],
    [WRITER, "/buckets/a/collections/none/records/r", "MISSING_RESOURCE"],
    [OWNER, "/buckets/none/collections/c", "FORBIDDEN"],
    [GROUPER, "/buckets/none/groups/g", "MISSING_RESOURCE"],
    [GROUPER, "/buckets/a/collections/new", "FORBIDDEN"],
  ])("refuses %j to replace %s: %s", async (user, uri, kind) => {
    expect(await failureOf(store.as(user).replace(uri, { data: {} }))).toMatchObject({ kind });
  });

  it("refuses an invalid id", async () => {
    const ref = objectRef(store.listOf(LIST), "a b");
    const replace = store.run(replaceObjectPlan(ref), (session) =>
      replaceObject(store.context, session, {
        ...{ ref, user: OWNER, preconditions: () => ({}), createOnly: false, draft: () => ({}) },
      }),
    );

    expect(await failureOf(replace)).toMatchObject({ details: [{ description: "Invalid object id" }] });
  });

  it("refuses another id and an invalid draft", async () => {
    expect(await failureOf(store.as(OWNER).replace(URI, { data: { id: "s" } }))).toMatchObject({
      kind: "INVALID_PARAMETERS",
      details: [{ location: "body", name: "id", description: "Object id does not match existing object" }],
    });
    expect(await failureOf(store.as(OWNER).replace("/buckets/a/groups/g", { data: { members: 1 } }))).toMatchObject({
      details: [{ name: "data.members" }],
    });
  });

  it("checks preconditions on the object", async () => {
    const time = await store.timeOf(URI);
    const replace = (uri: string, preconditions: object, user = OWNER) =>
      failureOf(store.as(user).replace(uri, { data: { z: 1 } }, { preconditions }));

    expect(await replace(URI, { ifMatch: [time - 1] })).toMatchObject({ kind: "MODIFIED_MEANWHILE", timestamp: time });
    expect(await replace(URI, { ifNoneMatch: "*" })).toMatchObject({
      kind: "MODIFIED_MEANWHILE",
      details: { existing: { a: 1 } },
    });
    const { timestamp } = await store.as(OWNER).list(LIST);
    expect(await replace(`${LIST}/absent`, { ifMatch: [1] })).toMatchObject({ kind: "MODIFIED_MEANWHILE", timestamp });
    expect(await store.timeOf(URI)).toBe(time);
    expect(await replace(URI, { ifMatch: [time] })).toMatchObject({ accepted: { created: false } });
    expect(await replace(`${LIST}/now`, { ifNoneMatch: "*" })).toMatchObject({ accepted: { created: true } });
  });

  it("needs only the permission to create for a request that only creates", async () => {
    const options = { createOnly: true, preconditions: { ifNoneMatch: "*" } } as const;

    expect(await failureOf(store.as(WRITER).replace(URI, { data: {} }, options))).toEqual({
      kind: "MODIFIED_MEANWHILE",
      message: expect.any(String),
    });
    expect(await failureOf(store.as(READER).replace(URI, { data: {} }, options))).toMatchObject({ kind: "FORBIDDEN" });
    expect(await store.as(WRITER).replace(`${LIST}/only`, { data: {} }, options)).toMatchObject({ created: true });
  });
});
