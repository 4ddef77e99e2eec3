import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import {
  toReplayEvent,
  toReplayPurgeEvent,
  type WalkPosition,
  type WalkQuery,
  walkObjects,
} from "../../../core/events/replay.ts";
import type { StoredObject } from "../../../core/ports/store.ts";
import { RESOURCES } from "../../../core/resources.ts";
import { openObjects } from "../open-objects.ts";

const ALL = ["bucket", "collection", "group", "record"];
const URIS = [
  "/buckets/a",
  "/buckets/a/groups/g",
  "/buckets/a/collections/c",
  "/buckets/a/collections/c/records/r",
  "/buckets/a/collections/c/records/s",
  "/buckets/a/collections/d",
  "/buckets/b",
  "/buckets/b/collections/c",
  "/buckets/b/collections/c/records/r",
];

let objects: Awaited<ReturnType<typeof openObjects>>;
beforeAll(async () => {
  objects = await openObjects();
  for (const uri of [...URIS, "/buckets/gone", "/buckets/gone/collections/c", "/buckets/a/collections/c/records/gone"])
    await objects.put(uri);
  await objects.remove("/buckets/a/collections/c/records/gone");
  await objects.remove("/buckets/gone");
});
afterAll(() => objects[Symbol.asyncDispose]());

const walk = async (changes: Partial<WalkQuery> = {}, limit = Number.POSITIVE_INFINITY) => {
  const found: { uri: string; position: WalkPosition; stored: StoredObject }[] = [];
  const query: WalkQuery = {
    ...{ store: objects.store, resources: RESOURCES, resourceNames: new Set(ALL), startAt: [] },
    ...{ includes: () => true, includesChildren: () => true },
    ...changes,
  };
  for await (const { ref, position, stored } of walkObjects(query)) {
    found.push({ uri: ref.uri, position, stored });
    if (found.length === limit) break;
  }
  return found;
};
const urisOf = (found: readonly { uri: string }[]) => found.map(({ uri }) => uri);

describe("walkObjects", () => {
  it("returns each existing object once, children after their parents", async () => {
    const uris = urisOf(await walk());

    expect(uris.toSorted()).toEqual(URIS.toSorted());
    for (const uri of uris) {
      const parent = uri.split("/").slice(0, -2).join("/");
      if (parent !== "") expect(uris.indexOf(parent)).toBeLessThan(uris.indexOf(uri));
    }
  });

  it.each([
    [["record"], URIS.filter((uri) => uri.includes("/records/"))],
    [["group"], ["/buckets/a/groups/g"]],
    [["bucket"], ["/buckets/a", "/buckets/b"]],
    [[], []],
  ])("returns only objects of %j", async (names, expected) => {
    expect(urisOf(await walk({ resourceNames: new Set(names) })).toSorted()).toEqual(expected);
  });

  it("does not read lists without wanted objects", async () => {
    const lists: string[] = [];
    const store = {
      read: objects.store.read,
      walk: (list: Parameters<typeof objects.store.walk>[0], query: Parameters<typeof objects.store.walk>[1]) => {
        lists.push(list.uri);
        return objects.store.walk(list, query);
      },
    };

    await walk({ store, resourceNames: new Set(["group"]) });
    expect(lists.toSorted()).toEqual(["/buckets", "/buckets/a/groups", "/buckets/b/groups"]);
  });

  it("leaves out what is not included, and the children of what says so", async () => {
    expect(urisOf(await walk({ includes: ({ uri }) => !uri.startsWith("/buckets/a") })).toSorted()).toEqual(
      URIS.filter((uri) => uri.startsWith("/buckets/b")),
    );
    expect(urisOf(await walk({ includesChildren: ({ uri }) => uri !== "/buckets/a" })).toSorted()).toEqual(
      URIS.filter((uri) => uri === "/buckets/a" || uri.startsWith("/buckets/b")),
    );
  });

  it("returns what was changed after a time, also in parents that were not", async () => {
    const all = await walk();
    const latest = all.find(({ uri }) => uri === "/buckets/b/collections/c/records/r")?.stored.revision ?? 0;
    const bucket = all.find(({ uri }) => uri === "/buckets/b")?.stored.revision ?? 0;

    expect(urisOf(await walk({ modifiedAfter: latest }))).toEqual([]);
    expect(urisOf(await walk({ modifiedAfter: latest - 1 }))).toContain("/buckets/b/collections/c/records/r");
    expect(urisOf(await walk({ modifiedAfter: bucket }))).not.toContain("/buckets/b");
  });

  it("continues after any object", async () => {
    const all = await walk();
    for (const [index, { position }] of all.entries())
      expect(urisOf(await walk({ startAt: position }))).toEqual(urisOf(all.slice(index + 1)));
  });

  it("continues after an object that was removed since, or is no longer walked below", async () => {
    const all = await walk();
    const position = [
      { resource: "bucket", id: "a" },
      { resource: "collection", id: "bb" },
      { resource: "record", id: "x" },
    ];

    const rest = urisOf(await walk({ startAt: position }));
    expect(rest).toEqual(urisOf(all).filter((uri) => rest.includes(uri)));
    expect(rest).toContain("/buckets/a/collections/c/records/s");
    expect(rest).not.toContain("/buckets/a");
    const inRecords = all.find(({ uri }) => uri === "/buckets/a/collections/c/records/r")?.position ?? [];
    const skipped = urisOf(await walk({ startAt: inRecords, includesChildren: ({ uri }) => uri !== "/buckets/a" }));
    expect(skipped.filter((uri) => uri.startsWith("/buckets/a"))).toEqual([]);
    expect(skipped).toContain("/buckets/b");
    expect(urisOf(await walk({ startAt: [{ resource: "bucket", id: "gone" }] }))).toEqual([]);
  });

  it("counts the objects of the lists that it returns", async () => {
    const counts: number[] = [];
    await walk({ resourceNames: new Set(["record"]), onListCount: (count) => counts.push(count) });

    expect(counts.toSorted()).toEqual([0, 1, 2]);
  });
});

describe("events of a replay", () => {
  const ref = RESOURCES.parseUri("/buckets/a/collections/c/records/r");
  const stored: StoredObject = {
    ...{ json: '{"id":"r","a":1}', last_modified: 5, revision: 6, deleted: false, acl: {}, changedBy: "u" },
    ...{ parentGeneration: "g", provenance: { request_id: "q", trace: "t" } },
  };

  it("create the object again, once per run", () => {
    if (ref === undefined) throw new Error("The URI is invalid");
    const event = toReplayEvent({ ref, stored }, "run1");

    expect(event).toMatchObject({
      ...{ id: `${ref.uri}.replay.run1`, replay: "run1", action: "create", new: { id: "r", a: 1 }, request_id: "q" },
      timestamp: 6,
    });
    expect(event).not.toHaveProperty("trace");
    expect(toReplayEvent({ ref, stored: { ...stored, deleted: true } }, "run1")).toBeUndefined();
    if (event === undefined) throw new Error("There is no event");
    const purge = toReplayPurgeEvent(event);
    expect(purge).toMatchObject({ id: event.id, action: "purge", old: { id: "r", a: 1 } });
    expect(purge).not.toHaveProperty("new");
  });
});
