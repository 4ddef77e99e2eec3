import { describe, expect, it } from "@jest/globals";
import { toChangeEvents } from "../../core/events/change.ts";
import { createPurgeSubscription } from "../../core/events/purge.ts";
import { granters, impliedPermissions } from "../../core/permissions/inheritance.ts";
import type { StoredObject } from "../../core/ports/store.ts";
import {
  createResources,
  isStorable,
  listFromIds,
  MAX_URI_CHARS,
  type ObjectRef,
  type PluginResource,
  RESOURCES,
  type Resource,
  ROOT_GENERATION,
} from "../../core/resources.ts";
import { readsForWrite, View } from "../../core/store/view.ts";

const added = (name: string, parent: string | null): PluginResource => ({
  ...{ name, about: "Is a test.", plural: `${name}s`, parent },
  principals: { create: [], read: [], write: [] },
});
const MORE = createResources([
  added("device", null),
  added("reading", "device"),
  added("comment", "record"),
  added("vote", "comment"),
]);
const kind = (name: string): Resource => MORE.find(name) as Resource;
const COMMENT = "/buckets/b/collections/c/records/r/comments/one";
const at = (uri: string): ObjectRef => MORE.parseUri(uri) as ObjectRef;

describe("createResources", () => {
  it("adds plugin resources at the top level, below the store's own and below each other", () => {
    expect(RESOURCES.all.map(({ name }) => name)).toEqual(["bucket", "group", "collection", "record"]);
    expect(MORE.all.map(({ name, parent }) => [name, parent?.name])).toEqual([
      ["bucket", undefined],
      ["group", "bucket"],
      ["collection", "bucket"],
      ["record", "collection"],
      ["device", undefined],
      ["reading", "device"],
      ["comment", "record"],
      ["vote", "comment"],
    ]);
    expect(MORE.top.map(({ uri }) => uri)).toEqual(["/buckets", "/devices"]);
  });

  it("does not change the resources of other stores", () => {
    expect(RESOURCES.find("comment")).toBeUndefined();
    expect(RESOURCES.parseUri(COMMENT)).toBeUndefined();
    expect(RESOURCES.core.record.children).toEqual([]);
    expect(createResources().core.record.permissions).toEqual(["read", "write"]);
  });

  it("parses URIs of objects and builds lists from ids", () => {
    expect(at(COMMENT)).toMatchObject({
      resourceName: "comment",
      id: "one",
      uri: COMMENT,
      list: { resource: { name: "comment" } },
    });
    expect(at(`${COMMENT}/votes/x`).list.parent).toEqual(at(COMMENT));
    expect(listFromIds(kind("comment"), ["b", "c", "r"]).uri).toBe("/buckets/b/collections/c/records/r/comments");
    expect(listFromIds(kind("device"), [])).toEqual(MORE.top[1]);
    for (const uri of [
      "/devices",
      "/devices/",
      "/comments/x",
      "/buckets/b/devices/x",
      "/devices/x/votes/x",
      "/devices/x/constructor/x",
      "devices/x",
    ]) {
      expect(MORE.parseUri(uri)).toBeUndefined();
    }
  });

  it("does not allow objects whose URI is too long", () => {
    const id = "x".repeat(256);
    const record = at(`/buckets/${id}/collections/${id}/records/${id}`);
    const comment = (length: number) => at(`${record.uri}/comments/${"x".repeat(length - record.uri.length - 10)}`);

    expect([isStorable(record), isStorable(comment(MAX_URI_CHARS)), isStorable(comment(MAX_URI_CHARS + 1))]).toEqual([
      true,
      true,
      false,
    ]);
  });
});

describe("permissions of plugin resources", () => {
  it("are inherited from all ancestors, as for records", () => {
    const grantersOf = (permission: "read" | "write" | "vote:create") =>
      granters(at(COMMENT), permission).map(({ ref, permissions }) => [ref.resourceName, permissions] as const);

    expect(kind("record").permissions).toEqual(["read", "write", "comment:create"]);
    expect(grantersOf("read")).toEqual(
      ["comment", "record", "collection", "bucket"].map((name) => [name, ["write", "read"]]),
    );
    expect(grantersOf("write")).toEqual(["comment", "record", "collection", "bucket"].map((name) => [name, ["write"]]));
    expect(grantersOf("vote:create")).toEqual([
      ["comment", ["write", "vote:create"]],
      ["record", ["write"]],
      ["collection", ["write"]],
      ["bucket", ["write"]],
    ]);
  });

  it("imply other permissions on the same object, as in Kinto", () => {
    expect(impliedPermissions(RESOURCES.core.bucket, "write")).toEqual([
      "write",
      "write",
      "read",
      "read:attributes",
      "group:create",
      "collection:create",
    ]);
    expect(impliedPermissions(RESOURCES.core.record, "write")).toEqual(["write", "write", "read"]);
    expect(impliedPermissions(kind("record"), "comment:create")).toEqual([
      "comment:create",
      "read:attributes",
      "comment:create",
    ]);
    expect(impliedPermissions(kind("vote"), "read")).toEqual(["read", "read"]);
  });
});

