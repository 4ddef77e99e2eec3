import { describe, expect, it } from "@jest/globals";
import { toItem, toParentItem } from "../../../../adapters/store/dynamodb/items.ts";
import type { StoredObject } from "../../../../core/ports/store.ts";
import { BUCKETS, objectRef } from "../../../../core/resources.ts";

const TIME_MS = 1_700_000_000_000;
const ref = objectRef(BUCKETS, "b");
const stored = (revision: number, json = '{"id":"b"}'): StoredObject => ({
  json,
  last_modified: TIME_MS,
  revision,
  deleted: false,
  acl: {},
  changedBy: "basicauth:alice",
  parentGeneration: "root",
  ownGeneration: "g",
});

describe("items of objects", () => {
  it("are in the index by revision only if it differs from last_modified", () => {
    expect(toItem(ref, stored(TIME_MS), 5)).not.toHaveProperty("seq");
    expect(toItem(ref, stored(TIME_MS + 1), 5)).toMatchObject({ seq: { S: "root.0001700000000001.b" } });
  });

  it("have the timestamp of their list before the change", () => {
    expect(toItem(ref, stored(TIME_MS), 5)).toMatchObject({ prev: { N: "5" } });
  });

  it("leave large JSON out of the indexes, earlier if it would be in both", () => {
    const json = `{"id":"b","text":"${"x".repeat(150_000)}"}`;
    expect(toItem(ref, stored(TIME_MS, json), 5)).toMatchObject({ json: { S: json } });
    expect(toItem(ref, stored(TIME_MS + 1, json), 5)).toMatchObject({ large: { S: json } });
  });

  it("are copied to parent items without what only lists need", () => {
    const item = toParentItem(ref, stored(TIME_MS + 1));
    expect(item).toMatchObject({ pk: { S: "parent#/buckets/b" }, sk: { S: "#" }, own: { S: "g" } });
    for (const name of ["at", "seq", "prev", "via"]) expect(item).not.toHaveProperty(name);
  });
});
