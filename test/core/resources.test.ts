import { describe, expect, it } from "@jest/globals";
import { eventsOf } from "../../core/events/change.ts";
import { purgeSubscription } from "../../core/events/purge.ts";
import { granters, impliedPermissions } from "../../core/permissions/inheritance.ts";
import type { Stored } from "../../core/ports/store.ts";
import {
  type AddedResource,
  isPlace,
  LONGEST_URI,
  listAt,
  type ObjectRef,
  openResources,
  RESOURCES,
  type Resource,
  ROOT,
} from "../../core/resources.ts";
import { around, View } from "../../core/store/view.ts";

const added = (name: string, parent: string | null): AddedResource => ({
  ...{ name, about: "Is a test.", plural: `${name}s`, parent },
  principals: { create: [], read: [], write: [] },
});
const MORE = openResources([
  added("device", null),
  added("reading", "device"),
  added("comment", "record"),
  added("vote", "comment"),
]);
const kind = (name: string): Resource => MORE.named(name) as Resource;
const COMMENT = "/buckets/b/collections/c/records/r/comments/one";
const at = (uri: string): ObjectRef => MORE.parseUri(uri) as ObjectRef;

describe("a store's types of objects", () => {
  it("are the four, and those of plugins below them, beside them and in each other", () => {
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

  it("of one store are nothing to another", () => {
    expect(RESOURCES.named("comment")).toBeUndefined();
    expect(RESOURCES.parseUri(COMMENT)).toBeUndefined();
    expect(RESOURCES.core.record.children).toEqual([]);
    expect(openResources().core.record.permissions).toEqual(["read", "write"]);
  });

  it("are found by URIs, and lists by the ids on their paths", () => {
    expect(at(COMMENT)).toMatchObject({ resource: "comment", id: "one", uri: COMMENT, list: { resource: "comment" } });
    expect(at(`${COMMENT}/votes/x`).list.parent).toEqual(at(COMMENT));
    expect(listAt(kind("comment"), ["b", "c", "r"]).uri).toBe("/buckets/b/collections/c/records/r/comments");
    expect(listAt(kind("device"), [])).toEqual(MORE.top[1]);
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

  it("stand nowhere where their keys would be too long together", () => {
    const id = "x".repeat(256);
    const record = at(`/buckets/${id}/collections/${id}/records/${id}`);
    const comment = (length: number) => at(`${record.uri}/comments/${"x".repeat(length - record.uri.length - 10)}`);

    expect([isPlace(record), isPlace(comment(LONGEST_URI)), isPlace(comment(LONGEST_URI + 1))]).toEqual([
      true,
      true,
      false,
    ]);
  });
});

describe("permissions on what a plugin brings", () => {
  it("come from all that it stands in, as they do for records", () => {
    const given = (permission: "read" | "write" | "vote:create") =>
      granters(at(COMMENT), permission).map(({ ref, permissions }) => [ref.resource, permissions] as const);

    expect(kind("record").permissions).toEqual(["read", "write", "comment:create"]);
    expect(given("read")).toEqual(
      ["comment", "record", "collection", "bucket"].map((name) => [name, ["write", "read"]]),
    );
    expect(given("write")).toEqual(["comment", "record", "collection", "bucket"].map((name) => [name, ["write"]]));
    expect(given("vote:create")).toEqual([
      ["comment", ["write", "vote:create"]],
      ["record", ["write"]],
      ["collection", ["write"]],
      ["bucket", ["write"]],
    ]);
  });

  it("give others on the same object, those of the four as in Kinto", () => {
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

describe("the life of what others stand in", () => {
  const stored = (more: Partial<Stored> = {}): Stored => ({
    ...{ json: '{"id":"r"}', last_modified: 5, revision: 5, deleted: false, acl: {}, by: "x", of: "the collection's" },
    ...more,
  });
  const bucket = at("/buckets/b");
  const collection = at("/buckets/b/collections/c");
  const record = at("/buckets/b/collections/c/records/r");
  const viewOf = (object: Stored | undefined) =>
    new View(
      {
        objects: new Map([
          [bucket.uri, stored({ of: ROOT, own: "the bucket's" })],
          [collection.uri, stored({ of: "the bucket's", own: "the collection's" })],
          ...(object === undefined ? [] : [[record.uri, object] as const]),
        ]),
        clocks: new Map(),
        memberships: new Map(),
      },
      9,
    );
  const change = { data: {}, acl: {}, by: "x" };

  it("begins when it is created", () => {
    expect(viewOf(undefined).put(record, change).own).toMatch(/^[0-9a-f]{20}$/);
    expect(viewOf(stored()).put(at(COMMENT), change).own).toMatch(/^[0-9a-f]{20}$/);
    expect(viewOf(undefined).put(RESOURCES.parseUri(record.uri) as ObjectRef, change)).not.toHaveProperty("own");
  });

  it("stays the same at changes, whatever plugins came or went in between", () => {
    for (const before of [stored(), stored({ own: "mine" })]) {
      const view = viewOf(before);
      const life = view.life(at(COMMENT).list);
      const plain = RESOURCES.parseUri(record.uri) as ObjectRef;

      expect(life).toBe(before.own ?? "the collection's");
      expect(viewOf(view.put(record, change)).life(at(COMMENT).list)).toBe(life);
      expect(viewOf(view.put(plain, change)).life(at(COMMENT).list)).toBe(life);
    }
  });

  it("is told when it ends, so that what stood in it is purged", () => {
    const tombstone = stored({ deleted: true, revision: 6 });

    expect(eventsOf({ ref: record, before: stored(), after: tombstone })).toMatchObject([
      { action: "delete", own_life: "the collection's" },
    ]);
    expect(eventsOf({ ref: record, before: stored({ own: "mine" }), after: tombstone })).toMatchObject([
      { action: "delete", own_life: "mine" },
    ]);
    expect(eventsOf({ ref: record, before: stored(), after: undefined })).toMatchObject([
      { action: "purge", own_life: "the collection's" },
    ]);
    const [plain] = eventsOf({ ref: RESOURCES.parseUri(record.uri) as ObjectRef, before: stored(), after: tombstone });
    expect(plain).not.toHaveProperty("own_life");
  });

  it("is heard of by the purge for all that others may stand in, and for nothing else", () => {
    expect(purgeSubscription(RESOURCES).on).toEqual([
      "bucket.delete",
      "bucket.purge",
      "collection.delete",
      "collection.purge",
    ]);
    expect(purgeSubscription(MORE).on).toEqual(
      ["bucket", "collection", "record", "device", "comment"].flatMap((name) => [`${name}.delete`, `${name}.purge`]),
    );
  });

  it("costs a transaction nothing for lists that plugins bring", () => {
    expect(around(record).clocks.map(({ uri }) => uri)).toEqual([record.list.uri]);
    expect(around(bucket).clocks.map(({ uri }) => uri)).toEqual([
      "/buckets",
      "/buckets/b/collections",
      "/buckets/b/groups",
    ]);
  });
});