describe("generation", () => {
  const stored = (more: Partial<StoredObject> = {}): StoredObject => ({
    ...{
      json: '{"id":"r"}',
      last_modified: 5,
      revision: 5,
      deleted: false,
      acl: {},
      changedBy: "x",
      parentGeneration: "the collection's",
    },
    ...more,
  });
  const bucket = at("/buckets/b");
  const collection = at("/buckets/b/collections/c");
  const record = at("/buckets/b/collections/c/records/r");
  const viewOf = (object: StoredObject | undefined) =>
    new View(
      {
        objects: new Map([
          [bucket.uri, stored({ parentGeneration: ROOT_GENERATION, ownGeneration: "the bucket's" })],
          [collection.uri, stored({ parentGeneration: "the bucket's", ownGeneration: "the collection's" })],
          ...(object === undefined ? [] : [[record.uri, object] as const]),
        ]),
        parents: new Map(),
        clocks: new Map(),
        memberships: new Map(),
      },
      9,
    );
  const change = { data: {}, acl: {}, changedBy: "x" };

  it("starts when an object is created", () => {
    expect(viewOf(undefined).put(record, change).ownGeneration).toMatch(/^[0-9a-f]{20}$/);
    expect(viewOf(stored()).put(at(COMMENT), change).ownGeneration).toMatch(/^[0-9a-f]{20}$/);
    expect(viewOf(undefined).put(RESOURCES.parseUri(record.uri) as ObjectRef, change)).not.toHaveProperty(
      "ownGeneration",
    );
  });

  it("stays the same when an object changes, even if plugins were added or removed", () => {
    for (const before of [stored(), stored({ ownGeneration: "mine" })]) {
      const view = viewOf(before);
      const life = view.parentGeneration(at(COMMENT).list);
      const plain = RESOURCES.parseUri(record.uri) as ObjectRef;

      expect(life).toBe(before.ownGeneration ?? "the collection's");
      expect(viewOf(view.put(record, change)).parentGeneration(at(COMMENT).list)).toBe(life);
      expect(viewOf(view.put(plain, change)).parentGeneration(at(COMMENT).list)).toBe(life);
    }
  });

  it("is part of delete and purge events", () => {
    const tombstone = stored({ deleted: true, revision: 6 });

    expect(toChangeEvents({ ref: record, before: stored(), after: tombstone })).toMatchObject([
      { action: "delete", own_generation: "the collection's" },
    ]);
    expect(toChangeEvents({ ref: record, before: stored({ ownGeneration: "mine" }), after: tombstone })).toMatchObject([
      { action: "delete", own_generation: "mine" },
    ]);
    expect(toChangeEvents({ ref: record, before: stored(), after: undefined })).toMatchObject([
      { action: "purge", own_generation: "the collection's" },
    ]);
    const [plain] = toChangeEvents({
      ref: RESOURCES.parseUri(record.uri) as ObjectRef,
      before: stored(),
      after: tombstone,
    });
    expect(plain).not.toHaveProperty("own_generation");
  });

  it("is purged for every resource that has children", () => {
    expect(createPurgeSubscription(RESOURCES).on).toEqual([
      "bucket.delete",
      "bucket.purge",
      "collection.delete",
      "collection.purge",
    ]);
    expect(createPurgeSubscription(MORE).on).toEqual(
      ["bucket", "collection", "record", "device", "comment"].flatMap((name) => [`${name}.delete`, `${name}.purge`]),
    );
  });

  it("adds no clocks of groups and plugin lists to a transaction", () => {
    expect(readsForWrite(record).clocks.map(({ uri }) => uri)).toEqual([record.list.uri]);
    expect(readsForWrite(bucket).clocks.map(({ uri }) => uri)).toEqual(["/buckets", "/buckets/b/collections"]);
  });
});
