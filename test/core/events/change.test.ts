import { describe, expect, it } from "@jest/globals";
import { toChangeEvents, toObjectFields } from "../../../core/events/change.ts";
import type { StoredObject } from "../../../core/ports/store.ts";
import { createResources, type ObjectRef } from "../../../core/resources.ts";

const RESOURCES = createResources([
  {
    ...{ name: "comment", about: "Is a test.", plural: "comments", parent: "record" },
    principals: { create: [], read: [], write: [] },
  },
]);
const refOf = (uri: string) => RESOURCES.parseUri(uri) as ObjectRef;
const stored = (changes: Partial<StoredObject> = {}): StoredObject => ({
  ...{ json: '{"id":"r","a":1}', last_modified: 4, revision: 5, deleted: false, acl: {}, changedBy: "u" },
  parentGeneration: "g",
  ...changes,
});
const deleted = (changes: Partial<StoredObject> = {}) =>
  stored({ json: '{"id":"r","deleted":true}', deleted: true, revision: 6, changedBy: "v", ...changes });

const RECORD = refOf("/buckets/a/collections/c/records/r");
const BUCKET = refOf("/buckets/a");
const SUBJECT = {
  ...{ resource_name: "record", uri: RECORD.uri, bucket_id: "a", collection_id: "c", record_id: "r" },
  parent_generation: "g",
};

describe("toObjectFields", () => {
  it("identifies an object by its address and the ids on it", () => {
    const { parent_generation: _, ...fields } = SUBJECT;

    expect(toObjectFields(RECORD)).toEqual(fields);
    expect(toObjectFields(BUCKET)).toEqual({ resource_name: "bucket", uri: "/buckets/a", bucket_id: "a" });
    expect(toObjectFields(refOf(`${RECORD.uri}/comments/x`))).toMatchObject({ comment_id: "x", record_id: "r" });
  });
});

describe("toChangeEvents", () => {
  const base = { ...SUBJECT, own_generation: "g" };
  const create = {
    ...base,
    ...{ id: `${RECORD.uri}@5`, user_id: "u", timestamp: 5, action: "create", new: { id: "r", a: 1 } },
  };

  it("announces what was created, updated and deleted", () => {
    const newer = stored({ json: '{"id":"r","a":2}', revision: 6, changedBy: "v" });

    expect(toChangeEvents({ ref: RECORD, before: undefined, after: stored() })).toEqual([create]);
    expect(toChangeEvents({ ref: RECORD, before: deleted(), after: stored() })).toEqual([create]);
    expect(toChangeEvents({ ref: RECORD, before: stored(), after: newer })).toEqual([
      {
        ...base,
        ...{ id: `${RECORD.uri}@6`, user_id: "v", timestamp: 6, action: "update" },
        ...{ new: { id: "r", a: 2 }, old: { id: "r", a: 1 } },
      },
    ]);
    expect(toChangeEvents({ ref: RECORD, before: stored(), after: deleted() })).toEqual([
      { ...base, id: `${RECORD.uri}@6`, user_id: "v", timestamp: 6, action: "delete", old: { id: "r", a: 1 } },
    ]);
  });

  it("announces the removal of an object whose parent was deleted", () => {
    const purge = {
      ...base,
      ...{ id: `${RECORD.uri}@5.purge`, user_id: "u", timestamp: 5, action: "purge", old: { id: "r", a: 1 } },
    };
    const renewed = stored({ parentGeneration: "h", revision: 9 });

    expect(toChangeEvents({ ref: RECORD, before: stored(), after: undefined })).toEqual([purge]);
    expect(toChangeEvents({ ref: RECORD, before: stored(), after: renewed })).toMatchObject([
      purge,
      { action: "create", timestamp: 9, parent_generation: "h" },
    ]);
    expect(toChangeEvents({ ref: RECORD, before: stored(), after: deleted({ parentGeneration: "h" }) })).toEqual([
      purge,
    ]);
  });

  it("announces nothing for tombstones", () => {
    expect(toChangeEvents({ ref: RECORD, before: deleted(), after: undefined })).toEqual([]);
    expect(toChangeEvents({ ref: RECORD, before: undefined, after: deleted() })).toEqual([]);
    expect(toChangeEvents({ ref: RECORD, before: deleted(), after: deleted({ revision: 8 }) })).toEqual([]);
  });

  it("has the object's own generation only if it can have children", () => {
    const [event] = toChangeEvents({ ref: BUCKET, before: undefined, after: stored({ ownGeneration: "own" }) });
    const [removed] = toChangeEvents({ ref: BUCKET, before: stored({ ownGeneration: "own" }), after: deleted() });
    const group = refOf("/buckets/a/groups/g");
    const [groupEvent] = toChangeEvents({ ref: group, before: undefined, after: stored() });

    expect(event).toMatchObject({ own_generation: "own" });
    expect(removed).toMatchObject({ action: "delete", own_generation: "own" });
    expect(groupEvent).not.toHaveProperty("own_generation");
  });

  it("has the provenance of the change", () => {
    const provenance = { request_id: "q", cause: ["p-l"], trace: "t" };

    expect(toChangeEvents({ ref: RECORD, before: undefined, after: stored({ provenance }) })).toMatchObject([
      provenance,
    ]);
  });
});
