import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { getObject } from "../../../core/objects/get-object.ts";
import { BUCKETS, listRef, type ObjectRef, objectRef, RESOURCES } from "../../../core/resources.ts";
import { ACL, LIST, OWNER, openRecord, READER, URI, WRITER } from "./open-record.ts";
import { failureOf } from "./open-use-cases.ts";

let store: Awaited<ReturnType<typeof openRecord>>;
beforeAll(async () => {
  store = await openRecord();
});
afterAll(() => store[Symbol.asyncDispose]());
beforeEach(() => store.putRecord());

describe("getObject", () => {
  it("returns an object to those who may read it, with permissions to those who may change it", async () => {
    const data = { id: "r", a: 1, b: 2, last_modified: await store.timeOf(URI) };

    expect(await store.as(OWNER).get(URI)).toEqual({ data, permissions: ACL });
    expect(await store.as(READER).get(URI)).toEqual({ data, permissions: {} });
    expect(await store.as(WRITER).get("/buckets/a/collections/c")).toMatchObject({ data: { id: "c" } });
  });

  it.each([
    [WRITER, URI, "FORBIDDEN"],
    [null, URI, "MISSING_AUTH_TOKEN"],
    [OWNER, `${LIST}/missing`, "INVALID_RESOURCE_ID"],
    [WRITER, `${LIST}/missing`, "FORBIDDEN"],
    [OWNER, "/buckets/a/collections/none/records/r", "MISSING_RESOURCE"],
    [OWNER, "/buckets/none", "FORBIDDEN"],
  ])("refuses %j to read %s: %s", async (user, uri, kind) => {
    expect(await failureOf(store.as(user).get(uri))).toMatchObject({ kind });
  });

  it("names what is missing", async () => {
    expect(await failureOf(store.as(OWNER).get(`${LIST}/missing`))).toMatchObject({
      details: { id: "missing", resource_name: "record" },
    });
    expect(await failureOf(store.as(OWNER).get("/buckets/a/collections/none/records/r"))).toMatchObject({
      details: { id: "none", resource_name: "collection" },
    });
  });

  it("refuses an invalid id of the object, and of its bucket", async () => {
    const get = (ref: ObjectRef) =>
      failureOf(
        store.run({ objects: [], clocks: [], writes: [] }, (session) =>
          getObject({ ...store.context, grants: { ...store.context.grants, staticGrants: () => [OWNER] } }, session, {
            ref,
            user: OWNER,
            preconditions: () => ({}),
          }),
        ),
      );

    expect(await get(objectRef(BUCKETS, "a b"))).toMatchObject({
      details: [{ location: "path", name: null, description: "Invalid object id" }],
    });
    expect(await get(objectRef(listRef(RESOURCES.core.group, objectRef(BUCKETS, "a b")), "g"))).toMatchObject({
      kind: "MISSING_RESOURCE",
      details: { id: "a b", resource_name: "bucket" },
    });
    expect(await get(objectRef(listRef(RESOURCES.core.group, objectRef(BUCKETS, "none")), "g"))).toMatchObject({
      kind: "INVALID_RESOURCE_ID",
    });
  });

  it("checks preconditions", async () => {
    const time = await store.timeOf(URI);
    const get = (preconditions: object) => failureOf(store.as(READER).get(URI, { preconditions }));

    expect(await get({ ifNoneMatch: [time] })).toEqual({ accepted: { notModified: true, timestamp: time } });
    expect(await get({ ifNoneMatch: [time - 1] })).toMatchObject({ accepted: { data: { id: "r" } } });
    expect(await get({ ifMatch: [time] })).toMatchObject({ accepted: { data: { id: "r" } } });
    expect(await get({ ifMatch: [time - 1] })).toMatchObject({
      kind: "MODIFIED_MEANWHILE",
      timestamp: time,
      details: { existing: { id: "r" } },
    });
  });
});
