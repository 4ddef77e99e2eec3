import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { findSharedObjects, type SharePlace } from "../../../core/permissions/shared-objects.ts";
import { listRef, RESOURCES } from "../../../core/resources.ts";
import { ReadBudget } from "../../../core/store/read-budget.ts";
import { openObjects } from "../open-objects.ts";
import { NO_GRANTS } from "./no-grants.ts";

const USER = "basicauth:one";
const group = (id: string) => `/buckets/a/groups/${id}`;
const record = (id: string) => `/buckets/a/collections/c/records/${id}`;

let objects: Awaited<ReturnType<typeof openObjects>>;
beforeAll(async () => {
  objects = await openObjects();
  await objects.put("/buckets/a");
  await objects.put("/buckets/a/collections/c");
});
afterAll(() => objects[Symbol.asyncDispose]());

const PARENTS: Readonly<Record<string, string>> = {
  collection: "/buckets/a",
  group: "/buckets/a",
  record: "/buckets/a/collections/c",
};
const listOf = (name: string) => {
  const [resource, parent] = [RESOURCES.find(name), PARENTS[name]];
  if (resource === undefined || parent === undefined) throw new Error(`There is no list of ${name}`);
  return listRef(resource, objects.refOf(parent));
};

/** The URIs of a part's objects and where the next part starts. */
const find = async (options: { user?: string | null; place?: SharePlace; list?: string } = {}) => {
  const { user = USER, place, list } = options;
  const budget = new ReadBudget(64_000_000);
  const query = { place, list: list === undefined ? undefined : listOf(list), budget };
  const found = await findSharedObjects(objects.newSession(), { grants: NO_GRANTS, resources: RESOURCES }, user, query);
  return { uris: found.objects.map(({ ref }) => ref.uri).sort(), next: found.next, bytes: found.bytes, found };
};

describe("findSharedObjects", () => {
  const own = [record("read"), record("write"), "/buckets/a/collections/own"].sort();
  const byGroup = [record("by-g"), record("by-h"), record("by-both")].sort();
  const byAll = [record("everyone"), record("authenticated")].sort();

  beforeAll(async () => {
    const { put, remove } = objects;
    await put(group("g"), { data: { members: [USER] } });
    await put(group("h"), { data: { members: [USER] } });
    await put(group("other"), { data: { members: ["basicauth:two"] } });
    await put(record("read"), { acl: { read: [USER] } });
    await put(record("write"), { acl: { write: ["basicauth:two", USER] } });
    await put("/buckets/a/collections/own", { acl: { "record:create": [USER] } });
    await put(record("by-g"), { acl: { read: [group("g")] } });
    await put(record("by-h"), { acl: { write: [group("h")] } });
    await put(record("by-both"), { acl: { read: [group("g")], write: [group("h")] } });
    await put(record("everyone"), { acl: { read: ["system.Everyone"] } });
    await put(record("authenticated"), { acl: { read: ["system.Authenticated"] } });
    await put(record("others"), { acl: { read: ["basicauth:two", group("other")] } });
    await put(record("unshared"), {});
    await put(record("deleted"), { acl: { read: [USER] } });
    await remove(record("deleted"));
  });

  it("finds the objects that name the user, a group of the user, or all users", async () => {
    const { uris, next, bytes, found } = await find();

    expect(uris).toEqual([...own, ...byGroup, ...byAll].sort());
    expect(next).toBeUndefined();
    expect(bytes).toBeGreaterThan(0);
    expect(found.objects.find(({ ref }) => ref.id === "write")?.head.acl).toEqual({ write: ["basicauth:two", USER] });
    expect(await found.authorizer.hasAny([group("g")])).toBe(true);
    expect(await found.authorizer.hasAny([group("other")])).toBe(false);
  });

  it("finds only what is public for anonymous users", async () => {
    expect((await find({ user: null })).uris).toEqual([record("everyone")]);
    expect((await find({ user: "plugin:p" })).uris).toEqual([]);
  });

  it("finds the objects of one list", async () => {
    expect((await find({ list: "collection" })).uris).toEqual(["/buckets/a/collections/own"]);
    expect((await find({ list: "group" })).uris).toEqual([]);
    expect((await find({ list: "record" })).uris).toEqual(
      [...own, ...byGroup, ...byAll].filter((uri) => uri.includes("/records/")).sort(),
    );
  });

  it("continues after a position", async () => {
    const position = `/buckets/a/collections/c/records#read`;
    const { uris } = await find({ place: { position } });

    expect(uris).not.toContain(record("read"));
    expect(uris).not.toContain(record("write"));
    expect(uris).toContain(record("by-g"));
  });

  it("leaves out what an earlier part of the user's groups has found", async () => {
    expect((await find({ place: { group: group("f") } })).uris).toEqual(byGroup);
    expect((await find({ place: { group: group("g") } })).uris).toEqual([record("by-h")]);
    expect((await find({ place: { group: group("h") } })).uris).toEqual([]);
  });

  it("finds pending changes", async () => {
    const session = objects.newSession();
    const [shared, removed] = [objects.refOf(record("shared-now")), objects.refOf(record("read"))];
    const view = await session.read({
      objects: [shared, removed, objects.refOf("/buckets/a"), objects.refOf("/buckets/a/collections/c")],
      clocks: [shared.list],
    });
    view.put(shared, { data: {}, acl: { read: [USER] }, changedBy: "test" });
    view.delete(removed, "test");

    const context = { grants: NO_GRANTS, resources: RESOURCES };
    const query = { list: listOf("record"), budget: new ReadBudget(64_000_000) };
    const found = await findSharedObjects(session, context, USER, query);
    const uris = found.objects.map(({ ref }) => ref.uri);
    expect(uris).toContain(shared.uri);
    expect(uris).not.toContain(removed.uri);
  });
});
